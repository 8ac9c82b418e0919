// SPDX-License-Identifier: MIT
//
// Several jobs at once, as many as a queue takes, and what they cost.
#include <poll.h>

#include "card_under_test.hpp"
#include "support/allocation_count.hpp"

namespace groq::contract {
namespace {

class batch : public card {
protected:
    void make_jobs(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            jobs.emplace_back(device);
            jobs.back().copy_in({bytes, i * 320, region.address(), 320}).value();
            jobs.back()
                .copy_out({bytes, i * 320, region.address(), 100, 2, 160, 160})
                .value();
            pointers.push_back(nullptr);
            tickets.push_back(0);
        }
        for (std::size_t i = 0; i < count; ++i)
            pointers[i] = &jobs[i];
    }

    groq::region region{device, 320};
    buffer bytes{device, 320 * 600};
    std::vector<job> jobs;
    std::vector<job *> pointers;
    std::vector<ticket> tickets;
};

TEST_F(batch, jobs_run_in_order) {
    make_jobs(40);
    fill(bytes.bytes(), 1);
    const auto end = queue.submit(pointers, tickets);
    ASSERT_EQ(end.submitted, 40u);
    EXPECT_FALSE(end.refusal);
    for (std::size_t i = 0; i < tickets.size(); ++i) {
        EXPECT_TRUE(i == 0 || tickets[i] > tickets[i - 1]);
        EXPECT_EQ(queue.wait(tickets[i], ample).value().ticket, tickets[i]);
    }
    EXPECT_TRUE(is_filled(bytes.bytes(), 1));
}

TEST_F(batch, may_be_larger_than_what_goes_at_once) {
    make_jobs(600);
    groq::queue large(device, {.depth = 600});
    const auto end = large.submit(pointers, tickets);
    ASSERT_EQ(end.submitted, 600u);
    EXPECT_TRUE(large.wait(tickets.back(), ample));
    std::size_t ended = 0;
    while (large.reap().value())
        ++ended;
    EXPECT_EQ(ended, 599u);
}

TEST_F(batch, ends_at_the_first_that_cannot_be_submitted) {
    make_jobs(5);
    job empty(device);
    pointers[3] = &empty;
    const auto end = queue.submit(pointers, tickets);
    EXPECT_EQ(end.submitted, 3u);
    ASSERT_TRUE(end.refusal);
    EXPECT_TRUE(*end.refusal == errc::invalid);
    EXPECT_TRUE(queue.wait(tickets[2], ample));
    EXPECT_TRUE(queue.submit(jobs[4])) << "it is not in work";
}

TEST_F(batch, goes_on_behind_a_job_that_the_driver_refuses) {
    make_jobs(4);
    const auto elsewhere = std::uint64_t(device.info().value().sram_bytes) - 320;
    job stray(device);
    stray.copy_in({bytes, 0, elsewhere, 320}).value();
    pointers[1] = &stray;
    const auto end = queue.submit(pointers, tickets);
    EXPECT_EQ(end.submitted, 4u);
    EXPECT_FALSE(end.refusal);
    const auto refused = queue.wait(tickets[1], ample);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error() == errc::access) << refused.error().message();
    EXPECT_NE(refused.error().message().find("not reserved for this device"),
              std::string::npos)
        << refused.error().message();
    for (const auto ticket : {tickets[0], tickets[2], tickets[3]})
        EXPECT_TRUE(queue.wait(ticket, ample));
    EXPECT_TRUE(queue.run(jobs[1], ample));
    EXPECT_TRUE(queue.run(jobs[2], ample));
}

TEST_F(batch, of_refused_jobs_ends_in_order) {
    make_jobs(3);
    const auto elsewhere = std::uint64_t(device.info().value().sram_bytes) - 320;
    for (auto &each : jobs)
        each.copy_in({bytes, 0, elsewhere, 320}).value();
    const int fd = queue.fd().value();
    ASSERT_EQ(queue.submit(pointers, tickets).submitted, 3u);
    for (const auto ticket : tickets) {
        std::optional<completion> ended;
        while (!(ended = queue.reap().value())) {
            pollfd polled{fd, POLLIN, 0};
            ASSERT_EQ(::poll(&polled, 1, 300'000), 1);
        }
        EXPECT_EQ(ended->ticket, ticket);
        ASSERT_TRUE(ended->failure);
        EXPECT_TRUE(*ended->failure == errc::access) << ended->failure->message();
    }
    EXPECT_FALSE(queue.reap().value());
}

// Its first part is refused; what comes behind that may be done or not.
TEST_F(batch, job_that_is_refused_in_part_fails_at_its_end) {
    make_jobs(1);
    const auto elsewhere = std::uint64_t(device.info().value().sram_bytes) - 320;
    job stray(device);
    stray.copy_in({bytes, 0, elsewhere, 320}).value();
    for (int i = 0; i < 150; ++i)
        stray.copy_in({bytes, 0, region.address(), 320}).value();
    const auto ticket = queue.submit(stray).value();
    auto end = detail::sized<groq_result>();
    EXPECT_EQ(groq_queue_wait(queue.native(), ticket, GROQ_FOREVER, &end),
              GROQ_ERROR_ACCESS);
    EXPECT_EQ(end.error, GROQ_ERROR_ACCESS);
    EXPECT_EQ(end.step, 0u);
    EXPECT_EQ(end.bytes, 0u);
    EXPECT_TRUE(queue.run(jobs[0], ample));
}

TEST_F(batch, queue_takes_as_many_as_it_is_deep) {
    make_jobs(4);
    groq::queue shallow(device, {.depth = 3});
    EXPECT_EQ(shallow.info().value().depth, 3u);
    const auto end = shallow.submit(pointers, tickets);
    EXPECT_EQ(end.submitted, 3u);
    ASSERT_TRUE(end.refusal);
    EXPECT_TRUE(*end.refusal == errc::full);
    EXPECT_TRUE(shallow.submit(jobs[3]).error() == errc::full);
    EXPECT_EQ(shallow.info().value().in_work, 3u);
    EXPECT_TRUE(shallow.wait(tickets[1], ample));
    EXPECT_TRUE(shallow.run(jobs[3], ample));
    EXPECT_EQ(shallow.info().value().submitted, 4u);
}

TEST_F(batch, steady_state_allocates_nothing) {
    if (is_replayed() || chosen_uri().starts_with("record:"))
        GTEST_SKIP() << "a recording has to be kept somewhere";
    make_jobs(8);
    const int fd = queue.fd().value();
    EXPECT_GE(fd, 0);
    std::vector<groq_job *> raw;
    for (const auto *each : pointers)
        raw.push_back(each->native());
    std::vector<groq_result> results(8, detail::sized<groq_result>());
    const auto native = queue.native();
    bool is_right = true;
    const auto take_turns = [&](int rounds) {
        for (int round = 0; round < rounds; ++round) {
            std::size_t submitted = 0, reaped = 0;
            is_right &= groq_queue_submit_batch(native, raw.data(), 7, tickets.data(),
                                                &submitted) == GROQ_OK;
            is_right &= groq_queue_submit(native, raw[7], &tickets[7]) == GROQ_OK;
            is_right &= groq_queue_cancel(native, tickets[7]) == GROQ_OK;
            if (groq_queue_wait(native, tickets[7], 0, nullptr) == GROQ_ERROR_TIMEOUT)
                (void)groq_queue_wait(native, tickets[7], GROQ_FOREVER, nullptr);
            is_right &= groq_queue_wait(native, tickets[2], GROQ_FOREVER,
                                        &results[0]) == GROQ_OK;
            is_right &= groq_queue_reap(native, results.data(), 8, &reaped) == GROQ_OK;
            is_right &= reaped == 6;
        }
    };
    // All at once, behind a program that does not end: that many turns do not ensure.
    const image image(device, load_program(lengthy(40)));
    job endless(image);
    const auto first = queue.submit(endless).value();
    EXPECT_EQ(queue.submit(pointers, tickets).submitted, 8u);
    EXPECT_TRUE(queue.cancel(first));
    for (const auto ticket : tickets)
        EXPECT_TRUE(queue.wait(ticket, ample));
    EXPECT_TRUE(queue.reap().value());
    take_turns(20);
    const auto before = queue.info().value();
    const auto allocations = test::allocations;
    take_turns(100);
    EXPECT_EQ(test::allocations, allocations);
    EXPECT_TRUE(is_right);
    const auto after = queue.info().value();
    EXPECT_EQ(after.allocations, before.allocations);
    EXPECT_EQ(after.submitted, before.submitted + 800);
}

TEST_F(card, programs_tell_how_long_they_should_have_taken) {
    const auto adding = load_program(adder(4, 1));
    const image image(device, adding);
    job adds(image);
    const auto end = queue.run(adds, ample).value();
    const auto entries = adding.entries();
    ASSERT_EQ(entries.size(), 1u);
    EXPECT_EQ(entries[0].kind, entry_kind::monolithic);
    EXPECT_NE(end.expected_cycles, 0u);
    EXPECT_EQ(end.expected_cycles, entries[0].cycles);
    EXPECT_EQ(end.expected_cycles, end.cycles);
    const auto hz = known(device.info().value().clock_hz);
    ASSERT_TRUE(hz);
    EXPECT_GT(entries[0].duration(*hz).value(), std::chrono::nanoseconds(0));
}

TEST_F(card, programs_that_take_other_than_they_should_tell_both) {
    const auto honest = adder(4, 1);
    const auto cycles = load_program(honest).entries()[0].cycles;
    for (const auto claimed : {cycles - 1, cycles + 1}) {
        const image image(device, load_program(claiming(honest, claimed)));
        job adds(image);
        const auto end = queue.run(adds, ample).value();
        EXPECT_EQ(end.expected_cycles, claimed);
        EXPECT_EQ(end.cycles, cycles);
    }
}

TEST_F(card, programs_of_unknown_length_expect_nothing) {
    const auto program = load_program(lengthy());
    const image image(device, program);
    job running(image);
    const auto ticket = queue.submit(running).value();
    EXPECT_TRUE(queue.cancel(ticket));
    auto end = detail::sized<groq_result>();
    EXPECT_EQ(groq_queue_wait(queue.native(), ticket, GROQ_FOREVER, &end),
              GROQ_ERROR_CANCELED);
    EXPECT_EQ(end.expected_cycles, 0u);
    EXPECT_FALSE(program.entries()[0].duration(900'000'000));
}

} // namespace
} // namespace groq::contract
