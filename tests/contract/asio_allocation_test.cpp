// SPDX-License-Identifier: MIT
//
// Nothing is allocated for a job once the first ones have been: counted where this
// thread allocates, by whatever part of the program.
#include "asio_fixture.hpp"

#include <deque>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>

#include "support/allocation_count.hpp"

namespace groq::contract {
namespace {

constexpr unsigned warm = 300, runs = 1000;

class asio_memory : public asio_card {
protected:
    // As many jobs as there are, each again and again until `total` have ended.
    void call_back_again_and_again(unsigned total) {
        to_go_ = total;
        for (auto &job : jobs)
            again(job);
        loop.restart();
        loop.run();
    }

    // The same behind a program that ends when all are there: as many as the queue
    // takes are in work at once, which a card that is quick enough never lets happen.
    void call_back_behind_an_endless_program(unsigned total, job &endless) {
        asio::cancellation_signal stop;
        queue.async_run(
            endless,
            asio::bind_cancellation_slot(
                stop.slot(), [](boost::system::error_code code, const completion &) {
                    EXPECT_EQ(code, make_error_code(errc::canceled));
                }));
        asio::post(loop, [&] { stop.emit(asio::cancellation_type::terminal); });
        call_back_again_and_again(total);
    }

    std::deque<job> jobs;

private:
    void again(job &job) {
        if (to_go_ == 0)
            return;
        --to_go_;
        queue.async_run(
            job, [this, &job](boost::system::error_code code, const completion &) {
                EXPECT_FALSE(code) << code.message();
                again(job);
            });
    }

    unsigned to_go_ = 0;
};

TEST_F(asio_memory, is_counted) {
    const auto before = test::allocations;
    ::operator delete(::operator new(1));
    EXPECT_GT(test::allocations, before);
}

TEST_F(asio_memory, is_not_allocated_for_callbacks) {
    jobs.push_back(make_copies());
    call_back_again_and_again(warm);
    const auto before = test::allocations;
    call_back_again_and_again(runs);
    EXPECT_EQ(test::allocations - before, 0u);
}

// Twice as many as the queue takes: half of them wait for room.
TEST_F(asio_memory, is_not_allocated_for_many_jobs_at_once) {
    const image image{device, load_program(lengthy())};
    job endless{image};
    for (unsigned i = 0; i < 512; ++i)
        jobs.push_back(make_copies());
    call_back_behind_an_endless_program(4 * 512, endless);
    const auto before = test::allocations;
    call_back_again_and_again(4 * 512);
    EXPECT_EQ(test::allocations - before, 0u);
}

TEST_F(asio_memory, is_not_allocated_in_a_coroutine) {
    run([&]() -> asio::awaitable<void> {
        auto job = make_copies();
        for (unsigned i = 0; i < warm; ++i)
            co_await queue.async_run(job, asio::use_awaitable);
        const auto before = test::allocations;
        for (unsigned i = 0; i < runs; ++i)
            co_await queue.async_run(job, asio::use_awaitable);
        EXPECT_EQ(test::allocations - before, 0u);
    });
}

TEST_F(asio_memory, is_not_allocated_under_a_watchdog) {
    run([&]() -> asio::awaitable<void> {
        auto job = make_copies();
        const watchdog dog(ample);
        for (unsigned i = 0; i < warm; ++i)
            co_await queue.async_run(job, dog, asio::use_awaitable);
        const auto before = test::allocations;
        for (unsigned i = 0; i < runs; ++i)
            co_await queue.async_run(job, dog, asio::use_awaitable);
        EXPECT_EQ(test::allocations - before, 0u);
    });
}

TEST_F(asio_memory, is_not_allocated_for_copies) {
    run([&]() -> asio::awaitable<void> {
        const copy shape{in, 0, region(), in.size()};
        for (unsigned i = 0; i < warm; ++i)
            co_await queue.async_copy(copy_direction::in, shape, asio::use_awaitable);
        const auto before = test::allocations;
        for (unsigned i = 0; i < runs; ++i)
            co_await queue.async_copy(copy_direction::in, shape, asio::use_awaitable);
        EXPECT_EQ(test::allocations - before, 0u);
    });
}

} // namespace
} // namespace groq::contract
