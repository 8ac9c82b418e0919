// SPDX-License-Identifier: MIT
#include "uring_queue.hpp"

#include <algorithm>
#include <cerrno>
#include <cinttypes>

#include <unistd.h>

#include "drm_error.hpp"

namespace groq {
namespace {

// Room for the batches of a queue of the default depth, and for the ends of the
// deepest: see groq_queue_options.depth.
constexpr unsigned entries = 256, completions = 4096;

constexpr std::uint64_t no_point = 0;
constexpr std::int64_t patience_ns = 1'000'000'000;

} // namespace

result<std::unique_ptr<uring_queue>>
uring_queue::create(int card, const port_queue &queue, bool polls) {
    auto ring = uring_ring::create(card, {entries, completions, polls});
    if (!ring)
        return ring.error();
    return std::make_unique<uring_queue>(card, std::move(*ring), queue);
}

result<std::size_t> uring_queue::submit(std::span<const port_submission> submissions) {
    const std::lock_guard lock(lock_);
    result<void> done;
    std::size_t count = 0;
    while (done && count < submissions.size())
        if ((done = put_locked(submissions[count])))
            done = settle_locked(submissions[count++]);
    if (const auto entered = ring_->enter(); !entered) {
        done = entered;
        count = take_back_locked(submissions.first(count));
    }
    if (count > 0)
        submitted_ = submissions[count - 1].point;
    collect_locked();
    if (count == 0 && !done)
        return done.error();
    return count;
}

// The commands stay where they are until they have ended.
result<void> uring_queue::put_locked(const port_submission &submission) {
    if (!ended_.has_room(submission.point))
        return error(errc::full, {});
    if (const auto filled = request_.fill(queue_, submission, submission.is_waited_for);
        !filled)
        return filled;
    return ring_->put(DRM_GROQ_URING_SUBMIT, request_.request(), submission.point);
}

// What refers to points is taken at once: there is one place for them. And nobody may
// name its end before it has one; if it was refused, that is now.
result<void> uring_queue::settle_locked(const port_submission &submission) {
    if (!request_.refers_to_points())
        return {};
    if (const auto done = hand_over_locked(); !done)
        return done;
    if (submission.is_waited_for && refused_.holds(submission.point))
        signal_point(card_, queue_, submission.point);
    return {};
}

// Until the kernel has taken all that was put.
result<void> uring_queue::hand_over_locked() {
    const auto done = ring_->enter();
    if (done)
        ring_->settle();
    collect_locked();
    return done;
}

// How many are left of those that were put.
std::size_t
uring_queue::take_back_locked(std::span<const port_submission> submissions) {
    auto first = ~std::uint64_t{0};
    ring_->take_back([&](std::uint64_t point) {
        if (point != no_point)
            first = std::min(first, point);
    });
    return std::size_t(
        std::count_if(submissions.begin(), submissions.end(),
                      [&](const port_submission &each) { return each.point < first; }));
}

// The result of what was put last, which is no submission and completes at once.
result<int> uring_queue::answer_locked() {
    answer_.reset();
    if (const auto done = ring_->enter(); !done)
        return done.error();
    for (collect_locked(); !answer_; collect_locked())
        if (const auto done = ring_->sleep_for_more(); !done)
            return done.error();
    return *answer_;
}

result<void> uring_queue::refusal(std::uint64_t point) {
    const std::lock_guard lock(lock_);
    return refused_.take(point);
}

result<void> uring_queue::cancel(std::uint64_t point) {
    const std::lock_guard lock(lock_);
    drm_groq_uring_cancel request{};
    request.tag = submission_tag(queue_, point);
    if (const auto done = ring_->put(DRM_GROQ_URING_CANCEL, request, no_point); !done)
        return done;
    const auto answer = answer_locked();
    if (!answer) {
        take_back_locked({});
        return answer.error();
    }
    if (*answer < 0)
        return driver_refused("cancel a job", -*answer);
    return {};
}

void uring_queue::note_locked(const io_uring_cqe &cqe) {
    if (cqe.user_data == no_point) {
        answer_ = cqe.res;
        return;
    }
    if (cqe.res < 0)
        refused_.add(cqe.user_data, submission_refused(-cqe.res));
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

result<std::uint64_t> uring_queue::signalled() {
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
    (void)hand_over_locked();
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
