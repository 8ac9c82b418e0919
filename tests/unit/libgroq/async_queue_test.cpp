// SPDX-License-Identifier: MIT
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/strand.hpp>
#include <gmock/gmock.h>

#include "async_fixture.hpp"

namespace groq {
namespace {

namespace asio = boost::asio;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using async_queue_test = async_on_fake_card;

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
