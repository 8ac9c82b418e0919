// SPDX-License-Identifier: MIT
//
// A ring of io_uring with entries for commands of the card. One thread at a time, but
// for sleep().
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include <liburing.h>

#include "error.hpp"

namespace groq {

class uring_ring {
public:
    struct options {
        unsigned completions; // that the kernel keeps without looking for memory
        bool polls = false;   // a thread of the kernel looks for submissions
    };

    // `card`: the open card, to stay open as long as the ring. TOO_OLD, PERMISSION and
    // MEMORY with what to do.
    static result<std::unique_ptr<uring_ring>> create(int card, const options &options);
    uring_ring(const uring_ring &) = delete;
    ~uring_ring();

    // Hands over DRM_GROQ_URING_* with its argument. If it is refused it has completed
    // when this returns; what the argument refers to has been read. With an error the
    // kernel has not seen it.
    template <class Argument>
    result<void> submit(std::uint32_t command, const Argument &argument,
                        std::uint64_t data) {
        static_assert(sizeof argument <= argument_bytes);
        return submit(command, &argument, sizeof argument, data);
    }

    // Calls note(const io_uring_cqe &) for each completion that it was not called for
    // before. These stay in the ring until release(): so long sleep() does not sleep.
    template <class Note>
    void look(Note note);
    void release();
    // Makes the kernel put in what had no room; false: there was nothing.
    bool refill();

    // Until there is a completion in the ring, or CLOCK_MONOTONIC `deadline`, ns; now
    // and then shorter. Any thread, at any time.
    result<void> sleep(std::int64_t deadline) const;

    // System calls that were made for the above. Any thread, at any time.
    std::uint64_t calls() const { return calls_; }

    // Adds 1 to the eventfd with each completion; -1: to none.
    result<void> set_event_file(int file);

private:
    static constexpr std::size_t argument_bytes = 80;

    uring_ring(int card, bool polls) : card_(card), polls_(polls) {}
    result<void> submit(std::uint32_t command, const void *argument, std::size_t bytes,
                        std::uint64_t data);
    result<void> enter();
    bool has_awake_thread() const;
    result<void> await_thread() const;
    void take_back();

    int card_;
    bool polls_;
    bool is_made_ = false;
    bool has_event_file_ = false;
    unsigned seen_ = 0; // completions in the ring that look() has shown
    io_uring ring_{};
    mutable std::atomic<std::uint64_t> calls_ = 0;
};

template <class Note>
void uring_ring::look(Note note) {
    unsigned head = 0, count = 0;
    io_uring_cqe *cqe = nullptr;
    io_uring_for_each_cqe(&ring_, head, cqe) {
        if (count++ >= seen_)
            note(std::as_const(*cqe));
    }
    seen_ = count;
}

// GROQ_PATH_URING, or with `polls` GROQ_PATH_SQPOLL, can be had of this system. The
// error says what is in the way.
result<void> check_uring(bool polls);

} // namespace groq
