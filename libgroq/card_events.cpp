// SPDX-License-Identifier: MIT
#include "card_events.hpp"

#include <cerrno>

#include <sys/eventfd.h>
#include <unistd.h>

namespace groq {

card_events::~card_events() {
    if (file_ >= 0)
        ::close(file_);
}

void card_events::note_lost() noexcept {
    if (is_lost_)
        return;
    const std::lock_guard lock(lock_);
    if (!is_lost_.exchange(true))
        signal_locked();
}

void card_events::signal_locked() noexcept {
    const std::uint64_t one = 1;
    if (file_ >= 0)
        (void)!::write(file_, &one, sizeof one);
}

// Of a card that is lost nobody else tells any more.
result<void> card_events::begin_locked(kernel_port &port) {
    if (was_told_)
        return error(errc::device_lost, {});
    if (file_ >= 0)
        return {};
    const int file = ::eventfd(is_lost_, EFD_CLOEXEC | EFD_NONBLOCK);
    if (file < 0)
        return fail(errc::system, errno, "cannot make an eventfd");
    if (!is_lost_)
        if (const auto watched = port.watch(file); !watched) {
            ::close(file);
            return watched;
        }
    file_ = file;
    return {};
}

result<int> card_events::file(kernel_port &port) {
    const std::lock_guard lock(lock_);
    if (const auto begun = begin_locked(port); !begun)
        return begun.error();
    return file_;
}

result<std::uint32_t> card_events::read(kernel_port &port) {
    const std::lock_guard lock(lock_);
    if (const auto begun = begin_locked(port); !begun)
        return begun.error();
    // First: whatever comes from here on is either seen below or an event again.
    std::uint64_t count = 0;
    (void)!::read(file_, &count, sizeof count);
    auto told = port.take_events();
    if (is_lost_)
        told |= GROQ_EVENT_LOST;
    was_told_ = told & GROQ_EVENT_LOST;
    is_lost_ = was_told_;
    return told;
}

} // namespace groq
