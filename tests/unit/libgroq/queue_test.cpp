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

TEST_F(queue, leaves_the_job_free_when_there_is_no_memory) {
    const auto first = make_job(), second = make_job();
    card.has_no_memory = true;
    EXPECT_TRUE(made->submit(first).error() == errc::memory);
    const auto ticket = made->submit(second).value();
    EXPECT_EQ(card.log.size(), 1u);
    EXPECT_TRUE(made->wait(ticket, 0));
    EXPECT_TRUE(made->submit(first));
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

TEST_F(queue, job_that_the_driver_refuses_ends_so) {
    const auto job = make_job();
    card.refuses[2] = error(errc::access, "not yours");
    const auto before = make_job(), behind = make_job();
    groq_job *raw[] = {before.get(), job.get(), behind.get()};
    std::uint64_t tickets[3] = {};
    const auto batch = made->submit(raw, tickets);
    EXPECT_EQ(batch.submitted, 3u);
    EXPECT_TRUE(batch.refusal);
    const auto end = made->wait(tickets[1], 0).value();
    EXPECT_EQ(end.error, GROQ_ERROR_ACCESS);
    EXPECT_EQ(job_error(end).message(), "not yours");
    EXPECT_TRUE(job->check_idle());
    for (const auto ticket : {tickets[0], tickets[2]})
        EXPECT_EQ(made->wait(ticket, 0).value().error, GROQ_OK);
    EXPECT_EQ(made->wait(made->submit(job).value(), 0).value().error, GROQ_OK);
}

TEST_F(queue, job_of_many_parts_fails_with_the_first_that_is_refused) {
    const auto job = std::make_shared<groq_job>(device);
    for (int i = 0; i < 200; ++i)
        job->append_copy(DRM_GROQ_COMMAND_COPY_IN, buffer, {0, 0, 320});
    card.refuses[2] = error(errc::memory, "first");
    card.refuses[3] = error(errc::access, "second");
    const auto end = made->wait(made->submit(job).value(), 0).value();
    EXPECT_EQ(job_error(end).message(), "first");
    EXPECT_EQ(end.step, 64u);
    EXPECT_TRUE(card.refuses.empty()) << "each is asked for once";
    EXPECT_EQ(made->wait(made->submit(job).value(), 0).value().error, GROQ_OK);
}

TEST_F(queue, is_lost_when_the_driver_refuses_for_that) {
    card.refuses[1] = error(errc::device_lost, "gone");
    groq_result result;
    ASSERT_TRUE(made->submit(make_job()));
    ASSERT_EQ(made->reap({&result, 1}).value(), 1u);
    EXPECT_EQ(result.error, GROQ_ERROR_DEVICE_LOST);
    EXPECT_TRUE(made->submit(make_job()).error() == errc::device_lost);
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
    groq_queue_options options{sizeof options, 0, 0, 0, 1};
    groq_queue *handle = nullptr;
    EXPECT_EQ(groq_queue_create(device.get(), &options, &handle), GROQ_ERROR_INVALID);
    EXPECT_EQ(handle, nullptr);
}

TEST_F(queue, takes_the_options_that_a_caller_knows) {
    struct first_options {
        std::size_t size;
        std::uint32_t priority, path;
    } options{sizeof options, 0, 0};
    groq_queue *handle = nullptr;
    ASSERT_EQ(groq_queue_create(device.get(),
                                reinterpret_cast<groq_queue_options *>(&options),
                                &handle),
              GROQ_OK);
    EXPECT_EQ(handle->info().depth, queue_depth_default);
    groq_queue_destroy(handle);
}

TEST_F(queue, refuses_a_depth_and_a_path_that_cannot_be) {
    EXPECT_TRUE(groq_queue::create(device, 0, 0, 4097).error() == errc::invalid);
    EXPECT_TRUE(groq_queue::create(device, 0, 4).error() == errc::invalid);
    EXPECT_TRUE(groq_queue::create(device, 0, GROQ_PATH_URING).error() ==
                errc::unsupported);
    card.paths |= 1 << GROQ_PATH_URING;
    const auto with_ring = groq_queue::create(device, 0, GROQ_PATH_URING).value();
    EXPECT_EQ(with_ring->info().path, std::uint32_t{GROQ_PATH_URING});
}

TEST_F(queue, is_full_at_its_depth_until_a_result_is_taken) {
    card.holds_back = true;
    const auto small = groq_queue::create(device, 0, 0, 2).value();
    const auto one = make_job(), two = make_job(), three = make_job();
    const auto first = small->submit(one).value();
    const auto second = small->submit(two).value();
    EXPECT_TRUE(small->submit(three).error() == errc::full);
    EXPECT_TRUE(three->check_idle());
    card.end_one();
    EXPECT_TRUE(small->submit(three).error() == errc::full)
        << "the result waits to be taken";
    ASSERT_TRUE(small->wait(first, 0));
    const auto third = small->submit(three).value();
    ASSERT_TRUE(small->wait(third, GROQ_FOREVER));
    ASSERT_TRUE(small->wait(second, GROQ_FOREVER));
}

TEST_F(queue, takes_a_batch_in_one_call_of_the_port) {
    std::vector<std::shared_ptr<groq_job>> jobs{make_job(), make_job(), make_job()};
    std::vector<groq_job *> raw;
    for (const auto &job : jobs)
        raw.push_back(job.get());
    const auto calls = card.system_calls;
    std::uint64_t tickets[3] = {};
    const auto end = made->submit(raw, tickets);
    EXPECT_EQ(card.system_calls, calls + 1);
    EXPECT_TRUE(end.refusal);
    ASSERT_EQ(end.submitted, 3u);
    for (const auto ticket : tickets)
        EXPECT_EQ(made->wait(ticket, 0).value().error, GROQ_OK);
}

TEST_F(queue, takes_of_a_batch_what_there_is_room_for) {
    card.holds_back = true;
    const auto small = groq_queue::create(device, 0, 0, 2).value();
    std::vector<std::shared_ptr<groq_job>> jobs{make_job(), make_job(), make_job()};
    groq_job *raw[] = {jobs[0].get(), jobs[1].get(), jobs[2].get()};
    std::uint64_t tickets[3] = {};
    std::size_t submitted = 7;
    EXPECT_EQ(groq_queue_submit_batch(small.get(), raw, 3, tickets, &submitted),
              GROQ_ERROR_FULL);
    EXPECT_EQ(submitted, 2u);
    EXPECT_TRUE(jobs[2]->check_idle());
    EXPECT_EQ(tickets[2], 0u);
    EXPECT_EQ(card.held.size(), 2u);
}

TEST_F(queue, takes_of_a_batch_what_is_before_a_job_that_cannot_be) {
    card.holds_back = true;
    const auto one = make_job();
    groq_job *raw[] = {one.get(), one.get()};
    std::uint64_t tickets[2] = {};
    const auto end = made->submit(raw, tickets);
    EXPECT_EQ(end.submitted, 1u);
    EXPECT_TRUE(end.refusal.error() == errc::in_use);
    EXPECT_FALSE(one->check_idle());
    EXPECT_EQ(made->wait(tickets[0], GROQ_FOREVER).value().error, GROQ_OK);
}

TEST_F(queue, a_batch_that_fails_at_any_call_loses_no_job) {
    std::vector<std::shared_ptr<groq_job>> jobs{make_job(), make_job(), make_job()};
    std::vector<groq_job *> raw;
    for (const auto &job : jobs) {
        raw.push_back(job.get());
        ASSERT_TRUE(made->wait(made->submit(job).value(), 0));
    }
    made->event_file().value();
    for (int nth = 0, has_failed = true; has_failed; ++nth) {
        std::uint64_t tickets[3] = {};
        card.fail_at = card.calls + nth;
        const auto end = made->submit(raw, tickets);
        has_failed = card.calls > card.fail_at;
        card.fail_at = -1;
        EXPECT_EQ(!end.refusal, has_failed) << "at call " << nth;
        EXPECT_EQ(end.submitted == 3, !has_failed) << "at call " << nth;
        for (std::size_t i = 0; i < 3; ++i) {
            EXPECT_EQ(bool(jobs[i]->check_idle()), i >= end.submitted);
            if (i < end.submitted) {
                EXPECT_EQ(made->wait(tickets[i], GROQ_FOREVER).value().error, GROQ_OK);
            }
        }
    }
}

TEST_F(queue, an_empty_batch_is_none) {
    std::size_t submitted = 7;
    EXPECT_EQ(groq_queue_submit_batch(made.get(), nullptr, 0, nullptr, &submitted),
              GROQ_OK);
    EXPECT_EQ(submitted, 0u);
    EXPECT_TRUE(card.log.empty());
}

TEST_F(queue, polls_readable_when_a_job_has_ended_that_was_submitted_in_part) {
    const int fd = made->event_file().value();
    const auto job = std::make_shared<groq_job>(device);
    for (int i = 0; i < 65; ++i)
        job->append_copy(DRM_GROQ_COMMAND_COPY_IN, buffer, {0, 0, 320});
    ASSERT_TRUE(made->wait(made->submit(job).value(), 0)); // makes room for results
    groq_result result;
    (void)made->reap({&result, 1});
    card.holds_back = true;
    card.fail_at = card.calls + 2; // notify, first part, second part
    const auto ticket = made->submit(job).value();
    EXPECT_FALSE(is_readable(fd));
    card.end_one();
    EXPECT_TRUE(is_readable(fd));
    ASSERT_EQ(made->reap({&result, 1}).value(), 1u);
    EXPECT_EQ(result.ticket, ticket);
    EXPECT_EQ(result.error, GROQ_ERROR_MEMORY);
}

TEST_F(queue, canceled_job_ends_as_such_and_the_next_one_runs) {
    card.holds_back = true;
    const auto first = made->submit(make_job()).value();
    const auto second = made->submit(make_job()).value();
    EXPECT_TRUE(made->cancel(first));
    EXPECT_TRUE(made->cancel(first)) << "its result was not taken";
    EXPECT_EQ(made->wait(first, GROQ_FOREVER).value().error, GROQ_ERROR_CANCELED);
    EXPECT_EQ(made->wait(second, GROQ_FOREVER).value().error, GROQ_OK);
    EXPECT_TRUE(made->cancel(first).error() == errc::not_found);
    EXPECT_TRUE(made->cancel(4711).error() == errc::not_found);
}

// The chip leaves a record of a command that it had begun.
TEST_F(queue, canceled_job_tells_the_same_however_far_it_came) {
    groq_result end{};
    end.error = GROQ_ERROR_CANCELED;
    end.fault.cause = 5; // ABORTED
    EXPECT_EQ(job_error({end, {}}).message(), "");
}

TEST_F(queue, job_that_has_ended_is_not_canceled) {
    const auto ticket = made->submit(make_job()).value();
    EXPECT_TRUE(made->cancel(ticket));
    EXPECT_EQ(made->wait(ticket, 0).value().error, GROQ_OK);
}

TEST_F(queue, every_part_of_a_job_is_canceled) {
    card.holds_back = true;
    const auto job = std::make_shared<groq_job>(device);
    for (int i = 0; i < 130; ++i)
        job->append_copy(DRM_GROQ_COMMAND_COPY_IN, buffer, {0, 0, 320});
    const auto before = made->submit(make_job()).value();
    const auto ticket = made->submit(job).value();
    const auto after = made->submit(make_job()).value();
    EXPECT_TRUE(made->cancel(ticket));
    for (std::size_t i = 0; i < card.held.size(); ++i)
        EXPECT_EQ(card.held[i].is_canceled, i >= 1 && i <= 3) << i;
    EXPECT_EQ(made->wait(after, GROQ_FOREVER).value().error, GROQ_OK);
    EXPECT_EQ(made->wait(ticket, 0).value().error, GROQ_ERROR_CANCELED);
    EXPECT_EQ(made->wait(before, 0).value().error, GROQ_OK);
}

TEST_F(queue, tells_why_a_job_cannot_be_canceled) {
    card.holds_back = true;
    const auto ticket = made->submit(make_job()).value();
    card.fail_at = card.calls;
    card.failure = error(errc::unsupported, "an old driver");
    EXPECT_TRUE(made->cancel(ticket).error() == errc::unsupported);
    EXPECT_EQ(made->wait(ticket, GROQ_FOREVER).value().error, GROQ_OK);
}

TEST_F(queue, jobs_wait_for_those_of_other_queues) {
    card.holds_back = true;
    const auto other = groq_queue::create(device, 0).value();
    const auto first = made->submit(make_job(), {{}, true}).value();
    const port_point after[] = {made->end_of(first)};
    const auto second = other->submit(make_job(), {after, false}).value();
    ASSERT_EQ(card.held[1].waits.size(), 1u);
    EXPECT_EQ(card.held[1].waits[0].point, first);
    EXPECT_EQ(other->wait(second, GROQ_FOREVER).value().error, GROQ_OK);
    EXPECT_EQ(made->wait(first, 0).value().error, GROQ_OK);
}

TEST_F(queue, of_a_long_job_the_first_part_waits_and_the_last_is_waited_for) {
    card.holds_back = true;
    const auto other = groq_queue::create(device, 0).value();
    const auto first = made->submit(make_job(), {{}, true}).value();
    const auto job = std::make_shared<groq_job>(device);
    for (int i = 0; i < 65; ++i)
        job->append_copy(DRM_GROQ_COMMAND_COPY_IN, buffer, {0, 0, 320});
    const port_point after[] = {made->end_of(first)};
    ASSERT_TRUE(other->submit(job, {after, true}));
    ASSERT_EQ(card.held.size(), 3u);
    EXPECT_EQ(card.held[1].waits.size(), 1u);
    EXPECT_FALSE(card.held[1].is_waited_for);
    EXPECT_EQ(card.held[2].waits.size(), 0u);
    EXPECT_TRUE(card.held[2].is_waited_for);
}

TEST_F(queue, tells_how_it_fares) {
    card.holds_back = true;
    const auto job = make_job();
    auto info = made->info();
    EXPECT_EQ(info.depth, queue_depth_default);
    EXPECT_EQ(info.path, std::uint32_t{GROQ_PATH_IOCTL});
    EXPECT_EQ(info.submitted, 0u);
    const auto calls = info.system_calls;
    const auto ticket = made->submit(job).value();
    info = made->info();
    EXPECT_EQ(info.submitted, 1u);
    EXPECT_EQ(info.in_work, 1u);
    EXPECT_EQ(info.system_calls, calls + 1);
    EXPECT_EQ(info.allocations, 1u) << "of room for its results";
    ASSERT_TRUE(made->wait(ticket, GROQ_FOREVER));
    ASSERT_TRUE(made->wait(made->submit(job).value(), GROQ_FOREVER));
    info = made->info();
    EXPECT_EQ(info.submitted, 2u);
    EXPECT_EQ(info.in_work, 0u);
    EXPECT_EQ(info.allocations, 1u);
}

TEST_F(queue, allocation_is_told_when_a_job_outgrows_its_places) {
    const auto small = groq_queue::create(device, 0, 0, 1).value();
    const auto job = std::make_shared<groq_job>(device);
    for (int i = 0; i < 65; ++i)
        job->append_copy(DRM_GROQ_COMMAND_COPY_IN, buffer, {0, 0, 320});
    ASSERT_TRUE(small->wait(small->submit(job).value(), GROQ_FOREVER));
    const auto before = small->info().allocations;
    EXPECT_GT(before, 1u);
    ASSERT_TRUE(small->wait(small->submit(job).value(), GROQ_FOREVER));
    EXPECT_EQ(small->info().allocations, before);
}

} // namespace
} // namespace groq
