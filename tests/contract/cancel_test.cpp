// SPDX-License-Identifier: MIT
//
// Jobs that are asked to end early, wherever they are on their way.
#include "card_under_test.hpp"

#include <atomic>
#include <random>
#include <thread>

#include <poll.h>

namespace groq::contract {
namespace {

class canceled : public card {
protected:
    void expect_canceled(groq::queue &of, ticket number) {
        const auto end = of.wait(number, ample);
        ASSERT_FALSE(end);
        EXPECT_TRUE(end.error() == errc::canceled) << end.error().message();
    }
};

TEST_F(canceled, program_is_aborted_and_the_queue_goes_on) {
    const image long_image(device, load_program(lengthy()));
    job running(long_image), other(long_image), copying(device);
    const region region(device, 320);
    const buffer bytes(device, 320);
    copying.copy_in({bytes, 0, region.address(), 320}).value();
    const auto first = queue.submit(running).value();
    const auto second = queue.submit(copying).value();
    EXPECT_TRUE(queue.cancel(first));
    EXPECT_TRUE(queue.cancel(first)) << "twice is no harm";
    expect_canceled(queue, first);
    EXPECT_TRUE(queue.wait(second, ample));
    EXPECT_TRUE(queue.cancel(first).error() == errc::not_found);
    // The same job, and another of the image, can be submitted again.
    for (auto *again : {&running, &other}) {
        const auto ticket = queue.submit(*again).value();
        EXPECT_TRUE(queue.cancel(ticket));
        expect_canceled(queue, ticket);
    }
}

// Whether the chip had begun it or not.
TEST_F(canceled, job_tells_no_more_than_that) {
    const image long_image(device, load_program(lengthy()));
    job running(long_image), other(long_image);
    const ticket tickets[] = {queue.submit(running).value(),
                              queue.submit(other).value()};
    EXPECT_TRUE(queue.wait(tickets[0], std::chrono::milliseconds(20)).error() ==
                errc::timeout);
    queue.cancel(tickets[1]).value();
    queue.cancel(tickets[0]).value();
    for (const auto ticket : tickets) {
        EXPECT_EQ(groq_queue_wait(queue.native(), ticket, GROQ_FOREVER, nullptr),
                  GROQ_ERROR_CANCELED);
        auto why = detail::sized<groq_error_info>();
        groq_last_error(&why);
        EXPECT_STREQ(why.message, groq_error_text(GROQ_ERROR_CANCELED));
    }
}

TEST_F(canceled, job_behind_another_is_withdrawn) {
    const image long_image(device, load_program(lengthy()));
    job running(long_image), behind(long_image), last(long_image);
    const auto first = queue.submit(running).value();
    const auto second = queue.submit(behind).value();
    const auto third = queue.submit(last).value();
    EXPECT_TRUE(queue.cancel(second));
    EXPECT_TRUE(queue.wait(first, now).error() == errc::timeout) << "it is not harmed";
    EXPECT_TRUE(queue.cancel(first));
    expect_canceled(queue, second);
    expect_canceled(queue, first);
    EXPECT_TRUE(queue.wait(third, now).error() == errc::timeout) << "it is not harmed";
    EXPECT_TRUE(queue.cancel(third));
    expect_canceled(queue, third);
}

TEST_F(canceled, job_ends_while_the_chip_runs_a_program_of_another_queue) {
    const image long_image(device, load_program(lengthy()));
    job running(long_image);
    const auto ahead = queue.submit(running).value();
    groq::queue other(device);
    const region region(device, 320);
    const buffer bytes(device, 320);
    job copies(device);
    copies.copy_in({bytes, 0, region.address(), 320}).value();
    const image blocked_image(device, load_program(lengthy(8)));
    job blocked(blocked_image);
    // Only one program runs at a time: this one is not begun.
    const auto behind = other.submit(blocked).value();
    EXPECT_TRUE(other.cancel(behind));
    expect_canceled(other, behind);
    EXPECT_TRUE(queue.wait(ahead, now).error() == errc::timeout) << "it is not harmed";
    EXPECT_TRUE(other.run(copies, ample));
    EXPECT_TRUE(queue.cancel(ahead));
    expect_canceled(queue, ahead);
    const auto again = other.submit(blocked).value();
    EXPECT_TRUE(other.wait(again, now).error() == errc::timeout);
    EXPECT_TRUE(other.cancel(again));
    expect_canceled(other, again);
}

TEST_F(canceled, job_that_has_ended_keeps_its_result) {
    const image image(device, load_program(adder(4, 1)));
    job adds(image);
    const int fd = queue.fd().value();
    const auto ticket = queue.submit(adds).value();
    pollfd poll{fd, POLLIN, 0};
    ASSERT_EQ(::poll(&poll, 1, 300000), 1);
    EXPECT_TRUE(queue.cancel(ticket));
    EXPECT_TRUE(queue.wait(ticket, ample));
    EXPECT_TRUE(queue.cancel(ticket).error() == errc::not_found);
    EXPECT_TRUE(queue.cancel(4711).error() == errc::not_found);
}

TEST_F(canceled, job_of_many_parts_ends_as_a_whole) {
    const image long_image(device, load_program(lengthy()));
    job running(long_image), many(device), after(device);
    const region region(device, 320);
    const buffer bytes(device, 320 * 200);
    for (std::uint64_t i = 0; i < 200; ++i)
        many.copy_in({bytes, i * 320, region.address(), 320}).value();
    after.copy_out({bytes, 0, region.address(), 320}).value();
    fill(bytes.bytes(), 5);
    const auto first = queue.submit(running).value();
    const auto second = queue.submit(many).value();
    const auto third = queue.submit(after).value();
    EXPECT_TRUE(queue.cancel(second));
    EXPECT_TRUE(queue.cancel(first));
    expect_canceled(queue, first);
    expect_canceled(queue, second);
    EXPECT_TRUE(queue.wait(third, ample));
    for (const auto byte : bytes.bytes().first(320))
        ASSERT_EQ(byte, std::byte{}) << "none of it was copied";
}

TEST_F(canceled, jobs_at_random_end_one_way_or_the_other) {
    if (is_replayed())
        GTEST_SKIP() << "threads create alike things in another order than they did";
    constexpr int threads = 2, rounds = 60;
    std::atomic<int> wrong = 0;
    std::vector<std::jthread> all;
    for (unsigned t = 0; t < threads; ++t)
        all.emplace_back([&, t] {
            std::minstd_rand random(t + 1);
            groq::queue mine(device);
            const region region(device, 3200);
            const buffer in(device, 3200), out(device, 3200);
            job adds(device);
            for (std::uint64_t piece = 0; piece < 10; ++piece)
                adds.copy_in({in, piece * 320, region.address() + piece * 320, 320})
                    .value();
            adds.copy_out({out, 0, region.address(), 3200}).value();
            for (unsigned round = 0; round < rounds; ++round) {
                fill(in.bytes(), round);
                const auto ticket = mine.submit(adds).value();
                const bool is_asked = random() % 2;
                if (is_asked)
                    wrong += !mine.cancel(ticket);
                const auto end = mine.wait(ticket, ample);
                wrong += !end && !(is_asked && end.error() == errc::canceled);
                wrong += end && !is_filled(out.bytes(), round);
            }
        });
    all.clear();
    EXPECT_EQ(wrong, 0);
}

} // namespace
} // namespace groq::contract
