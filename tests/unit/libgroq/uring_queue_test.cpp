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
        if (const auto probed = submit(*queue_, 1); !probed)
            GTEST_SKIP() << "/dev/null of this kernel takes no commands";
    }
    ~uring_queue_test() override { ::close(null_); }

    static result<std::size_t> submit(uring_queue &queue, std::uint64_t point) {
        const port_submission submission{nothing, point, 0, 0};
        return queue.submit({&submission, 1});
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
    EXPECT_EQ(queue_->signalled(), 1u);
    for (std::uint64_t point = 2; point <= 1000; ++point)
        ASSERT_EQ(submit(*queue_, point).value(), 1u);
    EXPECT_EQ(queue_->signalled(), 1000u);
    EXPECT_TRUE(queue_->wait(1000, 0).value());
}

TEST_P(uring_queue_test, tells_a_refusal_at_once) {
    for (int i = 0; i < 3; ++i) {
        const auto refused = submit(*refusing_, 1);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().os_error(), EBADF) << refused.error().message();
    }
    EXPECT_EQ(refusing_->signalled(), 0u);
    EXPECT_FALSE(refusing_->wait(1, GROQ_FOREVER)) << "it was not submitted";
    EXPECT_FALSE(refusing_->cancel(1));
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
    EXPECT_LT(::read(file, &count, sizeof count), 0);
    ASSERT_TRUE(submit(*queue_, 2));
    EXPECT_GT(::read(file, &count, sizeof count), 0);
    ASSERT_TRUE(queue_->notify(2, file)); // has ended
    EXPECT_GT(::read(file, &count, sizeof count), 0);
    queue_->silence();
    ASSERT_TRUE(submit(*queue_, 3));
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
