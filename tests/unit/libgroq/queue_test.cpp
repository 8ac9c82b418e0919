// SPDX-License-Identifier: MIT
#include "queue.hpp"

#include <algorithm>

#include <gmock/gmock.h>
#include <poll.h>

#include "card_fixture.hpp"

namespace groq {
namespace {

class queue : public on_fake_card {
protected:
    std::shared_ptr<groq_job> make_job() {
        auto job = std::make_shared<groq_job>(device);
        job->append_copy(DRM_GROQ_COMMAND_COPY_IN, buffer, {0, 0, 320});
        return job;
    }
    static bool is_readable(int fd) {
        pollfd poll{fd, POLLIN, 0};
        return ::poll(&poll, 1, 0) == 1;
    }

    std::shared_ptr<groq_device> device = open();
    std::shared_ptr<groq_buffer> buffer = groq_buffer::create(device, 320).value();
    std::shared_ptr<groq_queue> made = groq_queue::create(device, 0).value();
};

TEST_F(queue, gives_growing_tickets) {
    const auto first = make_job(), second = make_job();
    const auto one = made->submit(first).value(), two = made->submit(second).value();
    EXPECT_GT(one, 0u);
    EXPECT_GT(two, one);
}

TEST_F(queue, result_is_taken_once) {
    const auto ticket = made->submit(make_job()).value();
    EXPECT_TRUE(made->wait(ticket, 0));
    EXPECT_TRUE(made->wait(ticket, 0).error() == errc::not_found);
    EXPECT_TRUE(made->wait(4711, 0).error() == errc::not_found);
}

TEST_F(queue, job_goes_on_when_the_deadline_passes) {
    card.holds_back = true;
    const auto ticket = made->submit(make_job()).value();
    EXPECT_TRUE(made->wait(ticket, 0).error() == errc::timeout);
    EXPECT_TRUE(made->wait(ticket, 0).error() == errc::timeout);
    card.end_one();
    EXPECT_TRUE(made->wait(ticket, 0));
}

TEST_F(queue, can_be_waited_for_in_any_order) {
    const auto one = made->submit(make_job()).value();
    const auto two = made->submit(make_job()).value();
    EXPECT_EQ(made->wait(two, 0).value().ticket, two);
    EXPECT_EQ(made->wait(one, 0).value().ticket, one);
}

TEST_F(queue, reaps_oldest_first_as_many_as_there_is_room_for) {
    card.holds_back = true;
    std::vector<std::uint64_t> tickets;
    for (int i = 0; i < 5; ++i)
        tickets.push_back(made->submit(make_job()).value());
    groq_result results[3];
    EXPECT_EQ(made->reap(results).value(), 0u);
    for (int i = 0; i < 4; ++i)
        card.end_one();
    EXPECT_EQ(made->reap(results).value(), 3u);
    EXPECT_EQ(results[0].ticket, tickets[0]);
    EXPECT_EQ(results[2].ticket, tickets[2]);
    EXPECT_EQ(made->reap(results).value(), 1u);
    EXPECT_EQ(results[0].ticket, tickets[3]);
    EXPECT_EQ(made->reap(results).value(), 0u);
}

TEST_F(queue, fd_is_readable_from_the_end_of_a_job_to_its_reaping) {
    card.holds_back = true;
    const auto before = made->submit(make_job());
    const int fd = made->event_file().value();
    EXPECT_EQ(made->event_file().value(), fd);
    const auto after = made->submit(make_job());
    EXPECT_FALSE(is_readable(fd));
    groq_result result;
    for (int i = 0; i < 2; ++i) {
        card.end_one();
        EXPECT_TRUE(is_readable(fd));
        EXPECT_EQ(made->reap({&result, 1}).value(), 1u);
        EXPECT_FALSE(is_readable(fd));
    }
}

TEST_F(queue, fd_stays_readable_while_results_are_left) {
    const int fd = made->event_file().value();
    for (int i = 0; i < 3; ++i)
        ASSERT_TRUE(made->submit(make_job()));
    groq_result result;
    for (int left = 2; left >= 0; --left) {
        EXPECT_EQ(made->reap({&result, 1}).value(), 1u);
        EXPECT_EQ(is_readable(fd), left > 0);
    }
}

TEST_F(queue, refuses_an_empty_job) {
    EXPECT_TRUE(made->submit(std::make_shared<groq_job>(device)).error() ==
                errc::invalid);
}

TEST_F(queue, refuses_an_unknown_priority) {
    EXPECT_TRUE(groq_queue::create(device, 4).error() == errc::invalid);
}

TEST_F(queue, leaves_the_job_free_when_submission_fails) {
    const auto job = make_job();
    made->event_file().value();
    ASSERT_TRUE(made->wait(made->submit(job).value(), 0)); // makes room for results
    fail_at_every_call([&] {
        const auto ticket = made->submit(job);
        if (!ticket) {
            EXPECT_TRUE(job->check_idle());
        }
        return !ticket;
    });
}

TEST_F(queue, tells_at_the_end_when_a_later_part_could_not_be_submitted) {
    const auto job = std::make_shared<groq_job>(device);
    for (int i = 0; i < 65; ++i)
        job->append_copy(DRM_GROQ_COMMAND_COPY_IN, buffer, {0, 0, 320});
    ASSERT_TRUE(made->wait(made->submit(job).value(), 0)); // makes room for results
    card.fail_at = card.calls + 1;
    const auto ticket = made->submit(job).value();
    EXPECT_FALSE(job->check_idle());
    EXPECT_EQ(made->wait(ticket, 0).value().error, GROQ_ERROR_MEMORY);
    EXPECT_TRUE(job->check_idle());
}

TEST_F(queue, frees_its_jobs_when_it_goes) {
    card.holds_back = true;
    const auto job = make_job();
    ASSERT_TRUE(made->submit(job));
    made.reset();
    EXPECT_TRUE(job->check_idle());
    EXPECT_TRUE(card.held.empty());
}

TEST_F(queue, keeps_jobs_and_buffers_that_nobody_else_keeps) {
    card.holds_back = true;
    auto job = make_job();
    const std::weak_ptr<groq_job> watched = job;
    const auto ticket = made->submit(std::move(job)).value();
    buffer.reset();
    EXPECT_FALSE(watched.expired());
    EXPECT_TRUE(made->wait(ticket, GROQ_FOREVER));
    EXPECT_TRUE(watched.expired());
    EXPECT_TRUE(card.buffers.empty());
}

TEST_F(queue, is_lost_with_the_card) {
    card.holds_back = true;
    const auto job = make_job();
    const auto ticket = made->submit(job).value();
    card.fail_at = card.calls;
    card.failure = error(errc::device_lost, {});
    EXPECT_EQ(made->wait(ticket, 0).value().error, GROQ_ERROR_DEVICE_LOST);
    EXPECT_TRUE(job->check_idle());
    EXPECT_TRUE(made->submit(job).error() == errc::device_lost);
    EXPECT_TRUE(groq_queue::create(device, 0).error() == errc::device_lost);
}

TEST_F(queue, tells_what_was_done_before_the_card_was_lost) {
    card.holds_back = true;
    std::vector<std::shared_ptr<groq_job>> jobs{make_job(), make_job(), make_job()};
    for (const auto &job : jobs)
        ASSERT_TRUE(made->submit(job));
    card.end_one();
    card.fail_at = card.calls;
    card.failure = error(errc::device_lost, {});
    groq_result results[2];
    ASSERT_EQ(made->reap(results).value(), 2u);
    EXPECT_EQ(results[0].error, GROQ_OK);
    EXPECT_EQ(results[1].error, GROQ_ERROR_DEVICE_LOST);
    card.fail_at = card.calls;
    ASSERT_EQ(made->reap(results).value(), 1u);
    EXPECT_EQ(results[0].error, GROQ_ERROR_DEVICE_LOST);
    for (const auto &job : jobs)
        EXPECT_TRUE(job->check_idle());
    card.fail_at = card.calls;
    EXPECT_TRUE(made->reap(results).error() == errc::device_lost);
}

TEST_F(queue, one_image_is_in_work_in_one_queue_at_a_time) {
    card.holds_back = true;
    const auto image = groq_image::load(device, load(), GROQ_FOREVER).value();
    const auto one = groq_job::create_run(image, nullptr).value();
    const auto two = groq_job::create_run(image, nullptr).value();
    const auto three = groq_job::create_run(image, nullptr).value();
    const auto other = groq_queue::create(device, 0).value();
    const auto first = made->submit(one).value(), second = made->submit(two).value();
    EXPECT_TRUE(other->submit(three).error() == errc::in_use);
    EXPECT_TRUE(three->check_idle());
    ASSERT_TRUE(made->wait(first, GROQ_FOREVER));
    EXPECT_TRUE(other->submit(three).error() == errc::in_use);
    ASSERT_TRUE(made->wait(second, GROQ_FOREVER));
    EXPECT_TRUE(other->submit(three));
}

TEST_F(queue, the_interface_keeps_to_the_caller_s_structures) {
    // Of a caller that knows no fault yet.
    struct old_result {
        alignas(8) std::byte bytes[offsetof(groq_result, fault)];
    } results[20];
    std::memset(results, 0xee, sizeof results);
    reinterpret_cast<groq_result *>(results)->size = sizeof(old_result);
    for (int i = 0; i < 18; ++i)
        ASSERT_TRUE(made->submit(make_job()));
    std::size_t count = 0;
    ASSERT_EQ(groq_queue_reap(made.get(), reinterpret_cast<groq_result *>(results), 20,
                              &count),
              GROQ_OK);
    ASSERT_EQ(count, 18u);
    for (std::uint64_t i = 0; i < 18; ++i) {
        const auto *each = reinterpret_cast<const groq_result *>(&results[i]);
        EXPECT_EQ(each->size, sizeof(old_result));
        EXPECT_EQ(each->ticket, i + 1);
    }
    EXPECT_EQ(results[18].bytes[0], std::byte{0xee});
}

TEST_F(queue, the_interface_returns_the_job_s_own_error) {
    const auto image = groq_image::load(device, load(), GROQ_FOREVER).value();
    const auto job = groq_job::create_run(image, nullptr).value();
    card.on_run = [](const auto &, auto &result) {
        result.status = DRM_GROQ_STATUS_FAULT;
        result.fault_cause = 17;
        result.fault_unit = 90;
    };
    groq_result end{};
    end.size = sizeof end;
    EXPECT_EQ(groq_queue_wait(made.get(), made->submit(job).value(), 0, &end),
              GROQ_ERROR_FAULT);
    EXPECT_EQ(end.fault.unit, 90u);
    EXPECT_THAT(error::last().message(), ::testing::HasSubstr("VXM ALU 2"));
}

TEST_F(queue, the_interface_refuses_unknown_options) {
    groq_queue_options options{sizeof options, 0, 1};
    groq_queue *handle = nullptr;
    EXPECT_EQ(groq_queue_create(device.get(), &options, &handle), GROQ_ERROR_INVALID);
    EXPECT_EQ(handle, nullptr);
}

} // namespace
} // namespace groq
