// SPDX-License-Identifier: MIT
#include "uring_queue.hpp"

#include <cerrno>
#include <cinttypes>

#include <unistd.h>

#include "drm_error.hpp"

namespace groq {
namespace {

// Room for the deepest queue, see groq_queue_options.depth.
constexpr unsigned completions = 4096;

constexpr std::uint64_t cancel_data = 0; // no point
constexpr std::int64_t patience_ns = 1'000'000'000;

} // namespace

result<std::unique_ptr<uring_queue>>
uring_queue::create(int card, const port_queue &queue, bool polls) {
    auto ring = uring_ring::create(card, {completions, polls});
    if (!ring)
        return ring.error();
    return std::make_unique<uring_queue>(std::move(*ring), queue);
}

result<std::size_t> uring_queue::submit(std::span<const port_submission> submissions) {
    const std::lock_guard lock(lock_);
    std::size_t taken = 0;
    for (const auto &submission : submissions) {
        const auto done = submit_one_locked(submission);
        if (!done && taken == 0)
            return done.error();
        if (!done)
            break;
        ++taken;
    }
    return taken;
}

result<void> uring_queue::submit_one_locked(const port_submission &submission) {
    if (!ended_.has_room(submission.point))
        return error(errc::full, {});
    if (const auto filled = request_.fill(queue_, submission, submission.is_waited_for);
        !filled)
        return filled;
    const auto answer =
        execute_locked(DRM_GROQ_URING_SUBMIT, request_.request(), submission.point);
    if (!answer)
        return answer.error();
    if (*answer && **answer < 0)
        return submission_refused(-**answer);
    submitted_ = submission.point;
    return {};
}

result<void> uring_queue::cancel(std::uint64_t point) {
    const std::lock_guard lock(lock_);
    drm_groq_uring_cancel request{};
    request.tag = submission_tag(queue_, point);
    const auto answer = execute_locked(DRM_GROQ_URING_CANCEL, request, cancel_data);
    if (!answer)
        return answer.error();
    if (*answer && **answer < 0)
        return driver_refused("cancel a job", -**answer);
    return {};
}

// Its result, if it has completed at once: as all do that are refused.
template <class Argument>
result<std::optional<int>> uring_queue::execute_locked(std::uint32_t command,
                                                       const Argument &argument,
                                                       std::uint64_t data) {
    asked_ = data;
    answer_.reset();
    const auto done = ring_->submit(command, argument, data);
    collect_locked();
    asked_ = nothing;
    if (!done)
        return done.error();
    return answer_;
}

void uring_queue::note_locked(const io_uring_cqe &cqe) {
    const bool is_asked = cqe.user_data == asked_;
    if (is_asked)
        answer_ = cqe.res;
    const bool was_taken = !is_asked || cqe.res >= 0;
    if (cqe.user_data != cancel_data && was_taken)
        ended_.end(cqe.user_data);
}

// While somebody sleeps in the kernel completions stay in the ring, lest it sleeps on
// over what others have found there.
void uring_queue::collect_locked() {
    do {
        ring_->look([&](const io_uring_cqe &cqe) { note_locked(cqe); });
        if (waiters_.is_led())
            break;
        ring_->release();
    } while (ring_->refill());
    waiters_.advance(ended_.last());
}

std::uint64_t uring_queue::signalled() {
    const std::lock_guard lock(lock_);
    collect_locked();
    return ended_.last();
}

result<bool> uring_queue::wait(std::uint64_t point, std::int64_t deadline) {
    std::unique_lock lock(lock_);
    if (point > submitted_)
        return fail(errc::invalid, "nothing was submitted that ends at %" PRIu64,
                    point);
    return waiters_.wait(
        lock, point, deadline, [&] { collect_locked(); },
        [&](std::int64_t until) { return ring_->sleep(until); });
}

result<void> uring_queue::notify(std::uint64_t point, int event_file) {
    const std::lock_guard lock(lock_);
    if (event_file != event_file_) {
        event_file_ = -1;
        if (const auto done = ring_->set_event_file(event_file); !done)
            return done;
        event_file_ = event_file;
    }
    // Whatever ends from here on writes to the file itself.
    collect_locked();
    const std::uint64_t one = 1;
    if (point <= ended_.last() && ::write(event_file, &one, sizeof one) < 0)
        return fail(errc::system, errno, "cannot write to an eventfd");
    return {};
}

void uring_queue::silence() {
    const std::lock_guard lock(lock_);
    (void)ring_->set_event_file(-1);
    event_file_ = -1;
}

// A thread that submitted may be held up, and what it submitted with it.
void uring_queue::drain() {
    const auto last = [this] {
        const std::lock_guard lock(lock_);
        return submitted_;
    };
    (void)wait(last(), groq_deadline_after(patience_ns));
}

} // namespace groq
