// SPDX-License-Identifier: MIT
#include <groq/async_queue.hpp>

#include <functional>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <gmock/gmock.h>

#include "card_fixture.hpp"

namespace groq {
namespace {

namespace asio = boost::asio;
using asio::cancellation_type;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class async_queue_test : public on_fake_card {
protected:
    groq::queue make_queue(unsigned depth = 0) {
        return groq::queue(device, {.depth = depth});
    }

    job make_job() {
        job made(device);
        made.copy_in({buffer, 0, 0, 320}).value();
        return made;
    }

    // A handler that notes its number when it is called, and how its job ended.
    auto note(int number) {
        return [this, number](boost::system::error_code code, const completion &end) {
            EXPECT_EQ(bool(code), end.failure.has_value());
            called.push_back(number);
            codes.push_back(code);
        };
    }
    auto note(int number, asio::cancellation_signal &signal) {
        return asio::bind_cancellation_slot(signal.slot(), note(number));
    }

    void end_one() {
        card.end_one();
        poll();
    }
    void poll() {
        loop.restart();
        loop.poll();
    }

    groq::device device{groq_device::publish(open())};
    groq::buffer buffer{device, 320};
    asio::io_context loop;
    std::vector<int> called;
    std::vector<boost::system::error_code> codes;
};

TEST_F(async_queue_test, calls_nobody_inside_the_call_that_starts) {
    async_queue queue(loop.get_executor(), make_queue());
    auto good = make_job();
    job empty(device);
    queue.async_run(good, note(1));
    queue.async_run(empty, note(2));
    EXPECT_THAT(called, IsEmpty());
    poll();
    EXPECT_THAT(called, ::testing::UnorderedElementsAre(1, 2));
    EXPECT_THAT(codes, ::testing::UnorderedElementsAre(boost::system::error_code(),
                                                       make_error_code(errc::invalid)));
}

TEST_F(async_queue_test, lets_the_loop_end_when_nothing_is_under_way) {
    async_queue queue(loop.get_executor(), make_queue());
    EXPECT_EQ(loop.run(), 0u);
    auto job = make_job();
    queue.async_run(job, note(1));
    loop.restart();
    loop.run();
    EXPECT_THAT(called, ElementsAre(1));
}

TEST_F(async_queue_test, waits_for_room_first_come_first_served) {
    card.holds_back = true;
    async_queue queue(loop.get_executor(), make_queue(2));
    std::vector<job> jobs;
    for (int i = 0; i < 5; ++i)
        jobs.push_back(make_job());
    for (int i = 0; i < 5; ++i)
        queue.async_run(jobs[unsigned(i)], note(i));
    EXPECT_EQ(card.log.size(), 2u);
    poll();
    EXPECT_THAT(called, IsEmpty());
    end_one();
    EXPECT_THAT(called, ElementsAre(0));
    EXPECT_EQ(card.log.size(), 3u);
    card.end_one();
    end_one();
    end_one();
    end_one();
    EXPECT_THAT(called, ElementsAre(0, 1, 2, 3, 4));
    EXPECT_THAT(codes, ::testing::Each(boost::system::error_code()));
}

TEST_F(async_queue_test, new_job_does_not_overtake_those_that_wait_for_room) {
    card.holds_back = true;
    async_queue queue(loop.get_executor(), make_queue(1));
    auto first = make_job(), second = make_job(), third = make_job();
    queue.async_run(first, note(1));
    queue.async_run(second, note(2));
    EXPECT_TRUE(queue.submit(third).error() == errc::full);
    card.end_one(); // there is room, but nobody has looked yet
    queue.async_run(third, note(3));
    poll();
    end_one();
    end_one();
    EXPECT_THAT(called, ElementsAre(1, 2, 3));
}

TEST_F(async_queue_test, cancels_what_is_not_submitted_yet_without_a_trace) {
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

TEST_F(async_queue_test, ends_a_canceled_job_when_the_chip_has_let_go) {
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

TEST_F(async_queue_test, job_in_work_cannot_be_canceled_without_effect) {
    card.holds_back = true;
    async_queue queue(loop.get_executor(), make_queue());
    auto job = make_job();
    asio::cancellation_signal signal;
    queue.async_run(job, note(1, signal));
    signal.emit(cancellation_type::total);
    end_one();
    EXPECT_THAT(codes, ElementsAre(boost::system::error_code()));
}

TEST_F(async_queue_test, cancellation_of_what_has_just_ended_changes_nothing) {
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

TEST_F(async_queue_test, keeps_results_for_whoever_waits) {
    async_queue queue(loop.get_executor(), make_queue());
    auto first = make_job(), second = make_job();
    const auto one = queue.submit(first).value(), two = queue.submit(second).value();
    queue.async_wait(two, note(2));
    poll();
    queue.async_wait(one, note(1));
    EXPECT_THAT(called, ElementsAre(2));
    poll();
    EXPECT_THAT(called, ElementsAre(2, 1));
    queue.async_wait(one, note(3));
    queue.async_wait(two + 1, note(4));
    poll();
    EXPECT_EQ(codes[2], errc::not_found);
    EXPECT_EQ(codes[3], errc::not_found);
}

TEST_F(async_queue_test, one_operation_at_a_time_waits_for_a_job) {
    card.holds_back = true;
    async_queue queue(loop.get_executor(), make_queue());
    auto job = make_job();
    const auto ticket = queue.submit(job).value();
    queue.async_wait(ticket, note(1));
    queue.async_wait(ticket, note(2));
    poll();
    EXPECT_THAT(called, ElementsAre(2));
    EXPECT_EQ(codes[0], errc::not_found);
    end_one();
    EXPECT_THAT(called, ElementsAre(2, 1));
}

TEST_F(async_queue_test, wait_can_be_given_up_and_the_job_goes_on) {
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

TEST_F(async_queue_test, wait_can_end_its_job) {
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

TEST_F(async_queue_test, results_that_nobody_takes_are_full_one_day) {
    async_queue queue(loop.get_executor(), make_queue());
    auto job = make_job(), other = make_job();
    result<ticket> last = ticket{0};
    std::vector<ticket> kept;
    for (int i = 0; i < 10000 && last; ++i) {
        last = queue.submit(job);
        if (last)
            kept.push_back(*last);
        queue.async_run(other, [](auto...) {}); // takes what has ended
        poll();
    }
    EXPECT_TRUE(last.error() == errc::full);
    for (const auto each : kept)
        queue.async_wait(each, note(1));
    poll();
    EXPECT_EQ(called.size(), kept.size());
    EXPECT_TRUE(queue.submit(job));
}

TEST_F(async_queue_test, copies_with_a_job_of_its_own) {
    async_queue queue(loop.get_executor(), make_queue());
    buffer.bytes()[0] = std::byte{7};
    queue.async_copy(copy_direction::in, {buffer, 0, 640, 320}, note(1));
    queue.async_copy(copy_direction::out, {buffer, 0, 1280, 320}, note(2));
    queue.async_copy(copy_direction::out, {buffer, 1, 0, 320}, note(3));
    poll();
    EXPECT_THAT(called, ::testing::UnorderedElementsAre(1, 2, 3));
    EXPECT_EQ(card.sram[640], std::byte{7});
    EXPECT_EQ(buffer.bytes()[0], std::byte{0});
    EXPECT_EQ(std::count(codes.begin(), codes.end(), make_error_code(errc::invalid)),
              1);
}

TEST_F(async_queue_test, copy_keeps_its_buffer_and_lets_go_of_it) {
    card.holds_back = true;
    async_queue queue(loop.get_executor(), make_queue());
    const auto before = card.buffers.size();
    {
        const groq::buffer brief(device, 320);
        queue.async_copy(copy_direction::in, {brief, 0, 0, 320}, note(1));
    }
    EXPECT_GT(card.buffers.size(), before);
    end_one();
    EXPECT_THAT(codes, ElementsAre(boost::system::error_code()));
    EXPECT_LE(card.buffers.size(), before + 1) << "but for the job's own results";
}

TEST_F(async_queue_test, ends_what_is_under_way_when_it_is_closed) {
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

TEST_F(async_queue_test, ends_what_is_under_way_when_it_is_destroyed) {
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

TEST_F(async_queue_test, ends_its_queue_where_the_driver_cannot_end_a_job) {
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

TEST_F(async_queue_test, cancel_takes_all_and_the_queue_goes_on) {
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

TEST_F(async_queue_test, moves_with_its_operations) {
    card.holds_back = true;
    auto first = make_job(), second = make_job();
    async_queue one(loop.get_executor(), make_queue());
    one.async_run(first, note(1));
    async_queue two(std::move(one));
    two.async_run(second, note(2));
    one = async_queue(loop.get_executor(), make_queue());
    end_one();
    end_one();
    EXPECT_THAT(called, ElementsAre(1, 2));
    EXPECT_THAT(codes, ::testing::Each(boost::system::error_code()));
}

TEST_F(async_queue_test, destroys_handlers_with_their_context_even_its_owner) {
    card.holds_back = true;
    auto job = make_job(), other = make_job();
    std::weak_ptr<async_queue> trace;
    {
        asio::io_context brief;
        const auto queue =
            std::make_shared<async_queue>(brief.get_executor(), make_queue(1));
        trace = queue;
        const auto handler = [queue](boost::system::error_code, const completion &) {
            FAIL();
        };
        queue->async_run(job, handler);
        queue->async_run(other, handler);
        brief.poll();
        ASSERT_FALSE(trace.expired());
    }
    EXPECT_TRUE(trace.expired());
    EXPECT_THAT(card.held, IsEmpty());
    EXPECT_TRUE(job.clear());
}

TEST_F(async_queue_test, destroys_handlers_that_were_about_to_be_called) {
    auto job = make_job();
    const auto token = std::make_shared<int>();
    {
        asio::io_context brief, handlers;
        async_queue queue(brief.get_executor(), make_queue());
        queue.async_run(job, asio::bind_executor(
                                 handlers, [token](boost::system::error_code,
                                                   const completion &) { FAIL(); }));
        brief.run();
    }
    EXPECT_EQ(token.use_count(), 1);
}

TEST_F(async_queue_test, handler_that_throws_takes_no_other_with_it) {
    card.holds_back = true;
    async_queue queue(loop.get_executor(), make_queue());
    auto first = make_job(), second = make_job(), third = make_job();
    queue.async_run(first, note(1));
    queue.async_run(second, [](boost::system::error_code, const completion &) {
        throw std::runtime_error("of the handler");
    });
    queue.async_run(third, note(3));
    card.end_one();
    card.end_one();
    card.end_one();
    EXPECT_THROW(loop.run(), std::runtime_error);
    loop.run();
    EXPECT_THAT(called, ElementsAre(1, 3));
}

TEST_F(async_queue_test, calls_handlers_on_their_executor) {
    async_queue queue(loop.get_executor(), make_queue());
    auto job = make_job();
    const auto strand = asio::make_strand(loop);
    bool is_on_strand = false;
    queue.async_run(job, asio::bind_executor(strand, [&](auto, const completion &) {
                        is_on_strand = strand.running_in_this_thread();
                    }));
    loop.run();
    EXPECT_TRUE(is_on_strand);
}

TEST_F(async_queue_test, deferred_operation_begins_when_it_is_called) {
    async_queue queue(loop.get_executor(), make_queue());
    auto job = make_job();
    auto later = queue.async_run(job, asio::deferred);
    EXPECT_THAT(card.log, IsEmpty());
    std::move(later)(note(1));
    EXPECT_EQ(card.log.size(), 1u);
    loop.run();
    EXPECT_THAT(called, ElementsAre(1));
}

TEST_F(async_queue_test, watchdog_ends_a_job_that_takes_too_long) {
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

TEST_F(async_queue_test, watchdog_of_a_job_begins_when_its_turn_has_come) {
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

TEST_F(async_queue_test, failure_of_any_call_ends_the_operation_once) {
    for (int nth = 0;; ++nth) {
        called.clear();
        async_queue queue(loop.get_executor(), make_queue());
        auto job = make_job();
        const int first = card.calls;
        card.fail_at = first + nth;
        queue.async_run(job, note(nth));
        loop.restart();
        loop.run();
        const bool was_reached = card.calls > card.fail_at;
        card.fail_at = -1;
        EXPECT_THAT(called, ElementsAre(nth));
        EXPECT_EQ(bool(codes.back()), was_reached) << "at call " << nth;
        EXPECT_TRUE(job.clear()) << "in work, after call " << nth;
        if (!was_reached)
            break;
    }
}

TEST_F(async_queue_test, lost_card_ends_all_operations) {
    card.holds_back = true;
    async_queue queue(loop.get_executor(), make_queue(1));
    auto first = make_job(), second = make_job();
    queue.async_run(first, note(1));
    queue.async_run(second, note(2));
    card.failure = {errc::device_lost, "gone"};
    card.end_one();
    card.fail_at = card.calls; // the next
    loop.run();
    EXPECT_THAT(called, ElementsAre(1, 2));
    EXPECT_EQ(codes[1], errc::device_lost);
}

} // namespace
} // namespace groq
