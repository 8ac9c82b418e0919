// SPDX-License-Identifier: MIT
//
// A simulated card: the chip, its SRAM, its bus, and a thread for each of its
// engines.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>

#include <groq_chip.h>
#include <groq_tracer.h>
#include <hw/groq_regs.h>
#include <hw/groq_sram.h>

#include "../error.hpp"
#include "../trace.hpp"
#include "host_memory.hpp"

namespace groq::sim {

// What answers an interrupt vector. Called from within the chip.
class interrupt_target {
public:
    virtual ~interrupt_target() = default;
    virtual void interrupt() = 0;
};

// Any thread may use it.
class card {
public:
    // errc::invalid: the chip refuses the configuration.
    static result<std::unique_ptr<card>>
    create(std::uint64_t sram_bytes, std::uint32_t links, std::uint64_t serial);
    card(std::span<std::byte> sram);
    card(const card &) = delete;
    // Nothing may be in work.
    ~card();

    // Traces its programs, before there is any. errc::invalid: not into that file.
    result<void> trace(const std::string &file, const std::string &name);
    // The same, on a time line that others are on, too.
    void trace(std::shared_ptr<groq::trace> line, const std::string &name);

    host_memory &memory() { return memory_; }

    std::uint32_t read32(std::uint64_t offset) const;
    std::uint64_t read64(std::uint64_t offset) const;
    void write32(std::uint64_t offset, std::uint32_t value);
    void write64(std::uint64_t offset, std::uint64_t value);

    // Null: nobody. A call to the old target may still be under way.
    void connect(unsigned vector, std::shared_ptr<interrupt_target> target);

    // Call its target: for the chip, and for targets that wake each other.
    void interrupt(unsigned vector);

    // A cable from the link of one card to that of another, or of the same. False:
    // one of the chips does not take it, and it is nowhere.
    static bool plug(card &a, unsigned a_link, card &b, unsigned b_link,
                     const groq_cable &cable);
    // A cable that somebody else carries: `taker` gets each message of the chip, and
    // must not wait. False: the chip does not take it.
    using carrier = std::function<void(const void *message, std::size_t bytes)>;
    bool plug(unsigned link, const groq_cable &cable, carrier taker);
    // Pulls it at this end; nothing is carried afterwards. The other end may still
    // send.
    void unplug(unsigned link);
    void unplug();
    // From the other end. False: no chip sends that, and the link is down.
    bool deliver(unsigned link, std::span<const std::byte> message);

    // As fresh from power-on; nobody may have a window there.
    void scrub(std::uint64_t address, std::uint64_t size);

private:
    struct engine_thread {
        std::mutex lock;
        std::condition_variable woken;
        bool has_work = false; // lock
        std::thread thread;
    };

    struct close_trace {
        void operator()(groq_tracer *tracer) const { ::groq_tracer_destroy(tracer); }
    };

    static const groq_host callbacks;

    void run(groq_engine which);
    void wake(unsigned which);
    carrier taker(unsigned link);
    void transmit(unsigned link, const void *message, std::size_t bytes);
    void complain(const char *line);

    std::span<std::byte> sram_;
    host_memory memory_;
    std::chrono::steady_clock::time_point power_on_ = std::chrono::steady_clock::now();
    std::shared_ptr<groq::trace> time_line_;           // outlives the tracer
    std::unique_ptr<groq_tracer, close_trace> tracer_; // outlives the chip
    std::string complaint_; // about a trace that was not begun
    groq_chip *chip_ = nullptr;
    std::array<engine_thread, GROQ_ENGINES> engines_;
    std::atomic<bool> stop_ = false;
    std::mutex cables_lock_; // held while a message goes to another card
    std::array<carrier, GROQ_LINKS> cables_; // cables_lock_; empty: there is none
    std::mutex vectors_lock_;
    std::array<std::shared_ptr<interrupt_target>, GROQ_VECTORS>
        vectors_; // vectors_lock_
};

} // namespace groq::sim
