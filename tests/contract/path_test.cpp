// SPDX-License-Identifier: MIT
//
// Each way of jobs to the driver, below the public interface: that it is what it is
// said to be, and that all do the same. On the card that GROQ_TEST_DEVICE names.
#include "path.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "card_port.hpp"
#include "job.hpp"
#include "programs.hpp"
#include "sysfs.hpp"

namespace groq::contract {
namespace {

const std::vector<drm_groq_command> nothing(1);

const char *card_name() {
    const char *chosen = std::getenv("GROQ_TEST_DEVICE");
    return chosen ? chosen : "sim:";
}

std::unique_ptr<kernel_port> open_card() {
    return open_port(parse_uri(card_name()).value().name).value();
}

// Far more than anything here takes on a slow machine.
std::int64_t ample() {
    return groq_deadline_after(300'000'000'000);
}

// Open files of this process that are rings.
std::size_t rings() {
    const std::filesystem::directory_iterator files("/proc/self/fd");
    return std::size_t(std::count_if(begin(files), end(files), [](const auto &file) {
        std::error_code gone;
        return std::filesystem::read_symlink(file, gone) == "anon_inode:[io_uring]";
    }));
}

std::size_t polling_threads() {
    const std::filesystem::directory_iterator tasks("/proc/self/task");
    return std::size_t(std::count_if(begin(tasks), end(tasks), [](const auto &task) {
        return read_line(task.path() / "comm").value_or("").starts_with("iou-sqp");
    }));
}

class path : public testing::TestWithParam<std::uint32_t> {
protected:
    void SetUp() override {
        if (std::string_view(card_name()).starts_with("sim:"))
            GTEST_SKIP() << "a simulated card has one way";
        device_ = groq_device::attach(open_card(), false).value();
        port_ = &device_->port();
        rings_before_ = rings();
        queue_ = make_queue();
        results_ = port_->create_buffer(result_room * sizeof(drm_groq_result)).value();
    }
    void TearDown() override {
        if (!device_)
            return;
        port_->destroy_queue(queue_);
        port_->destroy_buffer(results_);
    }

    port_queue make_queue() {
        return port_->create_queue(device_->context(), 0, GetParam()).value();
    }
    port_submission submission(const std::vector<drm_groq_command> &commands,
                               std::uint64_t point) {
        result(point).status = DRM_GROQ_STATUS_PENDING;
        return {commands, point, results_.handle,
                point % result_room * sizeof(drm_groq_result)};
    }
    void submit(const std::vector<drm_groq_command> &commands) {
        submitted_.push_back(commands);
        const auto next = submission(submitted_.back(), ++point_);
        ASSERT_EQ(port_->submit(queue_, {&next, 1}).value(), 1u);
    }
    bool wait(std::uint64_t point) {
        return port_->wait(queue_, point, ample()).value();
    }
    drm_groq_result &result(std::uint64_t point) {
        return reinterpret_cast<drm_groq_result *>(
            results_.bytes.data())[point % result_room];
    }
    bool can_cancel() {
        return port_->parameter(DRM_GROQ_PARAM_FEATURES).value() &
                   DRM_GROQ_FEATURE_CANCEL ||
               GetParam() != GROQ_PATH_IOCTL;
    }
    // Takes far longer than whatever happens meanwhile.
    std::vector<drm_groq_command> lengthy_run() {
        if (!image_) {
            const auto bytes = lengthy();
            auto file = std::make_unique<std::byte[]>(bytes.size());
            std::copy(bytes.begin(), bytes.end(), file.get());
            const auto program =
                groq_program::load(std::move(file), bytes.size(), "lengthy").value();
            image_ = groq_image::load(device_, program, ample()).value();
        }
        groq_job job(device_);
        job.append_run(image_, *image_->program().find_entry("main").value(),
                       1ull << 40);
        return {job.commands().begin(), job.commands().end()};
    }

    static constexpr std::uint64_t result_room = 512;

    std::shared_ptr<groq_device> device_;
    kernel_port *port_ = nullptr;
    std::size_t rings_before_ = 0;
    port_queue queue_{};
    port_buffer results_{};
    std::uint64_t point_ = 0;                             // the last that was submitted
    std::deque<std::vector<drm_groq_command>> submitted_; // until their end
    std::shared_ptr<groq_image> image_;
};

INSTANTIATE_TEST_SUITE_P(each, path,
                         testing::Values(GROQ_PATH_IOCTL, GROQ_PATH_URING,
                                         GROQ_PATH_SQPOLL),
                         [](const auto &which) { return path_name(which.param); });

TEST_P(path, is_what_it_is_called) {
    EXPECT_EQ(queue_.path, GetParam());
    submit(nothing); // the kernel's thread has its name when it has run
    EXPECT_TRUE(wait(1));
    EXPECT_EQ(rings() - rings_before_, GetParam() == GROQ_PATH_IOCTL ? 0u : 1u);
    EXPECT_EQ(polling_threads(), GetParam() == GROQ_PATH_SQPOLL ? 1u : 0u);
    const auto second = make_queue();
    EXPECT_EQ(rings() - rings_before_, GetParam() == GROQ_PATH_IOCTL ? 0u : 2u);
    port_->destroy_queue(second);
    EXPECT_EQ(rings() - rings_before_, GetParam() == GROQ_PATH_IOCTL ? 0u : 1u);
}

TEST_P(path, costs_the_calls_that_it_is_for) {
    constexpr std::uint64_t jobs = 20;
    const auto calls = [&] { return port_->costs(queue_).system_calls; };
    std::vector<port_submission> batch;
    while (point_ < jobs)
        batch.push_back(submission(nothing, ++point_));
    auto before = calls();
    ASSERT_EQ(port_->submit(queue_, batch).value(), jobs);
    if (GetParam() == GROQ_PATH_IOCTL)
        EXPECT_EQ(calls() - before, jobs);
    else // by sqpoll, to wake the thread if it sleeps
        EXPECT_LE(calls() - before, 1u);
    ASSERT_TRUE(wait(jobs));
    before = calls();
    EXPECT_EQ(port_->signalled(queue_).value(), jobs);
    ASSERT_TRUE(wait(jobs));
    EXPECT_EQ(calls() - before, GetParam() == GROQ_PATH_IOCTL ? 2u : 0u);
}

TEST_P(path, tells_every_end) {
    for (int round = 0; round < 50; ++round) {
        std::vector<port_submission> batch;
        for (int i = 0; i < 16; ++i)
            batch.push_back(submission(nothing, ++point_));
        ASSERT_EQ(port_->submit(queue_, batch).value(), batch.size());
        ASSERT_TRUE(wait(point_ - 7));
        EXPECT_GE(port_->signalled(queue_).value(), point_ - 7);
        ASSERT_TRUE(wait(point_));
        EXPECT_EQ(port_->signalled(queue_).value(), point_);
        for (auto point = point_ - 15; point <= point_; ++point)
            EXPECT_EQ(result(point).status, DRM_GROQ_STATUS_OK);
    }
}

TEST_P(path, ends_in_its_turn_what_is_refused) {
    drm_groq_command outside{};
    outside.type = DRM_GROQ_COMMAND_COPY_OUT;
    outside.bo = results_.handle;
    outside.rows = 1;
    outside.size = 320; // of SRAM that nobody has reserved
    const std::vector<drm_groq_command> refused{outside};
    const port_submission batch[] = {submission(nothing, 1), submission(refused, 2),
                                     submission(nothing, 3), submission(refused, 4)};
    EXPECT_EQ(port_->submit(queue_, batch).value(), 4u);
    EXPECT_TRUE(wait(4));
    EXPECT_EQ(port_->signalled(queue_).value(), 4u);
    for (const std::uint64_t taken : {1, 3}) {
        EXPECT_TRUE(port_->refusal(queue_, taken));
        EXPECT_EQ(result(taken).status, DRM_GROQ_STATUS_OK);
    }
    for (const std::uint64_t point : {2, 4}) {
        const auto why = port_->refusal(queue_, point);
        ASSERT_FALSE(why);
        EXPECT_EQ(why.error(), errc::access) << why.error().message();
        EXPECT_EQ(result(point).status, DRM_GROQ_STATUS_PENDING);
    }
}

TEST_P(path, lets_others_wait_for_what_is_refused) {
    drm_groq_command outside{};
    outside.type = DRM_GROQ_COMMAND_COPY_OUT;
    outside.bo = results_.handle;
    outside.rows = 1;
    outside.size = 320;
    const std::vector<drm_groq_command> refused{outside};
    const auto other = make_queue();
    auto first = submission(refused, 1);
    first.is_waited_for = true;
    ASSERT_EQ(port_->submit(other, {&first, 1}).value(), 1u);
    const port_point awaited[] = {{other, 1}};
    auto second = submission(nothing, 1);
    second.waits = awaited;
    ASSERT_EQ(port_->submit(queue_, {&second, 1}).value(), 1u);
    EXPECT_TRUE(wait(1));
    EXPECT_TRUE(port_->refusal(queue_, 1));
    EXPECT_EQ(result(1).status, DRM_GROQ_STATUS_OK);
    EXPECT_FALSE(port_->refusal(other, 1));
    port_->destroy_queue(other);
}

TEST_P(path, waits_until_its_deadline_for_what_was_submitted) {
    EXPECT_FALSE(port_->wait(queue_, 1, 0)) << "nothing was";
    submit(lengthy_run());
    EXPECT_FALSE(port_->wait(queue_, 1, 0).value());
    EXPECT_FALSE(port_->wait(queue_, 1, groq_deadline_after(20'000'000)).value());
    EXPECT_EQ(port_->signalled(queue_).value(), 0u);
}

TEST_P(path, ends_a_program_early) {
    if (!can_cancel())
        GTEST_SKIP() << "the driver cannot";
    submit(lengthy_run());
    submit(nothing);
    ASSERT_TRUE(port_->cancel(queue_, 1));
    EXPECT_TRUE(wait(2));
    EXPECT_EQ(result(1).status, DRM_GROQ_STATUS_CANCELED);
    EXPECT_EQ(result(2).status, DRM_GROQ_STATUS_OK);
    EXPECT_TRUE(port_->cancel(queue_, 1)) << "it has ended";
    EXPECT_EQ(result(2).status, DRM_GROQ_STATUS_OK);
}

TEST_P(path, counts_what_is_withdrawn_in_its_turn) {
    if (!can_cancel())
        GTEST_SKIP() << "the driver cannot";
    const auto other = make_queue();
    auto first = submission(lengthy_run(), 1);
    const auto run = lengthy_run();
    first.commands = run;
    first.is_waited_for = true;
    ASSERT_EQ(port_->submit(other, {&first, 1}).value(), 1u);
    const port_point awaited[] = {{other, 1}};
    auto waiting = submission(nothing, 2), behind = submission(nothing, 3);
    waiting.point = 1;
    waiting.waits = awaited;
    behind.point = 2;
    const port_submission both[] = {waiting, behind};
    ASSERT_EQ(port_->submit(queue_, both).value(), 2u);
    ASSERT_TRUE(port_->cancel(queue_, 2));
    EXPECT_EQ(port_->signalled(queue_).value(), 0u);
    EXPECT_FALSE(port_->wait(queue_, 2, groq_deadline_after(1'000'000)).value());
    ASSERT_TRUE(port_->cancel(other, 1));
    EXPECT_TRUE(wait(2));
    EXPECT_EQ(result(2).status, DRM_GROQ_STATUS_OK);
    EXPECT_EQ(result(3).status, DRM_GROQ_STATUS_CANCELED);
    port_->destroy_queue(other);
}

TEST_P(path, keeps_the_jobs_of_a_thread_that_ends) {
    if (!can_cancel())
        GTEST_SKIP() << "the driver cannot";
    submit(lengthy_run());
    std::thread([&] { submit(nothing); }).join();
    ASSERT_TRUE(port_->cancel(queue_, 1));
    EXPECT_TRUE(wait(2));
    EXPECT_EQ(result(2).status, DRM_GROQ_STATUS_OK);
}

TEST_P(path, adds_to_an_event_file) {
    const int file = ::eventfd(0, EFD_NONBLOCK);
    std::uint64_t count = 0;
    ASSERT_TRUE(port_->notify(queue_, 1, file));
    EXPECT_LT(::read(file, &count, sizeof count), 0);
    submit(nothing);
    pollfd polled{file, POLLIN, 0};
    EXPECT_EQ(::poll(&polled, 1, 300'000), 1);
    EXPECT_EQ(port_->signalled(queue_).value(), 1u);
    EXPECT_GT(::read(file, &count, sizeof count), 0);
    ASSERT_TRUE(port_->notify(queue_, 1, file)); // has ended already
    EXPECT_GT(::read(file, &count, sizeof count), 0);
    ::close(file);
}

TEST_P(path, leaves_the_event_file_of_a_queue_that_is_destroyed) {
    const int file = ::eventfd(0, EFD_NONBLOCK);
    const auto doomed = make_queue();
    const auto run = lengthy_run();
    auto first = submission(run, 1);
    ASSERT_EQ(port_->submit(doomed, {&first, 1}).value(), 1u);
    ASSERT_TRUE(port_->notify(doomed, 1, file));
    port_->destroy_queue(doomed);
    EXPECT_EQ(result(1).status, DRM_GROQ_STATUS_CANCELED);
    std::uint64_t count = 0;
    (void)!::read(file, &count, sizeof count);
    submit(nothing); // whatever was still on its way has come before this
    EXPECT_TRUE(wait(1));
    EXPECT_LT(::read(file, &count, sizeof count), 0);
    ::close(file);
}

TEST_P(path, wakes_all_who_wait) {
    submit(lengthy_run());
    for (int i = 0; i < 4; ++i)
        submit(nothing);
    std::vector<std::thread> waiters;
    std::atomic<int> awake = 0;
    for (std::uint64_t point = 1; point <= 5; ++point)
        waiters.emplace_back([&, point] { awake += wait(point); });
    EXPECT_FALSE(port_->wait(queue_, 5, groq_deadline_after(1'000'000)).value());
    for (auto &waiter : waiters)
        waiter.join();
    EXPECT_EQ(awake, 5);
}

// As many threads use one queue as they like: they submit, wait, look and cancel.
TEST_P(path, serves_many_threads) {
    constexpr std::uint64_t rounds = 150;
    std::mutex order; // of points
    std::vector<std::thread> threads;
    for (unsigned seed = 1; seed <= 6; ++seed)
        threads.emplace_back([&, seed] {
            std::mt19937 dice(seed);
            for (std::uint64_t i = 0; i < rounds; ++i) {
                std::uint64_t mine = 0;
                {
                    const std::lock_guard lock(order);
                    submit(nothing);
                    mine = point_;
                }
                if (dice() % 4 == 0 && can_cancel()) {
                    ASSERT_TRUE(port_->cancel(queue_, mine));
                }
                if (dice() % 4 == 0)
                    (void)port_->wait(queue_, mine, groq_deadline_after(1000)).value();
                if (dice() % 2) {
                    ASSERT_TRUE(wait(mine));
                }
                EXPECT_GE(port_->signalled(queue_).value() + 6 * rounds, mine);
            }
        });
    for (auto &thread : threads)
        thread.join();
    EXPECT_EQ(point_, 6 * rounds);
    EXPECT_TRUE(wait(point_));
    EXPECT_EQ(port_->signalled(queue_).value(), point_);
    submit(nothing);
    EXPECT_TRUE(wait(point_));
    EXPECT_EQ(result(point_).status, DRM_GROQ_STATUS_OK);
}

// A reset is an event, and root can have one.
TEST(events, come_once_each) {
    if (std::string_view(card_name()).starts_with("sim:"))
        GTEST_SKIP() << "nothing befalls a simulated card";
    const auto card = open_card();
    EXPECT_EQ(card->take_events(), 0u);
    const int file = ::eventfd(0, EFD_NONBLOCK);
    ASSERT_TRUE(card->watch(file));
    EXPECT_EQ(card->take_events(), 0u);
    groq_device_info info{};
    card->describe(info);
    for (int round = 0; round < 2; ++round) {
        const auto address = std::string(info.pci_address);
        std::ofstream("/sys/bus/pci/devices/" + address + "/reset") << "1";
        pollfd polled{file, POLLIN, 0};
        ASSERT_EQ(::poll(&polled, 1, 300'000), 1);
        std::uint64_t count = 0;
        EXPECT_GT(::read(file, &count, sizeof count), 0);
        EXPECT_EQ(card->take_events(), unsigned(GROQ_EVENT_RESET));
        EXPECT_EQ(card->take_events(), 0u);
    }
    ::close(file);
}

TEST(events, tell_the_loss_last) {
    if (std::string_view(card_name()).starts_with("sim:"))
        GTEST_SKIP() << "nothing befalls a simulated card";
    const auto card = open_card();
    const int file = ::eventfd(0, EFD_NONBLOCK);
    ASSERT_TRUE(card->watch(file));
    groq_device_info info{};
    card->describe(info);
    std::ofstream("/sys/bus/pci/drivers/groq/unbind") << info.pci_address;
    pollfd polled{file, POLLIN, 0};
    ASSERT_EQ(::poll(&polled, 1, 300'000), 1);
    EXPECT_EQ(card->take_events(), unsigned(GROQ_EVENT_LOST));
    EXPECT_EQ(card->take_events(), 0u);
    ::close(file);
}

class choice : public testing::Test {
protected:
    void SetUp() override {
        if (std::string_view(card_name()).starts_with("sim:"))
            GTEST_SKIP() << "a simulated card has one way";
        ::unsetenv("GROQ_PATH");
        card_ = open_card();
        context_ = card_->create_context(0).value();
    }
    void TearDown() override {
        ::unsetenv("GROQ_PATH");
        if (card_)
            card_->destroy_context(context_);
    }
    std::uint32_t chosen(std::uint32_t path) {
        const auto queue = card_->create_queue(context_, 0, path).value();
        card_->destroy_queue(queue);
        return queue.path;
    }
    std::int64_t paths() {
        groq_device_info info{};
        card_->describe(info);
        return info.paths;
    }
    static std::string setting() {
        return read_line("/proc/sys/kernel/io_uring_disabled").value_or("0");
    }

    std::unique_ptr<kernel_port> card_;
    std::uint32_t context_ = 0;
};

TEST_F(choice, is_io_uring_where_it_may_be_used) {
    if (setting() != "0")
        GTEST_SKIP() << "io_uring is switched off";
    EXPECT_EQ(chosen(GROQ_PATH_AUTO), unsigned(GROQ_PATH_URING));
    EXPECT_EQ(paths(),
              1 << GROQ_PATH_IOCTL | 1 << GROQ_PATH_URING | 1 << GROQ_PATH_SQPOLL);
}

TEST_F(choice, is_the_environments_where_the_caller_has_none) {
    if (setting() != "0")
        GTEST_SKIP() << "io_uring is switched off";
    for (const std::uint32_t wanted :
         {GROQ_PATH_IOCTL, GROQ_PATH_URING, GROQ_PATH_SQPOLL}) {
        ::setenv("GROQ_PATH", path_name(wanted), 1);
        EXPECT_EQ(chosen(GROQ_PATH_AUTO), wanted);
        EXPECT_EQ(chosen(GROQ_PATH_IOCTL), unsigned(GROQ_PATH_IOCTL));
    }
}

TEST_F(choice, names_the_variable_that_it_cannot_read) {
    ::setenv("GROQ_PATH", "fast", 1);
    const auto queue = card_->create_queue(context_, 0, GROQ_PATH_AUTO);
    ASSERT_FALSE(queue);
    EXPECT_EQ(queue.error(), errc::invalid);
    EXPECT_NE(queue.error().message().find("GROQ_PATH=fast"), std::string::npos);
    EXPECT_EQ(chosen(GROQ_PATH_IOCTL), unsigned(GROQ_PATH_IOCTL));
}

TEST_F(choice, is_ioctl_where_io_uring_is_switched_off) {
    if (setting() != "2")
        GTEST_SKIP() << "io_uring is not switched off";
    const auto free = card_->parameter(DRM_GROQ_PARAM_QUEUES_FREE).value();
    EXPECT_EQ(chosen(GROQ_PATH_AUTO), unsigned(GROQ_PATH_IOCTL));
    EXPECT_EQ(paths(), 1 << GROQ_PATH_IOCTL);
    for (const std::uint32_t wanted : {GROQ_PATH_URING, GROQ_PATH_SQPOLL}) {
        const auto queue = card_->create_queue(context_, 0, wanted);
        ASSERT_FALSE(queue);
        EXPECT_EQ(queue.error(), errc::permission);
        EXPECT_NE(queue.error().message().find("kernel.io_uring_disabled is 2"),
                  std::string::npos)
            << queue.error().message();
    }
    // A queue that could not be had is no queue less.
    EXPECT_EQ(card_->parameter(DRM_GROQ_PARAM_QUEUES_FREE).value(), free);
}

} // namespace
} // namespace groq::contract
