// SPDX-License-Identifier: MIT
#include "uring_events.hpp"

#include <cerrno>

#include <drm/groq_accel.h>
#include <groq/groq.h>

namespace groq {
namespace {

// What the driver says is told as it is.
static_assert(GROQ_EVENT_RESET == DRM_GROQ_EVENT_RESET);
static_assert(GROQ_EVENT_LOST == DRM_GROQ_EVENT_LOST);
static_assert(GROQ_EVENT_ALARM == DRM_GROQ_EVENT_ALARM);
static_assert(GROQ_EVENT_LINK == DRM_GROQ_EVENT_LINK);

constexpr std::uint64_t wait_data = 1, cancel_data = 2;
constexpr std::uint64_t wait_tag = ~0ull; // no job's
constexpr std::int64_t cancel_patience_ns = 1'000'000'000;

} // namespace

result<std::unique_ptr<uring_events>> uring_events::create(int card, int event_file) {
    auto ring = uring_ring::create(card, {2, 4});
    if (!ring)
        return ring.error();
    if (const auto done = (*ring)->set_event_file(event_file); !done)
        return done.error();
    auto events = std::make_unique<uring_events>(std::move(*ring));
    const std::lock_guard lock(events->lock_);
    if (const auto done = events->ask_locked(); !done)
        return done.error();
    return events;
}

template <class Argument>
result<void> uring_events::give_locked(std::uint32_t command, const Argument &argument,
                                       std::uint64_t data) {
    if (const auto done = ring_->put(command, argument, data); !done)
        return done;
    const auto done = ring_->enter();
    if (!done)
        ring_->take_back([](std::uint64_t) {});
    return done;
}

// The wait holds the card open; and to be rid of its ring takes the kernel a while.
uring_events::~uring_events() {
    const std::lock_guard lock(lock_);
    (void)ring_->set_event_file(-1);
    drm_groq_uring_cancel request{};
    request.tag = wait_tag;
    if (!is_asked_ || !give_locked(DRM_GROQ_URING_CANCEL, request, cancel_data))
        return;
    const auto deadline = groq_deadline_after(cancel_patience_ns);
    while (!has_answer_locked() && groq_deadline_after(0) < deadline)
        (void)ring_->sleep(deadline);
}

result<void> uring_events::ask_locked() {
    drm_groq_uring_wait request{};
    request.after = after_;
    request.events = DRM_GROQ_EVENT_ALL;
    request.tag = wait_tag;
    const auto done = give_locked(DRM_GROQ_URING_WAIT, request, wait_data);
    is_asked_ = bool(done);
    return done;
}

bool uring_events::has_answer_locked() {
    ring_->look([this](const io_uring_cqe &cqe) {
        if (cqe.user_data != wait_data)
            return;
        is_asked_ = false;
        answer_ = cqe.res;
        after_ = cqe.big_cqe[0];
    });
    ring_->release();
    return !is_asked_;
}

// Asks on, but of a card that has gone: that is the last that it tells.
std::uint32_t uring_events::take() noexcept {
    const std::lock_guard lock(lock_);
    std::uint32_t events = 0;
    while (is_asked_ && has_answer_locked()) {
        if (answer_ < 0)
            break;
        events |= std::uint32_t(answer_);
        if (events & DRM_GROQ_EVENT_LOST || !ask_locked())
            break;
    }
    return events;
}

} // namespace groq
