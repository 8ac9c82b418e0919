// SPDX-License-Identifier: MIT
//
// Waiting, reaping, polling, giving up; from several threads.
#include "card_under_test.hpp"

#include <thread>

#include <poll.h>

namespace groq::contract {
namespace {

using std::chrono::milliseconds;

TEST_F(card, wait_gives_up_at_its_deadline_and_the_job_goes_on) {
    const image image(device, load_program(lengthy()));
    job job(image);
    const auto ticket = queue.submit(job).value();
    EXPECT_TRUE(queue.wait(ticket, now).error() == errc::timeout);
    EXPECT_TRUE(queue.wait(ticket, milliseconds(20)).error() == errc::timeout);
    EXPECT_TRUE(queue.submit(job).error() == errc::in_use);
}

TEST_F(card, copies_overlap_a_program_of_another_queue) {
    const image image(device, load_program(lengthy()));
    job long_job(image);
    const auto ticket = queue.submit(long_job).value();
    groq::queue other(device);
    const region region(device, 320);
    const buffer bytes(device, 320);
    job copy(device);
    copy.copy_in({bytes, 0, region.address(), 320}).value();
    EXPECT_TRUE(other.run(copy, ample));
    EXPECT_TRUE(queue.wait(ticket, now).error() == errc::timeout);
}

TEST_F(card, destroyed_queue_ends_its_jobs_and_frees_what_they_use) {
    const image image(device, load_program(lengthy()));
    job job(image);
    {
        groq::queue doomed(device);
        doomed.submit(job).value();
    }
    std::vector<std::byte> none;
    job.set_input(0, none); // there is no tensor; but it is not in use either
    EXPECT_FALSE(error::last() == errc::in_use);
    const groq::queue next(device);
    EXPECT_TRUE(groq::queue(device).submit(job));
}

TEST_F(card, everything_may_go_while_a_job_is_in_work) {
    auto mine = std::make_unique<groq::queue>(device);
    auto image = std::make_unique<groq::image>(device, load_program(lengthy()));
    auto job = std::make_unique<groq::job>(*image);
    mine->submit(*job).value();
    job.reset();
    image.reset();
    EXPECT_TRUE(region::create(device, 320)) << "the device works on";
    mine.reset();
    const groq::image again(device, load_program(lengthy()));
}

TEST_F(card, results_are_taken_once) {
    const region region(device, 320);
    const buffer bytes(device, 320);
    job job(device);
    job.copy_in({bytes, 0, region.address(), 320}).value();
    const auto ticket = queue.submit(job).value();
    EXPECT_TRUE(queue.wait(ticket, ample));
    EXPECT_TRUE(queue.wait(ticket, ample).error() == errc::not_found);
    EXPECT_TRUE(queue.wait(ticket + 1, ample).error() == errc::not_found);
    EXPECT_FALSE(queue.reap().value());
}

// What the chip lets a queue touch changes while it begins one command after another.
TEST_F(card, reserving_sram_takes_none_from_jobs_in_work) {
    constexpr int rounds = 100, copies = 60;
    std::optional<region> below(std::in_place, device, 320);
    std::optional<region> between(std::in_place, device, 320);
    const region used(device, 320);
    const buffer bytes(device, 320);
    job job(device);
    for (int i = 0; i < copies; ++i)
        job.copy_in({bytes, 0, used.address(), 320}).value();
    for (int round = 0; round < rounds; ++round) {
        below.reset();
        between.reset();
        const auto ticket = queue.submit(job).value();
        below.emplace(device, 320);
        between.emplace(device, 320);
        const auto end = queue.wait(ticket, ample);
        ASSERT_TRUE(end) << "round " << round << ": " << end.error().message();
    }
}

TEST_F(card, device_time_moves_forward) {
    const region region(device, 320);
    const buffer bytes(device, 320);
    job job(device);
    job.copy_in({bytes, 0, region.address(), 320}).value();
    auto last = std::chrono::nanoseconds(0);
    for (int i = 0; i < 10; ++i) {
        const auto time = queue.run(job, ample).value().device_time;
        EXPECT_GT(time, last);
        last = time;
    }
}

TEST_F(card, fd_polls_readable_for_each_result) {
    const region region(device, 320);
    const buffer bytes(device, 320);
    std::vector<job> jobs;
    for (int i = 0; i < 40; ++i) {
        jobs.emplace_back(device);
        jobs.back().copy_in({bytes, 0, region.address(), 320}).value();
    }
    const int fd = queue.fd().value();
    std::vector<ticket> submitted;
    for (auto &job : jobs)
        submitted.push_back(queue.submit(job).value());
    std::vector<ticket> reaped;
    while (reaped.size() < jobs.size()) {
        pollfd poll{fd, POLLIN, 0};
        ASSERT_EQ(::poll(&poll, 1, 60000), 1);
        while (const auto end = queue.reap().value()) {
            EXPECT_FALSE(end->failure);
            reaped.push_back(end->ticket);
        }
    }
    EXPECT_EQ(reaped, submitted);
    pollfd poll{fd, POLLIN, 0};
    EXPECT_EQ(::poll(&poll, 1, 0), 0);
}

TEST_F(card, reap_reports_failed_jobs_with_their_failure) {
    const image image(device, load_program(faulty()));
    job job(image);
    const int fd = queue.fd().value();
    queue.submit(job).value();
    pollfd poll{fd, POLLIN, 0};
    ASSERT_EQ(::poll(&poll, 1, 60000), 1);
    const auto end = queue.reap().value();
    ASSERT_TRUE(end && end->failure);
    EXPECT_TRUE(*end->failure == errc::fault);
    EXPECT_EQ(end->failure->fault()->cycle, fault_cycle);
}

TEST_F(card, threads_work_side_by_side_each_with_its_queue) {
    if (is_replayed())
        GTEST_SKIP() << "threads create alike things in another order than they did";
    constexpr int threads = 4, rounds = 50;
    std::atomic<int> wrong = 0;
    std::vector<std::jthread> all;
    for (int t = 0; t < threads; ++t)
        all.emplace_back([&, t] {
            groq::queue mine(device, unsigned(t) % 2);
            const region region(device, 32000);
            const buffer in(device, 32000), out(device, 32000);
            job job(device);
            job.copy_in({in, 0, region.address(), 32000}).value();
            job.copy_out({out, 0, region.address(), 32000}).value();
            for (int round = 0; round < rounds; ++round) {
                fill(in.bytes(), unsigned(t * rounds + round));
                wrong += !mine.run(job, ample);
                wrong += std::memcmp(in.bytes().data(), out.bytes().data(), 32000) != 0;
            }
        });
    all.clear();
    EXPECT_EQ(wrong, 0);
}

TEST_F(card, threads_share_a_queue) {
    if (is_replayed())
        GTEST_SKIP() << "threads submit in another order than they did";
    constexpr int threads = 4, rounds = 50;
    const region region(device, 320 * threads);
    std::atomic<int> wrong = 0;
    std::vector<std::jthread> all;
    for (int t = 0; t < threads; ++t)
        all.emplace_back([&, t] {
            const auto mine = region.address() + 320 * unsigned(t);
            const buffer in(device, 320), out(device, 320);
            job job(device);
            job.copy_in({in, 0, mine, 320}).value();
            job.copy_out({out, 0, mine, 320}).value();
            for (int round = 0; round < rounds; ++round) {
                fill(in.bytes(), unsigned(t * rounds + round));
                wrong += !queue.run(job, ample);
                wrong += std::memcmp(in.bytes().data(), out.bytes().data(), 320) != 0;
            }
        });
    all.clear();
    EXPECT_EQ(wrong, 0);
}

} // namespace
} // namespace groq::contract
