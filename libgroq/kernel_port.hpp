// SPDX-License-Identifier: MIT
//
// The one way out of the library: what a driver does for an open card, in the
// words of include/uapi/drm/groq_accel.h, which says what each call means and
// refuses. Behind it stand the kernel's driver (drm_port), the simulator (sim/)
// and the tests' fake.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <drm/groq_accel.h>

#include "error.hpp"

namespace groq {

class trace;

// A host buffer.
struct port_buffer {
    std::uint32_t handle;
    std::span<std::byte> bytes; // empty where it cannot be mapped
    bool is_pinned = false;     // the bytes are the caller's
    std::uint64_t size = bytes.size();
};

// A queue with its time line: submissions signal points 1, 2, 3, ... of it.
struct port_queue {
    std::uint32_t id;
    std::uint32_t timeline;
    std::uint32_t path = GROQ_PATH_IOCTL; // that it has
};

// A point of a queue of the same port.
struct port_point {
    port_queue queue;
    std::uint64_t point;
};

struct port_submission {
    std::span<const drm_groq_command> commands;
    std::uint64_t point;   // signalled when all of them have ended
    std::uint32_t results; // buffer for drm_groq_result[commands.size()]
    std::uint64_t result_offset;
    std::span<const port_point> waits = {}; // submitted before it, and to end first
    bool is_waited_for = false;             // those of other queues may name it so
};

// What the work of a queue has cost so far, beside the card's time.
struct port_costs {
    std::uint64_t system_calls = 0; // for submitting and waiting
    std::uint64_t allocations = 0;  // of memory, on the way of a submission
};

// All links of a card at one time, from 0 on.
struct port_links {
    std::vector<drm_groq_link> links;
    std::uint64_t generation = 0; // grows with every change
};

// Any thread may make any call at any time. Errors carry their message.
class kernel_port {
public:
    virtual ~kernel_port() = default;

    // What is known of the card without asking it; members as in groq.h.
    virtual void describe(groq_device_info &info) const = 0;
    virtual result<std::uint64_t> parameter(drm_groq_param which) const = 0;
    virtual result<void> read(groq_telemetry &telemetry) const = 0;
    virtual result<port_links> links() const = 0;
    // errc::link: it is not up; errc::in_use: a program has links open.
    virtual result<drm_groq_link_align>
    align_link(std::uint32_t link, std::uint32_t samples, bool is_adjusted) = 0;

    virtual result<port_buffer> create_buffer(std::uint64_t size) = 0;
    // errc::unsupported where a back-end has no such thing.
    virtual result<port_buffer> pin_buffer(std::span<std::byte> bytes,
                                           bool is_read_only) = 0;
    virtual result<int> export_buffer(const port_buffer &buffer) = 0;
    virtual result<port_buffer> import_buffer(int file) = 0;
    virtual void destroy_buffer(const port_buffer &buffer) noexcept = 0;

    // errc::held carries the holder.
    virtual result<std::uint32_t> create_context(std::uint32_t flags) = 0;
    virtual void destroy_context(std::uint32_t id) noexcept = 0;

    // At `address`, or anywhere. Returns the address; errc::sram when taken.
    virtual result<std::uint64_t> reserve_sram(std::uint32_t context,
                                               std::optional<std::uint64_t> address,
                                               std::uint64_t size) = 0;
    // errc::in_use: not yet. The context has unfinished work, or what is left of its
    // SRAM would be in too many pieces.
    virtual result<void> release_sram(std::uint32_t context, std::uint64_t address) = 0;

    // `path`: GROQ_PATH_*; AUTO: the best that can be had.
    virtual result<port_queue>
    create_queue(std::uint32_t context, std::uint32_t priority, std::uint32_t path) = 0;
    // Its unfinished work is canceled. No event file is written to afterwards.
    virtual void destroy_queue(const port_queue &queue) noexcept = 0;

    // In order; how many were, up to the first that cannot be given to the driver. An
    // error is that of the first. The commands stay until their end. What the driver
    // refuses ends in its turn, its results as they were, and the others go on.
    virtual result<std::size_t>
    submit(const port_queue &queue, std::span<const port_submission> submissions) = 0;
    // Why the driver refused what ended at `point`, told once; success: it did not.
    virtual result<void> refusal(const port_queue &queue, std::uint64_t point) = 0;
    // Ends what is to signal `point` early, if it has not ended.
    virtual result<void> cancel(const port_queue &queue, std::uint64_t point) = 0;
    // The last point that was signalled.
    virtual result<std::uint64_t> signalled(const port_queue &queue) = 0;
    // Until CLOCK_MONOTONIC `deadline`, ns; false when it passed.
    virtual result<bool> wait(const port_queue &queue, std::uint64_t point,
                              std::int64_t deadline) = 0;
    // Add 1 to an eventfd when `point` is signalled, at once if it is already, and
    // perhaps at other times. The same file for all points of a queue.
    virtual result<void> notify(const port_queue &queue, std::uint64_t point,
                                int event_file) = 0;
    virtual port_costs costs(const port_queue &) const noexcept { return {}; }

    // Add 1 to an eventfd whenever the card has something to tell, from now on; once
    // in the life of a port. What it was: GROQ_EVENT_*, each told once.
    virtual result<void> watch(int event_file) = 0;
    virtual std::uint32_t take_events() noexcept = 0;

    // Where calls are traced to; null: nowhere. Lives as long as the port.
    virtual trace *tracing() const noexcept { return nullptr; }
};

} // namespace groq
