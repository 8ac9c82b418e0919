// SPDX-License-Identifier: MIT
//
// A queue of the driver that takes its jobs from a ring of its own, and leaves their
// ends there.
#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "drm_queue.hpp"
#include "drm_submission.hpp"
#include "ended_points.hpp"
#include "refused_points.hpp"
#include "uring_ring.hpp"
#include "wait_line.hpp"

namespace groq {

class uring_queue final : public drm_queue {
public:
    // `polls`: GROQ_PATH_SQPOLL. `card` stays open as long as the queue.
    static result<std::unique_ptr<uring_queue>>
    create(int card, const port_queue &queue, bool polls);
    uring_queue(int card, std::unique_ptr<uring_ring> ring, const port_queue &queue)
        : card_(card), queue_(queue), ring_(std::move(ring)) {}

    // By one call, or none, for as many as the ring holds.
    result<std::size_t> submit(std::span<const port_submission> submissions) override;
    result<void> refusal(std::uint64_t point) override;
    result<void> cancel(std::uint64_t point) override;
    result<std::uint64_t> signalled() override;
    result<bool> wait(std::uint64_t point, std::int64_t deadline) override;
    // The file is written to whenever something has completed.
    result<void> notify(std::uint64_t point, int event_file) override;
    std::uint64_t system_calls() const override { return ring_->calls(); }
    void silence() override;
    void drain() override;

private:
    result<void> put_locked(const port_submission &submission);
    result<void> settle_locked(const port_submission &submission);
    result<void> hand_over_locked();
    std::size_t take_back_locked(std::span<const port_submission> submissions);
    result<int> answer_locked();
    void note_locked(const io_uring_cqe &cqe);
    void collect_locked();

    const int card_;
    const port_queue queue_;
    const std::unique_ptr<uring_ring> ring_; // lock_, but for sleep() and calls()
    std::mutex lock_;                        // all below
    drm_submission request_;
    std::uint64_t submitted_ = 0; // the last point
    ended_points ended_;
    refused_points refused_;
    wait_line waiters_;
    int event_file_ = -1;
    std::optional<int> answer_; // to what is no submission
};

} // namespace groq
