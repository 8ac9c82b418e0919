// SPDX-License-Identifier: MIT
// The 32 queues and the arbiter between them: commands go from the rings to
// the engines, completions back, docs/hardware.md sections 8 to 10.
//
// One lock guards all queues. It is held for a few dozen instructions at a
// time, never while the host is called.
#ifndef GROQ_CHIP_QUEUE_SET_HPP
#define GROQ_CHIP_QUEUE_SET_HPP

#include <array>
#include <atomic>
#include <mutex>
#include <optional>

#include "command_queue.hpp"
#include "device_interrupts.hpp"
#include "failures.hpp"
#include "fault.hpp"
#include "host.hpp"
#include "uptime.hpp"

namespace groq::chip {

// A command in work: what an engine holds from take() to finish() or drop().
struct job {
    uint32_t queue;
    uint32_t index; // in the submission ring
    groq_command command;
    bool broken; // linked to one that failed: to be ended as aborted
    chip::windows windows;

    void serialize(archive &a);
};

// What an engine must do about its job.
enum class order {
    go_on,
    abort, // finish it as aborted
    drop,  // forget it: the queue was disabled or failed, the chip was reset
};

class queue_set {
public:
    queue_set(const host &host, const uptime &uptime, device_interrupts &interrupts,
              failures &failures)
        : host_(host), uptime_(uptime), interrupts_(interrupts), failures_(failures) {}

    // Registers: @queue 0..31, @offset within its page, a multiple of 4; of a pair,
    // which is read and written at once, of 8.
    uint64_t read_pair(uint32_t queue, uint32_t offset) const;
    void write(uint32_t queue, uint32_t offset, uint32_t value);
    void write_pair(uint32_t queue, uint32_t offset, uint64_t value);
    void ring(uint32_t queue, uint32_t offset, uint32_t value);
    uint32_t errors() const;

    // The next command for @engine; none: it sleeps until it is woken.
    std::optional<job> take(groq_engine engine);
    // Reads new commands and hands them to the engine they need, so that a
    // long job of one engine never delays the work of the other.
    void fetch(groq_engine engine);
    // Sleeps like take(), but over the job that it has.
    void sleep(groq_engine engine);
    // Cheap when nothing has happened: one relaxed load.
    order orders(groq_engine engine, const job &job);
    // Set when orders() has something else to say than go_on.
    const std::atomic<bool> &interruption(groq_engine engine) const {
        return interrupted_[engine];
    }
    // Posts the completion, with @fault before it unless its cause is NONE,
    // and gives the queue back.
    void finish(const job &job, uint64_t result, groq_fault fault);
    void drop(const job &job);

    void reset();
    // A loaded engine takes up its job again; false if the queue has another.
    bool resume(groq_engine engine, const job &job);
    void wake_all();
    // Both engines, whatever they are at, come to ask for orders.
    void call_off_all();
    void serialize(archive &a);

private:
    class section;

    void refresh(section &s, uint32_t queue);
    void update_arbiter(section &s, uint32_t queue);
    job begin(section &s, groq_engine engine, uint32_t queue);
    void release(section &s, uint32_t queue);
    std::optional<uint32_t> pick(groq_engine engine, uint32_t candidates);
    std::optional<uint32_t> hold_unfetched(groq_engine engine,
                                           command_queue::fetch &what);
    void store_fetched(uint32_t queue, const groq_command *commands, uint32_t count);
    bool write_completion(const job &job, const command_queue::posting &to,
                          uint64_t result, groq_fault &fault) const;
    void spoil(groq_completion &completion) const;

    const host &host_;
    const uptime &uptime_;
    device_interrupts &interrupts_;
    failures &failures_;

    mutable std::mutex lock_;
    std::array<command_queue, GROQ_QUEUES> queues_;
    // Bit per queue, kept by update_arbiter().
    std::array<uint32_t, GROQ_ENGINES> ready_{};
    std::array<uint32_t, 4> priority_{~0u, 0, 0, 0};
    uint32_t unfetched_ = 0;
    uint32_t errors_ = 0;
    std::array<uint32_t, GROQ_ENGINES> last_picked_{};
    std::array<bool, GROQ_ENGINES> sleeping_{true, true};
    std::array<std::atomic<bool>, GROQ_ENGINES> interrupted_{};
};

} // namespace groq::chip

#endif
