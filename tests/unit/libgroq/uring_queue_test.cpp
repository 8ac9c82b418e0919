// SPDX-License-Identifier: MIT
//
// A ring without a card: /dev/null ends every command at once, and no file at all
// refuses it.
#include "uring_queue.hpp"

#include <cerrno>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace groq {
namespace {

const std::vector<drm_groq_command> nothing(1);

class uring_queue_test : public testing::TestWithParam<bool> {
protected:
    void SetUp() override {
        if (const auto able = check_uring(GetParam()); !able)
            GTEST_SKIP() << able.error().message();
        queue_ = uring_queue::create(null_, port, GetParam()).value();
        refusing_ = uring_queue::create(-1, port, GetParam()).value();
        ASSERT_EQ(submit(*queue_, 1).value(), 1u);
        ASSERT_TRUE(queue_->wait(1, GROQ_FOREVER).value());
        if (!queue_->refusal(1))
            GTEST_SKIP() << "/dev/null of this kernel takes no commands";
    }
    ~uring_queue_test() override { ::close(null_); }

    static result<std::size_t> submit(uring_queue &queue, std::uint64_t point) {
        const port_submission submission{nothing, point, 0, 0};
        return queue.submit({&submission, 1});
    }

    static std::vector<port_submission> submissions(std::uint64_t first,
                                                    std::size_t count) {
        std::vector<port_submission> all;
        for (auto point = first; all.size() < count; ++point)
            all.push_back({nothing, point, 0, 0});
        return all;
    }

    static constexpr port_queue port{1, 1, GROQ_PATH_URING};
    const int null_ = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    std::unique_ptr<uring_queue> queue_, refusing_;
};

INSTANTIATE_TEST_SUITE_P(each, uring_queue_test, testing::Bool(),
                         [](const auto &polls) {
                             return polls.param ? "sqpoll" : "io_uring";
                         });

TEST_P(uring_queue_test, finds_what_has_ended) {
    EXPECT_EQ(queue_->signalled().value(), 1u);
    for (std::uint64_t point = 2; point <= 1000; ++point)
        ASSERT_EQ(submit(*queue_, point).value(), 1u);
    EXPECT_TRUE(queue_->wait(1000, GROQ_FOREVER).value());
    EXPECT_EQ(queue_->signalled().value(), 1000u);
}

TEST_P(uring_queue_test, ends_what_is_refused_and_says_why) {
    for (std::uint64_t point = 1; point <= 3; ++point)
        ASSERT_EQ(submit(*refusing_, point).value(), 1u);
    ASSERT_TRUE(refusing_->wait(3, GROQ_FOREVER).value());
    for (std::uint64_t point = 1; point <= 3; ++point) {
        const auto why = refusing_->refusal(point);
        ASSERT_FALSE(why);
        EXPECT_EQ(why.error().os_error(), EBADF) << why.error().message();
        EXPECT_TRUE(refusing_->refusal(point)) << "it is told once";
    }
    EXPECT_FALSE(refusing_->cancel(1));
    EXPECT_TRUE(queue_->refusal(1)) << "it was not refused";
}

TEST_P(uring_queue_test, gives_a_batch_to_the_kernel_by_one_call) {
    const auto batch = submissions(2, 256);
    const auto calls = queue_->system_calls();
    ASSERT_EQ(queue_->submit(batch).value(), 256u);
    EXPECT_LE(queue_->system_calls() - calls, 1u); // sqpoll: to wake its thread
    EXPECT_TRUE(queue_->wait(257, GROQ_FOREVER).value());
}

TEST_P(uring_queue_test, takes_batches_larger_than_its_ring) {
    const auto batch = submissions(2, 3000);
    ASSERT_EQ(queue_->submit(batch).value(), 3000u);
    EXPECT_TRUE(queue_->wait(3001, GROQ_FOREVER).value());
    EXPECT_EQ(queue_->signalled().value(), 3001u);
}

TEST_P(uring_queue_test, takes_what_refers_to_points_at_once) {
    const port_point before[] = {{port, 1}};
    auto batch = submissions(2, 40);
    for (auto &each : batch) {
        each.waits = before;
        each.is_waited_for = true;
    }
    ASSERT_EQ(queue_->submit(batch).value(), 40u);
    EXPECT_EQ(queue_->signalled().value(), 41u);
    ASSERT_EQ(refusing_->submit({batch.data(), 1}).value(), 1u);
    EXPECT_FALSE(refusing_->refusal(2));
}

TEST_P(uring_queue_test, refuses_more_than_it_can_count) {
    const auto refused = submit(*queue_, 2 + ended_points::room);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), errc::full);
    EXPECT_EQ(submit(*queue_, 2).value(), 1u);
}

TEST_P(uring_queue_test, writes_to_an_event_file_until_it_is_silenced) {
    const int file = ::eventfd(0, EFD_NONBLOCK);
    std::uint64_t count = 0;
    ASSERT_TRUE(queue_->notify(2, file));
    ASSERT_TRUE(submit(*queue_, 2));
    ASSERT_TRUE(queue_->wait(2, GROQ_FOREVER).value());
    // The kernel writes after it has shown the end.
    pollfd written{file, POLLIN, 0};
    EXPECT_EQ(::poll(&written, 1, -1), 1);
    EXPECT_GT(::read(file, &count, sizeof count), 0);
    ASSERT_TRUE(queue_->notify(2, file)); // has ended
    EXPECT_GT(::read(file, &count, sizeof count), 0);
    queue_->silence();
    ASSERT_TRUE(submit(*queue_, 3));
    ASSERT_TRUE(queue_->wait(3, GROQ_FOREVER).value());
    (void)!::read(file, &count, sizeof count); // of an earlier end, if it comes late
    ASSERT_TRUE(submit(*queue_, 4));
    ASSERT_TRUE(queue_->wait(4, GROQ_FOREVER).value());
    EXPECT_LT(::read(file, &count, sizeof count), 0);
    ::close(file);
}

TEST_P(uring_queue_test, serves_those_who_wait_while_others_submit) {
    constexpr std::uint64_t last = 200;
    std::vector<std::thread> waiters;
    for (unsigned i = 0; i < 4; ++i)
        waiters.emplace_back([&] {
            for (std::uint64_t point = 2; point <= last; ++point) {
                while (!queue_->wait(point, GROQ_FOREVER)) // not submitted yet
                    std::this_thread::yield();
            }
        });
    for (std::uint64_t point = 2; point <= last; ++point)
        ASSERT_EQ(submit(*queue_, point).value(), 1u);
    for (auto &waiter : waiters)
        waiter.join();
}

} // namespace
} // namespace groq
