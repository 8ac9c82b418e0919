// SPDX-License-Identifier: MIT
//
// The calls of a kernel port as data: what record_port writes down and replay_port
// looks for. Buffers and queues go by numbers of their own, counted from 1, since
// drivers give the same handle out again.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernel_port.hpp"

namespace groq {

// As in files: numbers stay.
enum class call_kind : std::uint32_t {
    describe = 1,
    parameter = 2,
    read = 3,
    create_buffer = 4,
    pin_buffer = 5,
    export_buffer = 6,
    import_buffer = 7,
    destroy_buffer = 8,
    create_context = 9,
    destroy_context = 10,
    reserve_sram = 11,
    release_sram = 12,
    create_queue = 13,
    destroy_queue = 14,
    submit = 15,
    cancel = 16,
    signalled = 17,
    wait = 18,
    notify = 19,
    watch = 20,
    take_events = 21,
    costs = 23,
    refusal = 24,
    links = 25,
    align_link = 26,
    // No call: that a point of a queue was found signalled, and what the card had
    // written until then.
    ended = 22,
};

const char *name_of(call_kind kind);

// Whether there is a call of that kind with so many arguments, and values of its
// answer.
bool is_call(std::uint32_t kind, std::size_t arguments, bool has_failed,
             std::size_t values);

struct call_argument {
    const char *name;
    std::uint64_t value;
};

struct port_call {
    call_kind kind;
    std::vector<call_argument> arguments;

    std::vector<std::uint64_t> values() const;
};

// "wait(queue 1, point 5)": values by the names of `call`, which is of the same kind.
std::string text_of(const port_call &call, std::span<const std::uint64_t> values);

struct call_answer {
    std::vector<std::uint64_t> values = {};
    std::vector<std::byte> bytes = {};
    std::optional<error> failure = {};
};

// How the numbers in files are found by handle; 0: nothing has it.
using number_of = std::function<std::uint64_t(std::uint32_t handle)>;

namespace calls {

port_call describe();
port_call parameter(drm_groq_param which);
port_call read();
port_call links();
port_call align_link(std::uint32_t link, std::uint32_t samples, bool is_adjusted);
port_call create_buffer(std::uint64_t size);
port_call pin_buffer(std::uint64_t size, bool is_read_only);
port_call export_buffer(std::uint64_t buffer);
port_call import_buffer();
port_call destroy_buffer(std::uint64_t buffer);
port_call create_context(std::uint32_t flags);
port_call destroy_context(std::uint32_t id);
port_call reserve_sram(std::uint32_t context, std::optional<std::uint64_t> address,
                       std::uint64_t size);
port_call release_sram(std::uint32_t context, std::uint64_t address);
port_call create_queue(std::uint32_t context, std::uint32_t priority,
                       std::uint32_t path);
port_call destroy_queue(std::uint64_t queue);
port_call submit(std::uint64_t queue, std::span<const port_submission> submissions,
                 const number_of &buffer_number, const number_of &queue_number);
port_call refusal(std::uint64_t queue, std::uint64_t point);
port_call cancel(std::uint64_t queue, std::uint64_t point);
port_call signalled(std::uint64_t queue);
port_call wait(std::uint64_t queue, std::uint64_t point);
port_call notify(std::uint64_t queue, std::uint64_t point);
port_call costs(std::uint64_t queue);
port_call watch();
port_call take_events();
port_call ended(std::uint64_t queue, std::uint64_t point);

} // namespace calls

} // namespace groq
