// SPDX-License-Identifier: MIT
//
// Pipelines: what they give, in which order, and what failures do to them.
#include "card_under_test.hpp"

#include <random>
#include <semaphore>
#include <thread>

#include <poll.h>

#include "support/allocation_count.hpp"

namespace groq::contract {
namespace {

constexpr unsigned rows = 40;
constexpr std::size_t bytes = rows * 320;
using data = std::vector<std::byte>;

class pipelines : public card {
protected:
    static data random_data(std::mt19937 &random) {
        data made(bytes);
        for (auto &byte : made)
            byte = std::byte(random());
        return made;
    }

    // Of what adds one.
    static data sum(data addends) {
        for (auto &byte : addends)
            byte = std::byte(std::to_integer<unsigned>(byte) + 1);
        return addends;
    }

    static completion pop(pipeline &from, data &out) {
        out.assign(bytes, {});
        return from.pop(out, ample).value();
    }

    // As many runs as a job of its own makes of the same inputs.
    void expect_what_jobs_give(const file &program, unsigned depth) {
        const image image(device, load_program(program));
        std::mt19937 random(depth);
        std::vector<data> inputs, expected;
        std::uint64_t cycles = 0;
        {
            job job(image);
            for (unsigned run = 0; run < 30; ++run) {
                inputs.push_back(random_data(random));
                job.set_input(0, inputs.back()).value();
                cycles = queue.run(job, ample).value().cycles;
                job.get_output(1, expected.emplace_back(bytes)).value();
            }
        }
        pipeline pipeline(image, {.depth = depth});
        unsigned pushed = 0, popped = 0;
        data out;
        while (popped < inputs.size()) {
            for (; pushed < inputs.size() && pushed - popped < depth; ++pushed)
                ASSERT_EQ(pipeline.push(inputs[pushed], now).value(), pushed);
            const auto end = pop(pipeline, out);
            ASSERT_FALSE(end.failure) << end.failure->message();
            ASSERT_EQ(end.ticket, popped);
            ASSERT_EQ(end.cycles, cycles);
            ASSERT_EQ(end.bytes, 2 * bytes);
            ASSERT_EQ(out, expected[popped]) << "run " << popped;
            ++popped;
        }
    }
};

TEST_F(pipelines, give_what_jobs_give) {
    for (const unsigned depth : {2, 3, 7})
        expect_what_jobs_give(split_adder(rows, 3), depth);
}

TEST_F(pipelines, give_what_jobs_give_of_programs_in_one_part) {
    for (const unsigned depth : {2, 3})
        expect_what_jobs_give(adder(rows, 5), depth);
}

TEST_F(pipelines, are_filled_and_emptied_by_two_threads) {
    const image image(device, load_program(split_adder(rows, 1)));
    pipeline pipeline(image);
    constexpr unsigned runs = 100;
    std::counting_semaphore<> begun(0);
    std::thread pusher([&] {
        for (unsigned run = 0; run < runs; ++run) {
            pipeline.push(filled(bytes, run), ample).value();
            begun.release();
        }
    });
    data out;
    for (unsigned run = 0; run < runs; ++run) {
        begun.acquire();
        EXPECT_FALSE(pop(pipeline, out).failure);
        EXPECT_EQ(out, sum(filled(bytes, run))) << "run " << run;
    }
    pusher.join();
}

TEST_F(pipelines, tell_of_each_run_that_faulted) {
    const image image(device, load_program(faulty()));
    pipeline pipeline(image);
    std::vector<std::byte> out(320);
    for (unsigned turn = 0; turn < 3; ++turn) {
        for (unsigned run = 0; run < 3; ++run)
            pipeline.push(std::span<const std::span<const std::byte>>(), now).value();
        for (unsigned run = 0; run < 3; ++run) {
            const auto end = pipeline.pop(out, ample).value();
            ASSERT_TRUE(end.failure);
            EXPECT_TRUE(*end.failure == errc::fault);
            ASSERT_TRUE(end.failure->fault());
            EXPECT_EQ(end.failure->fault()->cycle, fault_cycle);
        }
    }
}

TEST_F(pipelines, are_full_and_empty) {
    const image image(device, load_program(adder(rows, 1)));
    pipeline pipeline(image, {.depth = 2});
    data out(bytes);
    EXPECT_TRUE(pipeline.pop(out, now).error() == errc::not_found);
    pipeline.push(filled(bytes, 0), now).value();
    pipeline.push(filled(bytes, 1), now).value();
    EXPECT_TRUE(pipeline.push(filled(bytes, 2), now).error() == errc::full);
    EXPECT_TRUE(pipeline.push(filled(bytes - 1, 2), now).error() == errc::size);
    EXPECT_FALSE(pop(pipeline, out).failure);
    EXPECT_EQ(out, sum(filled(bytes, 0)));
    pipeline.push(filled(bytes, 2), now).value();
}

TEST_F(pipelines, poll_readable_when_a_run_has_ended) {
    const image image(device, load_program(split_adder(rows, 1)));
    pipeline pipeline(image);
    pollfd polled{pipeline.fd().value(), POLLIN, 0};
    EXPECT_EQ(::poll(&polled, 1, 0), 0);
    pipeline.push(filled(bytes, 0), now).value();
    ASSERT_EQ(::poll(&polled, 1, 300000), 1);
    data out(bytes);
    EXPECT_FALSE(pipeline.pop(out, now).value().failure);
}

TEST_F(pipelines, can_be_destroyed_with_work_under_way) {
    const image image(device, load_program(split_adder(rows, 1)));
    for (unsigned turn = 0; turn < 5; ++turn) {
        pipeline pipeline(image);
        for (unsigned run = 0; run < 3; ++run)
            pipeline.push(filled(bytes, run), now).value();
    }
    groq::job job(image);
    run(job);
}

TEST_F(pipelines, end_a_run_that_hangs) {
    const image image(device, load_program(lengthy()));
    pipeline pipeline(image);
    constexpr std::span<const std::span<const std::byte>> nothing;
    for (unsigned run = 0; run < 3; ++run)
        pipeline.push(nothing, now).value();
    for (const unsigned run : {2, 1, 0}) // none begins because another one ends
        EXPECT_TRUE(pipeline.cancel(run));
    for (unsigned run = 0; run < 3; ++run) {
        const auto end =
            pipeline.pop(std::span<const std::span<std::byte>>(), ample).value();
        EXPECT_EQ(end.ticket, run);
        ASSERT_TRUE(end.failure) << "run " << run;
        EXPECT_TRUE(*end.failure == errc::canceled);
    }
    EXPECT_TRUE(pipeline.cancel(0).error() == errc::not_found);
    EXPECT_TRUE(pipeline.cancel(3).error() == errc::not_found);
}

TEST_F(pipelines, harm_no_run_when_another_one_is_ended) {
    const image image(device, load_program(split_adder(rows, 1)));
    pipeline pipeline(image, {.depth = 4});
    std::mt19937 random(1);
    data out;
    for (unsigned turn = 0; turn < 25; ++turn) {
        for (unsigned run = 0; run < 4; ++run)
            pipeline.push(filled(bytes, 4 * turn + run), now).value();
        const auto victim = random() % 4;
        EXPECT_TRUE(pipeline.cancel(4 * turn + victim));
        for (unsigned run = 0; run < 4; ++run) {
            const auto end = pop(pipeline, out);
            ASSERT_EQ(end.ticket, 4 * turn + run);
            if (end.failure)
                ASSERT_TRUE(run == victim && *end.failure == errc::canceled)
                    << "run " << run << " of turn " << turn << ": "
                    << end.failure->message();
            else
                ASSERT_EQ(out, sum(filled(bytes, 4 * turn + run))) << "turn " << turn;
        }
    }
}

TEST_F(pipelines, in_their_steady_state_allocate_nothing) {
    if (is_replayed() || chosen_uri().starts_with("record:"))
        GTEST_SKIP() << "a recording has to be kept somewhere";
    const image image(device, load_program(split_adder(rows, 1)));
    pipeline pipeline(image);
    EXPECT_GE(pipeline.fd().value(), 0);
    const auto in = filled(bytes, 7);
    data out(bytes);
    bool is_right = true;
    const auto take_turns = [&](int rounds) {
        for (int round = 0; round < rounds; ++round) {
            for (int run = 0; run < 3; ++run)
                is_right &= bool(pipeline.push(in, now));
            for (int run = 0; run < 3; ++run) {
                const auto end = pipeline.pop(out, ample);
                is_right &= end && !end->failure;
            }
        }
    };
    const auto allocated_in = [&](int rounds) {
        const auto before = test::allocations;
        take_turns(rounds);
        return test::allocations - before;
    };
    // Places for what is under way are made when they are first needed: as late as the
    // card happens to be that slow, but once for each stage of each run.
    constexpr int places = 3 * 5;
    int grown = 0;
    while (allocated_in(100) != 0 && grown <= places)
        ++grown;
    EXPECT_LE(grown, places);
    EXPECT_TRUE(is_right);
    EXPECT_EQ(out, sum(in));
}

TEST_F(pipelines, have_their_image_for_themselves) {
    const image image(device, load_program(split_adder(rows, 1)));
    groq::job job(image);
    {
        const pipeline pipeline(image);
        EXPECT_TRUE(queue.submit(job).error() == errc::in_use);
        EXPECT_TRUE(groq::pipeline::create(image).error() == errc::in_use);
    }
    run(job);
}

} // namespace
} // namespace groq::contract
