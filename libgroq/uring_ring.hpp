// SPDX-License-Identifier: MIT
//
// A ring of io_uring with entries for commands of the card. One thread at a time, but
// for sleep().
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include <groq/groq.h>
#include <liburing.h>

#include "error.hpp"

namespace groq {

class uring_ring {
public:
    struct options {
        unsigned entries;     // that are handed over at once
        unsigned completions; // that the kernel keeps without looking for memory
        bool polls = false;   // a thread of the kernel looks for entries
    };

    // `card`: the open card, to stay open as long as the ring. TOO_OLD, PERMISSION and
    // MEMORY with what to do.
    static result<std::unique_ptr<uring_ring>> create(int card, const options &options);
    uring_ring(const uring_ring &) = delete;
    ~uring_ring();

    // Puts DRM_GROQ_URING_* with its argument into the ring, to be handed over. Makes
    // room there if there is none; with an error it could not.
    template <class Argument>
    result<void> put(std::uint32_t command, const Argument &argument,
                     std::uint64_t data) {
        static_assert(sizeof argument <= argument_bytes);
        return put(command, &argument, sizeof argument, data);
    }
    // Hands over what was put, by one call. Then the kernel has taken it: it has read
    // what the entries refer to, and completed those that it refuses. With `polls` its
    // thread does so soon, in the same order; settle() waits for that. With an error
    // take_back() removes what the kernel has not seen, and calls note(data) for each.
    result<void> enter();
    void settle() const;
    template <class Note>
    void take_back(Note note);

    // Calls note(const io_uring_cqe &) for each completion that it was not called for
    // before. These stay in the ring until release(): so long sleep() does not sleep.
    template <class Note>
    void look(Note note);
    void release();
    // Makes the kernel put in what had no room; false: there was nothing.
    bool refill();

    // Until there is a completion in the ring, or CLOCK_MONOTONIC `deadline`, ns; now
    // and then shorter. Any thread, at any time.
    result<void> sleep(std::int64_t deadline) const { return sleep(deadline, 1); }
    // Until there is one that look() has not shown.
    result<void> sleep_for_more() const { return sleep(GROQ_FOREVER, seen_ + 1); }

    // System calls that were made for the above. Any thread, at any time.
    std::uint64_t calls() const { return calls_; }

    // Adds 1 to the eventfd with each completion; -1: to none.
    result<void> set_event_file(int file);

private:
    static constexpr std::size_t argument_bytes = 80;

    uring_ring(int card, bool polls) : card_(card), polls_(polls) {}
    result<void> put(std::uint32_t command, const void *argument, std::size_t bytes,
                     std::uint64_t data);
    result<void> await_room() const;
    bool has_awake_thread() const;
    result<void> sleep(std::int64_t deadline, unsigned completions) const;

    int card_;
    bool polls_;
    bool is_made_ = false;
    bool has_event_file_ = false;
    unsigned seen_ = 0; // completions in the ring that look() has shown
    io_uring ring_{};
    mutable std::atomic<std::uint64_t> calls_ = 0;
};

// The kernel looks at the ring in our calls alone; its thread, by itself, leaves
// nothing.
template <class Note>
void uring_ring::take_back(Note note) {
    if (polls_)
        return;
    auto &sq = ring_.sq;
    const unsigned first = *sq.khead;
    for (unsigned each = first; each != sq.sqe_tail; ++each) // of two places each
        note(std::uint64_t{sq.sqes[(each & *sq.kring_mask) * 2].user_data});
    sq.sqe_head = sq.sqe_tail = first;
    io_uring_smp_store_release(sq.ktail, first);
}

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
