// SPDX-License-Identifier: MIT
//
// Handles, tickets and jobs where they do not belong: of another card, of another
// queue, in work, taken already. Nothing of it may harm what goes on. Written from the
// headers alone.
#include "card_under_test.hpp"

#include <array>

#include <gmock/gmock.h>
#include <poll.h>

namespace groq::contract {
namespace {

using ::testing::HasSubstr;

template <class T>
void is_refused(const result<T> &what, errc code, const char *told) {
    ASSERT_FALSE(what);
    EXPECT_TRUE(what.error() == code) << what.error().message();
    EXPECT_THAT(what.error().message(), HasSubstr(told));
}

class wrong_card : public card {
protected:
    groq::device other{"sim:1?chips=2"};
    const groq::region here{device, 320}, there{other, 320};
    const groq::buffer mine{device, 320}, foreign{other, 320};
};

TEST_F(wrong_card, buffers_are_refused_by_a_job) {
    job copies(device);
    is_refused(copies.copy_in({foreign, 0, here.address(), 320}), errc::invalid,
               "another device");
    is_refused(queue.submit(copies), errc::invalid, "empty");
    copies.copy_in({mine, 0, here.address(), 320}).value();
    run(copies);
}

TEST_F(wrong_card, jobs_are_refused_by_a_queue) {
    groq::queue far(other);
    job copies(device);
    copies.copy_in({mine, 0, here.address(), 320}).value();
    is_refused(far.submit(copies), errc::invalid, "different devices");
    run(copies); // it is not in work
}

TEST(wrong_image, is_refused_by_a_job) {
    const device device(uri()), other("sim:1?chips=2");
    const image image(other, load_program(adder(1, 1)));
    queue queue(device);
    job plain(device);
    is_refused(plain.run(image, "main"), errc::invalid, "another device");
    is_refused(queue.submit(plain), errc::invalid, "empty");
}

TEST_F(wrong_card, jobs_of_a_batch_end_it) {
    job good(device), wrong(other);
    good.copy_in({mine, 0, here.address(), 320}).value();
    wrong.copy_in({foreign, 0, there.address(), 320}).value();
    std::array<job *, 2> jobs{&good, &wrong};
    std::array<ticket, 2> tickets{};
    const auto end = queue.submit(jobs, tickets);
    EXPECT_EQ(end.submitted, 1u);
    ASSERT_TRUE(end.refusal);
    EXPECT_TRUE(*end.refusal == errc::invalid) << end.refusal->message();
    EXPECT_TRUE(queue.wait(tickets[0], ample));
}

// The name that a card gives itself is a name of it.
TEST(name_of_a_card, opens_it) {
    if (is_replayed())
        GTEST_SKIP() << "a replay has no card";
    for (const auto &name : {uri(), std::string("sim:1?chips=2")}) {
        const device opened(name);
        const std::string own = opened.info().value().uri;
        const auto again = device::open(own);
        ASSERT_FALSE(again) << own;
        EXPECT_TRUE(again.error() == errc::held) << own << again.error().message();
    }
}

class wrong_time : public card {
protected:
    const groq::image image{device, load_program(lengthy())};
    groq::job endless{image};
    const groq::region region{device, 320};
    const groq::buffer bytes{device, 320};
    const copy whole{bytes, 0, region.address(), 320};
};

TEST_F(wrong_time, job_in_work_is_left_alone) {
    const auto ticket = queue.submit(endless).value();
    is_refused(queue.submit(endless), errc::in_use, "in work");
    is_refused(groq::queue(device).submit(endless), errc::in_use, "in work");
    is_refused(endless.clear(), errc::in_use, "in work");
    is_refused(endless.copy_in(whole), errc::in_use, "in work");
    is_refused(endless.copy_out(whole), errc::in_use, "in work");
    is_refused(endless.run(image, "main"), errc::in_use, "in work");
    EXPECT_EQ(queue.info().value().in_work, 1u);
    queue.cancel(ticket).value();
    is_refused(queue.wait(ticket, ample), errc::canceled, "");
    EXPECT_TRUE(endless.copy_in(whole)) << "it is the caller's again";
}

TEST_F(wrong_time, job_is_in_work_until_its_result_is_taken) {
    job copies(device);
    copies.copy_in(whole).value();
    const auto first = queue.submit(copies).value();
    groq::queue second(device);
    is_refused(second.submit(copies), errc::in_use, "in work");
    is_refused(copies.clear(), errc::in_use, "in work");
    EXPECT_TRUE(queue.wait(first, ample));
    EXPECT_TRUE(second.run(copies, ample));
    EXPECT_TRUE(copies.clear());
    is_refused(second.submit(copies), errc::invalid, "empty");
}

TEST_F(card, tensors_of_a_job_in_work_are_not_touched) {
    const image adding(device, load_program(adder(1, 3)));
    const image lasting(device, load_program(lengthy(20)));
    job sum(adding), endless(lasting);
    auto data = filled(320, 1);
    sum.set_input(0, data).value();
    const auto front = queue.submit(endless).value();
    const auto behind = queue.submit(sum).value();
    is_refused(sum.set_input(0, data), errc::in_use, "in work");
    is_refused(sum.get_output(1, data), errc::in_use, "in work");
    is_refused(sum.tensor_data(0), errc::in_use, "in work");
    queue.cancel(front).value();
    EXPECT_TRUE(queue.wait(front, ample).error() == errc::canceled);
    EXPECT_TRUE(queue.wait(behind, ample));
    sum.get_output(1, data).value();
    EXPECT_EQ(data[0], byte_at(0, 1 + 3));
}

TEST_F(wrong_time, image_is_in_work_in_one_queue) {
    job other(image);
    groq::queue second(device);
    const auto number = queue.submit(endless).value();
    is_refused(second.submit(other), errc::in_use, "");
    const auto behind = queue.submit(other).value();
    queue.cancel(behind).value();
    queue.cancel(number).value();
    EXPECT_TRUE(queue.wait(number, ample).error() == errc::canceled);
    EXPECT_TRUE(queue.wait(behind, ample).error() == errc::canceled);
    const auto free = second.submit(other).value();
    second.cancel(free).value();
    EXPECT_TRUE(second.wait(free, ample).error() == errc::canceled);
}

TEST_F(wrong_time, batch_without_room_for_its_tickets_or_of_null_is_refused) {
    job copies(device);
    copies.copy_in(whole).value();
    std::array<job *, 2> jobs{&copies, nullptr};
    std::array<ticket, 2> tickets{};
    const auto small = queue.submit(jobs, std::span(tickets).first(1));
    EXPECT_EQ(small.submitted, 0u);
    EXPECT_TRUE(small.refusal && *small.refusal == errc::size);
    const auto half = queue.submit(jobs, tickets);
    EXPECT_EQ(half.submitted, 1u);
    EXPECT_TRUE(half.refusal && *half.refusal == errc::invalid);
    EXPECT_TRUE(queue.wait(tickets[0], ample));
    EXPECT_FALSE(queue.submit(std::span<job *const>(), std::span<ticket>()).refusal);
}

TEST_F(wrong_time, tickets_are_of_their_queue) {
    groq::queue second(device);
    job copies(device);
    copies.copy_in(whole).value();
    const auto number = queue.submit(copies).value();
    is_refused(second.wait(number, ample), errc::not_found, "ticket");
    is_refused(second.cancel(number), errc::not_found, "ticket");
    is_refused(queue.wait(0, ample), errc::not_found, "ticket");
    is_refused(queue.wait(number + 1, ample), errc::not_found, "ticket");
    is_refused(queue.cancel(number + 1), errc::not_found, "ticket");
    is_refused(queue.cancel(~ticket{0}), errc::not_found, "ticket");
    EXPECT_TRUE(queue.wait(number, ample));
    is_refused(queue.wait(number, ample), errc::not_found, "taken");
    is_refused(queue.cancel(number), errc::not_found, "taken");
}

TEST_F(wrong_time, tickets_grow_and_are_never_used_again) {
    job copies(device);
    copies.copy_in(whole).value();
    ticket last = 0;
    for (int i = 0; i < 20; ++i) {
        const auto number = queue.submit(copies).value();
        EXPECT_GT(number, last);
        last = number;
        EXPECT_EQ(queue.wait(number, ample).value().ticket, number);
    }
}

TEST_F(wrong_time, deadline_in_the_past_only_asks) {
    const auto number = queue.submit(endless).value();
    for (const deadline past :
         {now, deadline(std::int64_t{1}), deadline(INT64_MIN),
          deadline(std::chrono::seconds(-5)), deadline(deadline::clock::now())})
        is_refused(queue.wait(number, past), errc::timeout, "");
    queue.cancel(number).value();
    EXPECT_TRUE(queue.wait(number, forever).error() == errc::canceled);
    job copies(device);
    copies.copy_in(whole).value();
    const auto end = queue.submit(copies).value();
    pollfd poll{queue.fd().value(), POLLIN, 0};
    ASSERT_EQ(::poll(&poll, 1, -1), 1);
    EXPECT_TRUE(queue.wait(end, now)) << "what has ended is told in any case";
}

TEST(deadlines, saturate) {
    EXPECT_EQ(groq_deadline_after(INT64_MAX), GROQ_FOREVER);
    const auto long_past = groq_deadline_after(INT64_MIN),
               past = groq_deadline_after(-1);
    EXPECT_LE(past, groq_deadline_after(0));
    EXPECT_LE(long_past, past);
    EXPECT_EQ(deadline(std::chrono::nanoseconds::max()).ns(), GROQ_FOREVER);
    EXPECT_EQ(deadline(std::chrono::hours::max()).ns(), GROQ_FOREVER)
        << "more hours than there are nanoseconds for";
    const deadline ages_ago(std::chrono::hours::min());
    EXPECT_LE(ages_ago.ns(), groq_deadline_after(0));
    EXPECT_EQ(deadline(std::chrono::duration<double>(1e300)).ns(), GROQ_FOREVER);
}

TEST_F(wrong_time, options_out_of_range_are_refused) {
    is_refused(queue::create(device, {.priority = 4}), errc::invalid, "0 to 3");
    is_refused(queue::create(device, {.path = path(4)}), errc::invalid, "path");
    is_refused(queue::create(device, {.depth = 4097}), errc::invalid, "4096");
    is_refused(pipeline::create(image, {.priority = 4}), errc::invalid, "0 to 3");
    is_refused(pipeline::create(image, {.depth = 1}), errc::invalid, "2 to 64");
    is_refused(pipeline::create(image, {.depth = 65}), errc::invalid, "2 to 64");
}

} // namespace
} // namespace groq::contract
