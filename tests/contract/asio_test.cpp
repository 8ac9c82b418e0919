// SPDX-License-Identifier: MIT
//
// The asynchronous queue: every way to hear of an end.
#include "asio_fixture.hpp"

#include <future>
#include <thread>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_future.hpp>
#include <gmock/gmock.h>

namespace groq::contract {
namespace {

using namespace asio::experimental::awaitable_operators;
using ::testing::HasSubstr;

TEST_F(asio_card, calls_back) {
    fill(in.bytes(), 1);
    auto job = make_copies();
    int calls = 0;
    queue.async_run(job, [&](boost::system::error_code code, const completion &end) {
        EXPECT_FALSE(code);
        EXPECT_FALSE(end.failure);
        EXPECT_EQ(end.bytes, 6400u);
        ++calls;
    });
    EXPECT_EQ(calls, 0);
    loop.run();
    EXPECT_EQ(calls, 1);
    EXPECT_TRUE(is_filled(out.bytes(), 1));
}

TEST_F(asio_card, gives_a_future) {
    auto job = make_copies();
    auto good = queue.async_run(job, asio::use_future);
    groq::job empty(device);
    auto bad = queue.async_run(empty, asio::use_future);
    const std::jthread thread([&] { loop.run(); });
    EXPECT_EQ(good.get().bytes, 6400u);
    try {
        bad.get();
        FAIL();
    } catch (const boost::system::system_error &error) {
        EXPECT_EQ(error.code(), errc::invalid);
    }
}

TEST_F(asio_card, resumes_a_coroutine) {
    unsigned rounds = 0;
    run([&]() -> asio::awaitable<void> {
        auto job = make_copies();
        for (; rounds < 10; ++rounds) {
            fill(in.bytes(), rounds);
            const auto end = co_await queue.async_run(job, asio::use_awaitable);
            EXPECT_EQ(end.bytes, 6400u);
            EXPECT_TRUE(is_filled(out.bytes(), rounds));
        }
    });
    EXPECT_EQ(rounds, 10u);
}

TEST_F(asio_card, throws_in_a_coroutine_or_tells_it_where_the_program_failed) {
    const image image(device, load_program(faulty()));
    job job(image);
    run([&]() -> asio::awaitable<void> {
        try {
            co_await queue.async_run(job, asio::use_awaitable);
            ADD_FAILURE();
        } catch (const boost::system::system_error &error) {
            EXPECT_EQ(error.code(), errc::fault);
        }
        const auto [code, end] = co_await queue.async_run(job, as_tuple);
        EXPECT_EQ(code, errc::fault);
        EXPECT_THAT(end.failure->message(), HasSubstr("VXM ALU 3"));
        EXPECT_EQ(end.failure->fault()->cycle, fault_cycle);
    });
}

TEST_F(asio_card, waits_until_it_is_asked_to_begin) {
    fill(in.bytes(), 3);
    auto job = make_copies();
    run([&]() -> asio::awaitable<void> {
        auto operation = queue.async_run(job, asio::deferred);
        EXPECT_FALSE(is_filled(out.bytes(), 3));
        co_await std::move(operation)(asio::use_awaitable);
        EXPECT_TRUE(is_filled(out.bytes(), 3));
    });
}

TEST_F(asio_card, has_a_token_of_its_own) {
    asio::use_awaitable_t<>::as_default_on_t<async_queue> usual(loop.get_executor(),
                                                                device);
    auto job = make_copies();
    run([&]() -> asio::awaitable<void> {
        EXPECT_EQ((co_await usual.async_run(job)).bytes, 6400u);
    });
}

TEST_F(asio_card, calls_on_a_strand) {
    auto job = make_copies();
    const auto strand = asio::make_strand(loop);
    bool is_there = false;
    queue.async_run(job, asio::bind_executor(strand, [&](auto, const completion &) {
                        is_there = strand.running_in_this_thread();
                    }));
    loop.run();
    EXPECT_TRUE(is_there);
}

TEST_F(asio_card, runs_more_jobs_than_the_queue_has_room_for_in_order) {
    std::vector<job> jobs;
    std::vector<unsigned> ended;
    for (unsigned i = 0; i < 600; ++i) {
        jobs.emplace_back(device);
        jobs.back().copy_in({in, 0, region(), 320}).value();
    }
    for (unsigned i = 0; i < jobs.size(); ++i)
        queue.async_run(jobs[i],
                        [&, i](boost::system::error_code code, const completion &) {
                            EXPECT_FALSE(code) << code.message();
                            ended.push_back(i);
                        });
    loop.run();
    ASSERT_EQ(ended.size(), jobs.size());
    EXPECT_TRUE(std::is_sorted(ended.begin(), ended.end()));
}

TEST_F(asio_card, copies_without_a_job) {
    run([&]() -> asio::awaitable<void> {
        for (unsigned seed = 0; seed < 5; ++seed) {
            fill(in.bytes(), seed);
            co_await (queue.async_copy(copy_direction::in, {in, 0, region(), in.size()},
                                       asio::use_awaitable) &&
                      queue.async_copy(copy_direction::out,
                                       {out, 0, region(), out.size()},
                                       asio::use_awaitable));
            EXPECT_TRUE(is_filled(out.bytes(), seed));
        }
        const auto [code, end] = co_await queue.async_copy(
            copy_direction::in, {in, 1, region(), in.size()}, as_tuple);
        EXPECT_EQ(code, errc::invalid);
        EXPECT_THAT(end.failure->message(), HasSubstr("past the end"));
    });
}

TEST_F(asio_card, waits_for_what_was_submitted) {
    run([&]() -> asio::awaitable<void> {
        auto one = make_copies(), two = make_copies();
        const auto first = queue.submit(one).value();
        const auto second = queue.submit(two).value();
        EXPECT_EQ((co_await queue.async_wait(second, asio::use_awaitable)).ticket,
                  second);
        EXPECT_EQ((co_await queue.async_wait(first, asio::use_awaitable)).ticket,
                  first);
        const auto [code, end] = co_await queue.async_wait(first, as_tuple);
        EXPECT_EQ(code, errc::not_found);
    });
}

TEST_F(asio_card, watches_over_a_program_of_known_length) {
    const auto program = load_program(adder(64, 1));
    const image image(device, program);
    job job(image);
    const auto dog =
        watchdog::create(device, program, "main", {.margin = 3, .grace = ample})
            .value();
    EXPECT_GT(dog.expected().count(), 0);
    EXPECT_GE(dog.limit(), ample + 3 * dog.expected() - std::chrono::nanoseconds(3));
    run([&]() -> asio::awaitable<void> {
        const auto end = co_await queue.async_run(job, dog, asio::use_awaitable);
        EXPECT_EQ(end.cycles, program.entry(0).value().cycles);
    });
}

TEST_F(asio_card, watchdog_wants_a_limit_where_it_cannot_know) {
    const auto program = load_program(lengthy());
    const auto unknown = watchdog::create(device, program);
    EXPECT_TRUE(unknown.error() == errc::invalid);
    EXPECT_THAT(unknown.error().message(), HasSubstr("give the watchdog a limit"));
    const auto other = load_program(adder(1, 1));
    EXPECT_TRUE(watchdog::create(device, other, "none").error() == errc::not_found);
    EXPECT_TRUE(watchdog::create(device, other, {}, {.margin = 0.5}).error() ==
                errc::invalid);
    EXPECT_THROW(watchdog(std::chrono::nanoseconds(0)), failure);
    EXPECT_GT(watchdog::create(device, other, {}, {.margin = 1e300}).value().limit(),
              std::chrono::hours(24 * 365));
}

TEST_F(asio_card, ends_what_hangs_and_goes_on) {
    const image image(device, load_program(lengthy()));
    job endless(image);
    run([&]() -> asio::awaitable<void> {
        const auto [code, end] = co_await queue.async_run(
            endless, watchdog(std::chrono::milliseconds(20)), as_tuple);
        EXPECT_EQ(code, errc::hung);
        EXPECT_THAT(end.failure->message(), HasSubstr("20.0"));
        auto copies = make_copies();
        co_await queue.async_run(copies, asio::use_awaitable);
    });
}

} // namespace
} // namespace groq::contract
