// SPDX-License-Identifier: MIT
//
// Threads that wait for points of one queue. One of them sleeps in the kernel for
// all; the others are woken by it, or by whoever else finds that a point has ended.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

#include <groq/error.hpp>
#include <groq/groq.h>

namespace groq {

// All calls with the lock held that wait() is given.
class wait_line {
public:
    // Until `point` has ended or CLOCK_MONOTONIC `deadline`, ns; whether it has.
    //  - collect() finds what has ended, without waiting, and calls advance();
    //  - sleep(deadline) returns when there may be more to collect, or at the
    //    deadline, or for no reason. It is called without the lock, by one thread
    //    at a time. What another collected meanwhile must end it, too.
    template <class Collect, class Sleep>
    result<bool> wait(std::unique_lock<std::mutex> &lock, std::uint64_t point,
                      std::int64_t deadline, Collect collect, Sleep sleep);
    // All up to `point` have ended.
    void advance(std::uint64_t point);
    // Somebody sleeps in the kernel.
    bool is_led() const { return is_led_; }

private:
    struct waiter {
        const std::uint64_t point;
        std::condition_variable wake = {};
        waiter *next = nullptr;
    };

    void enter(waiter &self);
    void leave(waiter &self);
    template <class Collect, class Sleep>
    result<void> lead(std::unique_lock<std::mutex> &lock, std::int64_t deadline,
                      Collect collect, Sleep sleep);

    std::uint64_t last_ = 0;
    waiter *first_ = nullptr; // each on its thread's stack
    bool is_led_ = false;
};

template <class Collect, class Sleep>
result<bool> wait_line::wait(std::unique_lock<std::mutex> &lock, std::uint64_t point,
                             std::int64_t deadline, Collect collect, Sleep sleep) {
    using std::chrono::steady_clock;
    const steady_clock::time_point until{std::chrono::nanoseconds(deadline)};
    collect();
    waiter self{point};
    enter(self);
    result<void> done;
    while (done && last_ < point && steady_clock::now() < until)
        if (is_led_)
            self.wake.wait_until(lock, until);
        else
            done = lead(lock, deadline, collect, sleep);
    leave(self);
    if (!done)
        return done.error();
    return last_ >= point;
}

template <class Collect, class Sleep>
result<void> wait_line::lead(std::unique_lock<std::mutex> &lock, std::int64_t deadline,
                             Collect collect, Sleep sleep) {
    is_led_ = true;
    lock.unlock();
    const result<void> done = sleep(deadline);
    lock.lock();
    is_led_ = false;
    collect();
    return done;
}

} // namespace groq
