// SPDX-License-Identifier: MIT
//
// A queue of the driver by ioctls: it knows what has ended by its time line.
#pragma once

#include <atomic>
#include <mutex>

#include "drm_queue.hpp"
#include "refused_points.hpp"

namespace groq {

class ioctl_queue final : public drm_queue {
public:
    // `card` stays open as long as the queue; `can_cancel`: the driver can.
    ioctl_queue(int card, const port_queue &queue, bool can_cancel)
        : card_(card), queue_(queue), can_cancel_(can_cancel) {}

    result<std::size_t> submit(std::span<const port_submission> submissions) override;
    result<void> refusal(std::uint64_t point) override;
    // errc::unsupported: the driver is too old.
    result<void> cancel(std::uint64_t point) override;
    result<std::uint64_t> signalled() override;
    result<bool> wait(std::uint64_t point, std::int64_t deadline) override;
    result<void> notify(std::uint64_t point, int event_file) override;
    std::uint64_t system_calls() const override { return calls_; }
    void silence() override {}
    void drain() override {}

private:
    result<void> submit(const port_submission &submission);
    // 0 or errno; interrupted calls are made again.
    template <class Argument>
    int call(unsigned long request, Argument &argument);

    const int card_;
    const port_queue queue_;
    const bool can_cancel_;
    std::atomic<std::uint64_t> calls_ = 0;
    std::mutex lock_; // all below
    refused_points refused_;
};

} // namespace groq
