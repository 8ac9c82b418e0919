// SPDX-License-Identifier: MIT
//
// What befalls a card, told by its driver through a ring. Any thread may make any
// call at any time.
#pragma once

#include <memory>
#include <mutex>

#include "uring_ring.hpp"

namespace groq {

class uring_events {
public:
    // Adds 1 to `event_file` when there is something to take, from now on. `card`
    // stays open as long as this.
    static result<std::unique_ptr<uring_events>> create(int card, int event_file);
    explicit uring_events(std::unique_ptr<uring_ring> ring) : ring_(std::move(ring)) {}
    // The driver waits for nothing more then.
    ~uring_events();

    // DRM_GROQ_EVENT_*, each told once.
    std::uint32_t take() noexcept;

private:
    template <class Argument>
    result<void> give_locked(std::uint32_t command, const Argument &argument,
                             std::uint64_t data);
    result<void> ask_locked();
    bool has_answer_locked();

    std::mutex lock_; // all below
    std::unique_ptr<uring_ring> ring_;
    bool is_asked_ = false;       // a wait is with the driver
    std::uint64_t after_ = ~0ull; // the number of the last event that was taken
    std::int32_t answer_ = 0;
};

} // namespace groq
