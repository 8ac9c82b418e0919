// SPDX-License-Identifier: MIT
//
// The asynchronous queue when somebody has enough of it; also from several threads.
#include "asio_fixture.hpp"

#include <optional>
#include <thread>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

namespace groq::contract {
namespace {

using namespace asio::experimental::awaitable_operators;
using asio::cancellation_type;

class asio_stop : public asio_card {
protected:
    auto note(std::optional<boost::system::error_code> &where,
              asio::cancellation_signal &signal) {
        return asio::bind_cancellation_slot(
            signal.slot(),
            [&](boost::system::error_code code, const completion &) { where = code; });
    }

    const groq::image image{device, load_program(lengthy())};
    groq::job endless{image};
};

TEST_F(asio_stop, ends_an_endless_program_and_the_queue_goes_on) {
    run([&]() -> asio::awaitable<void> {
        asio::steady_timer timer(loop, std::chrono::milliseconds(10));
        const auto first =
            co_await (queue.async_run(endless, as_tuple) || timer.async_wait(as_tuple));
        EXPECT_EQ(first.index(), 1u);
        fill(in.bytes(), 5);
        auto copies = make_copies();
        co_await queue.async_run(copies, asio::use_awaitable);
        EXPECT_TRUE(is_filled(out.bytes(), 5));
    });
}

TEST_F(asio_stop, tells_an_endless_program_that_was_canceled) {
    asio::cancellation_signal signal;
    std::optional<boost::system::error_code> code;
    queue.async_run(endless, note(code, signal));
    signal.emit(cancellation_type::partial);
    EXPECT_FALSE(code);
    loop.run();
    EXPECT_EQ(code, make_error_code(errc::canceled));
    std::optional<boost::system::error_code> again;
    queue.async_run(endless, note(again, signal)); // it is not in work any more
    signal.emit(cancellation_type::terminal);
    loop.restart();
    loop.run();
    EXPECT_EQ(again, make_error_code(errc::canceled));
}

TEST_F(asio_stop, takes_back_what_waits_behind_an_endless_program) {
    asio::cancellation_signal first, second;
    std::optional<boost::system::error_code> one, two;
    auto copies = make_copies();
    fill(in.bytes(), 6);
    queue.async_run(endless, note(one, first));
    queue.async_run(copies, note(two, second));
    second.emit(cancellation_type::terminal);
    first.emit(cancellation_type::terminal);
    loop.run();
    EXPECT_EQ(one, make_error_code(errc::canceled));
    EXPECT_EQ(two, make_error_code(errc::canceled));
    EXPECT_FALSE(is_filled(out.bytes(), 6));
}

TEST_F(asio_stop, comes_too_late_for_what_has_ended) {
    auto copies = make_copies();
    asio::cancellation_signal signal;
    std::optional<boost::system::error_code> code;
    queue.async_run(copies, note(code, signal));
    loop.run();
    signal.emit(cancellation_type::all);
    EXPECT_EQ(code, boost::system::error_code());
}

TEST_F(asio_stop, gives_up_waiting_for_a_job_that_goes_on) {
    auto copies = make_copies();
    const auto endless_ticket = queue.submit(endless).value();
    const auto ticket = queue.submit(copies).value();
    asio::cancellation_signal signal, all;
    std::optional<boost::system::error_code> one, two, three;
    queue.async_wait(ticket, note(one, signal));
    signal.emit(cancellation_type::total);
    loop.run();
    EXPECT_EQ(one, make_error_code(errc::canceled));
    queue.async_wait(endless_ticket, note(two, all));
    queue.async_wait(ticket, note(three, signal));
    all.emit(cancellation_type::terminal);
    loop.restart();
    loop.run();
    EXPECT_EQ(two, make_error_code(errc::canceled));
    EXPECT_EQ(three, boost::system::error_code());
}

TEST_F(asio_stop, ends_all_when_the_queue_is_destroyed) {
    asio::cancellation_signal none;
    std::optional<boost::system::error_code> one, two;
    auto copies = make_copies();
    {
        async_queue brief(loop.get_executor(), device);
        brief.async_run(endless, note(one, none));
        brief.async_run(copies, note(two, none));
    }
    EXPECT_FALSE(one);
    loop.run();
    EXPECT_EQ(one, make_error_code(errc::canceled));
    EXPECT_EQ(two, make_error_code(errc::canceled));
    auto again = make_copies();
    queue.async_run(again, note(one, none));
    loop.restart();
    loop.run();
    EXPECT_EQ(one, boost::system::error_code());
}

TEST_F(asio_stop, loop_can_stop_and_go_on) {
    asio::cancellation_signal signal;
    std::optional<boost::system::error_code> code;
    queue.async_run(endless, note(code, signal));
    loop.poll();
    loop.stop();
    signal.emit(cancellation_type::terminal);
    loop.restart();
    loop.run();
    EXPECT_EQ(code, make_error_code(errc::canceled));
}

TEST_F(asio_stop, loop_can_go_away_with_everything_under_way) {
    const auto trace = std::make_shared<int>();
    std::weak_ptr<async_queue> owned;
    {
        asio::io_context brief;
        const auto mine = std::make_shared<async_queue>(brief.get_executor(), device);
        owned = mine;
        auto copies = std::make_shared<job>(make_copies());
        mine->async_run(endless, [mine, trace](auto, const completion &) { FAIL(); });
        mine->async_run(*copies,
                        [mine, copies, trace](auto, const completion &) { FAIL(); });
        asio::co_spawn(
            brief,
            [mine, trace, job = make_copies()]() mutable -> asio::awaitable<void> {
                co_await mine->async_run(job, asio::use_awaitable);
                ADD_FAILURE();
            },
            [](const std::exception_ptr &) { FAIL(); });
        brief.poll();
    }
    EXPECT_EQ(trace.use_count(), 1);
    EXPECT_TRUE(owned.expired());
    auto copies = make_copies();
    queue.async_run(copies, [](boost::system::error_code code, const completion &) {
        EXPECT_FALSE(code) << "the card is free again";
    });
    loop.run();
}

// Coroutines of their own strands share a queue, and give up in every state.
TEST_F(asio_stop, threads_share_a_queue_and_give_up_at_any_time) {
    constexpr unsigned coroutines = 8, rounds = 40;
    asio::thread_pool pool(4);
    async_queue shared(pool.get_executor(), device);
    std::atomic<unsigned> ended = 0, wrong = 0;
    const auto work = [&](unsigned number) -> asio::awaitable<void> {
        const groq::region mine(device, 320);
        const buffer from(device, 320), to(device, 320);
        job copies(device);
        copies.copy_in({from, 0, mine.address(), 320}).value();
        copies.copy_out({to, 0, mine.address(), 320}).value();
        asio::steady_timer timer(co_await asio::this_coro::executor);
        for (unsigned round = 0; round < rounds; ++round) {
            fill(from.bytes(), number + round);
            timer.expires_after(std::chrono::microseconds(round % 4 ? 1000000 : 0));
            const auto first = co_await (shared.async_run(copies, as_tuple) ||
                                         timer.async_wait(as_tuple));
            if (first.index() == 0 && !std::get<0>(std::get<0>(first)))
                wrong += !is_filled(to.bytes(), number + round);
            ++ended;
        }
    };
    for (unsigned i = 0; i < coroutines; ++i)
        asio::co_spawn(asio::make_strand(pool), work(i),
                       [&](const std::exception_ptr &why) { wrong += bool(why); });
    pool.join();
    EXPECT_EQ(ended, coroutines * rounds);
    EXPECT_EQ(wrong, 0u);
}

} // namespace
} // namespace groq::contract
