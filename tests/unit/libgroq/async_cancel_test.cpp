// SPDX-License-Identifier: MIT
//
// Operations that are ended early: by who asked for them, by the queue, by a watchdog.
#include <boost/asio/bind_executor.hpp>
#include <boost/system/errc.hpp>
#include <gmock/gmock.h>

#include "async_fixture.hpp"

namespace groq {
namespace {

namespace asio = boost::asio;
using asio::cancellation_type;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using async_cancel_test = async_on_fake_card;

TEST_F(async_cancel_test, cancels_what_is_not_submitted_yet_without_a_trace) {
    card.holds_back = true;
    async_queue queue(loop.get_executor(), make_queue(1));
    auto first = make_job(), second = make_job(), third = make_job();
    asio::cancellation_signal signal;
    queue.async_run(first, note(1));
    queue.async_run(second, note(2, signal));
    queue.async_run(third, note(3));
    signal.emit(cancellation_type::total);
    EXPECT_THAT(called, IsEmpty());
    poll();
    EXPECT_THAT(called, ElementsAre(2));
    EXPECT_EQ(codes[0], errc::canceled);
    end_one();
    end_one();
    EXPECT_THAT(called, ElementsAre(2, 1, 3));
    EXPECT_EQ(card.log.size(), 2u);
}

TEST_F(async_cancel_test, ends_a_canceled_job_when_the_chip_has_let_go) {
    card.holds_back = true;
    async_queue queue(loop.get_executor(), make_queue());
    auto first = make_job(), second = make_job();
    asio::cancellation_signal signal;
    queue.async_run(first, note(1, signal));
    queue.async_run(second, note(2));
    signal.emit(cancellation_type::terminal);
    poll();
    EXPECT_THAT(called, IsEmpty());
    end_one();
    EXPECT_THAT(called, ElementsAre(1));
    EXPECT_EQ(codes[0], errc::canceled);
    EXPECT_EQ(codes[0], boost::system::errc::operation_canceled);
    end_one();
    EXPECT_FALSE(codes[1]);
}

TEST_F(async_cancel_test, job_in_work_cannot_be_canceled_without_effect) {
    card.holds_back = true;
    async_queue queue(loop.get_executor(), make_queue());
    auto job = make_job();
    asio::cancellation_signal signal;
    queue.async_run(job, note(1, signal));
    signal.emit(cancellation_type::total);
    end_one();
    EXPECT_THAT(codes, ElementsAre(boost::system::error_code()));
}

TEST_F(async_cancel_test, cancellation_of_what_has_just_ended_changes_nothing) {
    async_queue queue(loop.get_executor(), make_queue());
    auto job = make_job();
    asio::cancellation_signal signal;
    asio::io_context other; // where the handler waits to be called
    queue.async_run(job, asio::bind_executor(other, note(1, signal)));
    poll();
    signal.emit(cancellation_type::all);
    other.run();
    EXPECT_THAT(codes, ElementsAre(boost::system::error_code()));
    signal.emit(cancellation_type::all);
}

TEST_F(async_cancel_test, wait_can_be_given_up_and_the_job_goes_on) {
    card.holds_back = true;
    async_queue queue(loop.get_executor(), make_queue());
    auto job = make_job();
    const auto ticket = queue.submit(job).value();
    asio::cancellation_signal signal;
    queue.async_wait(ticket, note(1, signal));
    signal.emit(cancellation_type::all);
    loop.run(); // nobody waits any more: it ends
    EXPECT_THAT(codes, ElementsAre(errc::canceled));
    queue.async_wait(ticket, note(2));
    end_one();
    EXPECT_FALSE(codes[1]);
}

TEST_F(async_cancel_test, wait_can_end_its_job) {
    card.holds_back = true;
    async_queue queue(loop.get_executor(), make_queue());
    auto job = make_job();
    asio::cancellation_signal signal;
    queue.async_wait(queue.submit(job).value(), note(1, signal));
    signal.emit(cancellation_type::terminal);
    poll();
    EXPECT_THAT(called, IsEmpty());
    end_one();
    EXPECT_THAT(codes, ElementsAre(errc::canceled));
}

TEST_F(async_cancel_test, ends_what_is_under_way_when_it_is_closed) {
    card.holds_back = true;
    async_queue queue(loop.get_executor(), make_queue(1));
    auto first = make_job(), second = make_job(), third = make_job();
    queue.async_run(first, note(1));
    queue.async_run(second, note(2));
    queue.close();
    EXPECT_THAT(called, IsEmpty());
    poll();
    EXPECT_THAT(called, ElementsAre(2));
    queue.async_run(third, note(3));
    EXPECT_TRUE(queue.submit(third).error() == errc::canceled);
    poll();
    EXPECT_THAT(called, ElementsAre(2, 3));
    card.end_one();
    loop.restart();
    loop.run();
    EXPECT_THAT(called, ElementsAre(2, 3, 1));
    EXPECT_THAT(codes, ::testing::Each(make_error_code(errc::canceled)));
    queue.close();
}

TEST_F(async_cancel_test, ends_what_is_under_way_when_it_is_destroyed) {
    card.holds_back = true;
    auto job = make_job();
    {
        async_queue queue(loop.get_executor(), make_queue());
        queue.async_run(job, note(1));
    }
    poll();
    EXPECT_THAT(called, IsEmpty());
    card.end_one();
    loop.restart();
    loop.run();
    EXPECT_THAT(codes, ElementsAre(errc::canceled));
    EXPECT_TRUE(job.clear()) << "not in work any more";
}

TEST_F(async_cancel_test, ends_its_queue_where_the_driver_cannot_end_a_job) {
    card.holds_back = true;
    auto job = make_job();
    {
        async_queue queue(loop.get_executor(), make_queue());
        queue.async_run(job, note(1));
        card.failure = {errc::unsupported, "an old driver"};
        card.fail_at = card.calls;
    }
    loop.run();
    EXPECT_THAT(codes, ElementsAre(errc::canceled));
    EXPECT_THAT(card.held, IsEmpty());
}

TEST_F(async_cancel_test, cancel_takes_all_and_the_queue_goes_on) {
    card.holds_back = true;
    async_queue queue(loop.get_executor(), make_queue(1));
    auto first = make_job(), second = make_job();
    queue.async_run(first, note(1));
    queue.async_run(second, note(2));
    queue.cancel();
    end_one();
    EXPECT_THAT(called, ElementsAre(2, 1));
    EXPECT_THAT(codes, ::testing::Each(make_error_code(errc::canceled)));
    queue.async_run(first, note(3));
    end_one();
    EXPECT_FALSE(codes[2]);
}

TEST_F(async_cancel_test, watchdog_ends_a_job_that_takes_too_long) {
    card.holds_back = true;
    async_queue queue(loop.get_executor(), make_queue());
    auto first = make_job(), second = make_job();
    std::string message;
    queue.async_run(first, watchdog(std::chrono::milliseconds(2)),
                    [&](boost::system::error_code code, const completion &end) {
                        EXPECT_EQ(code, errc::hung);
                        message = end.failure->message();
                    });
    queue.async_run(second, watchdog(std::chrono::hours(1)), note(2));
    while (!card.held.front().is_canceled)
        loop.run_one();
    EXPECT_FALSE(card.held.back().is_canceled);
    end_one();
    EXPECT_THAT(message, ::testing::HasSubstr("2.0"));
    end_one();
    EXPECT_FALSE(codes.at(0));
    loop.restart();
    loop.run(); // its time does not run on
}

TEST_F(async_cancel_test, watchdog_of_a_job_begins_when_its_turn_has_come) {
    card.holds_back = true;
    async_queue queue(loop.get_executor(), make_queue());
    auto first = make_job(), second = make_job();
    queue.async_run(first, note(1));
    queue.async_run(second, watchdog(std::chrono::nanoseconds(1)), note(2));
    poll();
    EXPECT_FALSE(card.held.back().is_canceled);
    end_one();
    while (!card.held.front().is_canceled)
        loop.run_one();
    end_one();
    EXPECT_THAT(codes, ElementsAre(boost::system::error_code(), errc::hung));
}

} // namespace
} // namespace groq
