// SPDX-License-Identifier: MIT
#include "wait_line.hpp"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "error.hpp"

namespace groq {
namespace {

// A kernel that points end in, and the line of those who wait for them.
class counted_points {
public:
    result<bool> wait(std::uint64_t point, std::int64_t deadline) {
        std::unique_lock lock(lock_);
        return line_.wait(
            lock, point, deadline, [this] { collect_locked(); },
            [this](std::int64_t until) { return sleep(until); });
    }
    // As whoever calls while others wait.
    void look() {
        const std::lock_guard lock(lock_);
        collect_locked();
    }
    void end(std::uint64_t point) {
        const std::lock_guard kernel(kernel_);
        ended_ = point;
        changed_.notify_all();
    }
    void interrupt() {
        const std::lock_guard kernel(kernel_);
        ++interrupts_;
        changed_.notify_all();
    }
    void break_down() {
        const std::lock_guard kernel(kernel_);
        broken_ = true;
        changed_.notify_all();
    }
    void await_sleeper() {
        while (sleepers_ == 0)
            std::this_thread::yield();
    }
    // As many have gone to sleep, and may be awake again.
    void await_sleeps(int count) {
        while (sleeps_ < count)
            std::this_thread::yield();
    }
    int sleeps() const { return sleeps_; }
    int most_sleepers() const { return most_sleepers_; }

private:
    void collect_locked() {
        const std::lock_guard kernel(kernel_);
        line_.advance(ended_);
        if (!line_.is_led())
            released_ = ended_;
    }
    result<void> sleep(std::int64_t deadline) {
        std::unique_lock kernel(kernel_);
        most_sleepers_ = std::max(most_sleepers_.load(), ++sleepers_);
        ++sleeps_;
        const auto interrupts = interrupts_;
        const std::chrono::steady_clock::time_point until{
            std::chrono::nanoseconds(deadline)};
        changed_.wait_until(kernel, until, [&] {
            return broken_ || ended_ > released_ || interrupts_ != interrupts;
        });
        --sleepers_;
        if (broken_)
            return fail(errc::system, "broken");
        return {};
    }

    std::mutex lock_;
    wait_line line_;

    std::mutex kernel_; // all below
    std::condition_variable changed_;
    std::uint64_t ended_ = 0, released_ = 0;
    int interrupts_ = 0;
    bool broken_ = false;
    std::atomic<int> sleepers_ = 0, most_sleepers_ = 0, sleeps_ = 0;
};

std::int64_t soon() {
    return groq_deadline_after(20'000'000);
}

TEST(wait_line, finds_what_has_ended_without_sleep) {
    counted_points points;
    points.end(3);
    EXPECT_TRUE(points.wait(3, GROQ_FOREVER).value());
    EXPECT_TRUE(points.wait(1, 0).value());
    EXPECT_EQ(points.sleeps(), 0);
}

TEST(wait_line, looks_once_when_the_deadline_has_passed) {
    counted_points points;
    EXPECT_FALSE(points.wait(1, 0).value());
    EXPECT_EQ(points.sleeps(), 0);
}

TEST(wait_line, keeps_the_deadline_of_who_sleeps) {
    counted_points points;
    do
        EXPECT_FALSE(points.wait(1, soon()).value());
    while (points.sleeps() == 0); // the deadline had passed before
    EXPECT_EQ(points.sleeps(), 1);
}

TEST(wait_line, keeps_the_deadline_of_those_behind) {
    counted_points points;
    std::thread first([&] { EXPECT_TRUE(points.wait(1, GROQ_FOREVER).value()); });
    points.await_sleeper();
    EXPECT_FALSE(points.wait(1, soon()).value());
    points.end(1);
    first.join();
    EXPECT_EQ(points.sleeps(), 1);
}

TEST(wait_line, goes_on_when_it_is_interrupted) {
    counted_points points;
    std::thread waiter([&] { EXPECT_TRUE(points.wait(1, GROQ_FOREVER).value()); });
    for (int i = 1; i <= 3; ++i) {
        points.await_sleeps(i);
        points.interrupt();
    }
    points.await_sleeps(4);
    points.end(1);
    waiter.join();
}

TEST(wait_line, sleeps_once_for_all) {
    counted_points points;
    std::vector<std::thread> waiters;
    for (std::uint64_t point = 1; point <= 8; ++point)
        waiters.emplace_back(
            [&, point] { EXPECT_TRUE(points.wait(point, GROQ_FOREVER).value()); });
    for (std::uint64_t point = 1; point <= 8; ++point) {
        points.await_sleeper();
        points.end(point);
    }
    for (auto &waiter : waiters)
        waiter.join();
    EXPECT_EQ(points.most_sleepers(), 1);
}

TEST(wait_line, wakes_whoever_another_found_ended) {
    counted_points points;
    std::thread first([&] { EXPECT_TRUE(points.wait(2, GROQ_FOREVER).value()); });
    points.await_sleeper();
    std::thread second([&] { EXPECT_TRUE(points.wait(1, GROQ_FOREVER).value()); });
    points.end(1);
    points.look();
    second.join();
    points.await_sleeper();
    points.end(2);
    points.look(); // before the sleeper had its turn, perhaps
    first.join();
}

TEST(wait_line, hands_the_sleep_on) {
    counted_points points;
    std::thread first([&] {
        do
            EXPECT_FALSE(points.wait(1, soon()).value());
        while (points.sleeps() == 0); // the deadline had passed before
    });
    points.await_sleeps(1);
    std::thread second([&] { EXPECT_TRUE(points.wait(1, GROQ_FOREVER).value()); });
    first.join();
    points.await_sleeps(2);
    points.end(1);
    second.join();
}

TEST(wait_line, tells_why_it_cannot_sleep_and_lets_another_try) {
    counted_points points;
    std::vector<std::thread> waiters;
    for (int i = 0; i < 3; ++i)
        waiters.emplace_back([&] {
            const auto ended = points.wait(1, GROQ_FOREVER);
            ASSERT_FALSE(ended);
            EXPECT_EQ(ended.error().message(), "broken");
        });
    points.await_sleeper();
    points.break_down();
    for (auto &waiter : waiters)
        waiter.join();
}

TEST(wait_line, loses_nobody_in_a_crowd) {
    constexpr std::uint64_t last = 2000;
    counted_points points;
    std::vector<std::thread> crowd;
    for (unsigned seed = 0; seed < 6; ++seed)
        crowd.emplace_back([&, seed] {
            for (std::uint64_t point = 1 + seed; point <= last; point += 1 + seed % 3) {
                if (seed % 2)
                    (void)points.wait(point, groq_deadline_after(50'000)).value();
                EXPECT_TRUE(points.wait(point, GROQ_FOREVER).value());
            }
        });
    for (std::uint64_t point = 1; point <= last; ++point) {
        points.end(point);
        if (point % 7 == 0)
            points.look();
        std::this_thread::yield();
    }
    for (auto &each : crowd)
        each.join();
    EXPECT_LE(points.most_sleepers(), 1); // all may have found it without
}

} // namespace
} // namespace groq
