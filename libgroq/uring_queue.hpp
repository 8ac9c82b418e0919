// SPDX-License-Identifier: MIT
//
// A queue of the driver that takes its jobs from a ring of its own, and leaves their
// ends there. Any thread may make any call at any time.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <span>

#include "drm_submission.hpp"
#include "ended_points.hpp"
#include "uring_ring.hpp"
#include "wait_line.hpp"

namespace groq {

// As the calls of kernel_port of these names.
class uring_queue {
public:
    // `polls`: GROQ_PATH_SQPOLL. `card` stays open as long as the queue.
    static result<std::unique_ptr<uring_queue>>
    create(int card, const port_queue &queue, bool polls);
    uring_queue(std::unique_ptr<uring_ring> ring, const port_queue &queue)
        : ring_(std::move(ring)), queue_(queue) {}

    result<std::size_t> submit(std::span<const port_submission> submissions);
    result<void> cancel(std::uint64_t point);
    std::uint64_t signalled();
    result<bool> wait(std::uint64_t point, std::int64_t deadline);
    // All with the same file. It is written to whenever something has completed.
    result<void> notify(std::uint64_t point, int event_file);
    std::uint64_t system_calls() const { return ring_->calls(); }
    // No event file is written to any more.
    void silence();
    // Until the kernel has done with jobs that the driver has ended: till then they
    // hold the card open.
    void drain();

private:
    result<void> submit_one_locked(const port_submission &submission);
    template <class Argument>
    result<std::optional<int>>
    execute_locked(std::uint32_t command, const Argument &argument, std::uint64_t data);
    void note_locked(const io_uring_cqe &cqe);
    void collect_locked();

    const std::unique_ptr<uring_ring> ring_; // lock_, but for sleep() and calls()
    const port_queue queue_;
    std::mutex lock_; // all below
    drm_submission request_;
    std::uint64_t submitted_ = 0; // the last point
    ended_points ended_;
    wait_line waiters_;
    int event_file_ = -1;

    // What is being asked for: its data, and the answer if it came at once.
    std::uint64_t asked_ = nothing;
    std::optional<int> answer_;
    static constexpr std::uint64_t nothing = ~0ull;
};

} // namespace groq
