// SPDX-License-Identifier: MIT
// Whatever is placed issues where it was placed: the text of the queues is read back
// by the timeline, and on the chip.
#include "asm/schedule.hpp"

#include <map>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "asm/check.hpp"
#include "asm/program_builder.hpp"
#include "asm/queue.hpp"
#include "asm/timeline.hpp"
#include "chip_runner.hpp"

namespace groq::assembly::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr unsigned slice = GROQ_ICU_MEM(GROQ_EAST, 3);

instruction read(unsigned word, unsigned stream = 0, int step = 0) {
    return make<GROQ_OPCODE_READ>({stream, word, step});
}

using placed = std::map<std::pair<std::uint64_t, unsigned>, instruction>;

bool is_filler(const instruction &code) {
    return code.opcode() == GROQ_OPCODE_NOP || code.opcode() == GROQ_OPCODE_IFETCH;
}

instruction without_step(instruction code) {
    for (const stepping &s : steppings(*code.find_operation()))
        set(code, *s.step, 0);
    return code;
}

// What issues, without the fillers.
placed issued(const program &source) {
    placed result;
    findings found("main");
    timeline(source).follow(source.entries.front(), found, [&](const issue &each) {
        if (!is_filler(each.code))
            result[{each.cycle, each.icu}] = without_step(each.code);
    });
    for (const diagnostic &fault : std::move(found).take())
        ADD_FAILURE() << to_text(fault);
    return result;
}

TEST(schedule, folds_equally_spaced_runs) {
    schedule plan("main");
    for (unsigned i = 0; i < 100; ++i)
        plan.at(7 + 3 * i, slice, read(50 + 2 * i));
    const auto bursts = plan.bursts(slice);
    ASSERT_EQ(bursts.size(), 1U);
    EXPECT_EQ(bursts[0].cycle, 7U);
    EXPECT_EQ(bursts[0].code, read(50, 0, 2));
    EXPECT_EQ(bursts[0].again.times, 99U);
    EXPECT_EQ(bursts[0].again.interval, 3U);
}

TEST(schedule, joins_bursts_that_continue) {
    schedule plan("main");
    plan.at(20, slice, read(40, 0, 2), {9, 1});
    plan.at(10, slice, read(20, 0, 2), {9, 1});
    plan.at(30, slice, read(61, 0, 2), {9, 1}); // not the next word
    const auto bursts = plan.bursts(slice);
    ASSERT_EQ(bursts.size(), 2U);
    EXPECT_EQ(bursts[0].code, read(20, 0, 2));
    EXPECT_EQ(bursts[0].again.times, 19U);
    EXPECT_EQ(bursts[1].cycle, 30U);
}

TEST(schedule, folds_nothing_that_differs) {
    schedule plan("main");
    plan.at(0, slice, read(0));
    plan.at(1, slice, read(1));
    plan.at(2, slice, read(2, 1)); // another stream
    plan.at(3, slice, read(5));
    EXPECT_EQ(plan.bursts(slice).size(), 4U);
}

TEST(schedule, makes_one_instruction_of_a_read_and_a_write) {
    schedule plan("main");
    plan.at(0, slice, read(0, 0, 1), {9, 1});
    plan.at(5, slice, make<GROQ_OPCODE_WRITE>({1, 4096, 2}), {9, 1});
    const auto bursts = plan.bursts(slice);
    ASSERT_EQ(bursts.size(), 3U);
    EXPECT_EQ(bursts[0].code, read(0, 0, 1));
    EXPECT_EQ(bursts[1].code, make<GROQ_OPCODE_READ_WRITE>({.read_word = 5,
                                                            .read_step = 1,
                                                            .write_stream = 1,
                                                            .write_word = 4096,
                                                            .write_step = 2}));
    EXPECT_EQ(bursts[2].code, make<GROQ_OPCODE_WRITE>({1, 4106, 2}));
    EXPECT_EQ(bursts[2].cycle, 10U);
}

TEST(schedule, interleaves_bursts) {
    program_builder builder;
    schedule &plan = builder.add_entry("main");
    plan.at(0, slice, read(0, 0, 1), {15, 2});
    plan.at(1, slice, read(100, 1, 1), {15, 2});
    builder.reserve(address_of(slice, 0), 200 * GROQ_VECTOR_BYTES);
    const placed found = issued(builder.link());
    EXPECT_EQ(found.size(), 32U);
    EXPECT_EQ(found.at({31, slice}), read(115, 1));
}

TEST(schedule, refuses_what_cannot_issue) {
    schedule plan("main");
    const auto refused = [&](unsigned icu, const instruction &code, repetition again,
                             const char *why) {
        EXPECT_THAT([&] { plan.at(3, icu, code, again); },
                    ThrowsMessage<build_error>(HasSubstr(why)));
    };
    refused(GROQ_ICU_VXM(0), read(0), {}, "does not execute read");
    refused(slice, make<GROQ_OPCODE_NOP>(), {}, "not placed by hand");
    refused(slice, make<GROQ_OPCODE_SYNC>(), {1, 1}, "cannot be repeated");
    refused(slice, read(0), {1, 0}, "cannot be repeated");
    refused(slice, read(8191, 0, 1), {1, 1}, "out of its range");
    refused(slice, instruction{0xee, 0}, {}, "unknown opcode");
    refused(GROQ_ICU_VXM(0), make<GROQ_OPCODE_EXP>({.type = GROQ_TYPE_I8}), {},
            "takes f16 and f32");
    refused(GROQ_ICU_VXM(0), make<GROQ_OPCODE_CONFIG>({.superlanes = 3}), {1, 1},
            "cannot be repeated");
    plan.at(3, slice, read(0));
    plan.at(3, slice, read(1));
    EXPECT_THAT([&] { plan.bursts(slice); },
                ThrowsMessage<build_error>(
                    HasSubstr("mem.e.3, cycle 3: two instructions in one cycle")));
}

repetition some_repetition(std::mt19937 &random) {
    if (random() % 8 != 0)
        return {0, 1};
    return {1 + static_cast<std::uint32_t>(random() % 4),
            1 + static_cast<std::uint32_t>(random() % 3)};
}

// Reads of several slices at random cycles, dense enough to need many fetches.
class random_reads : public testing::TestWithParam<unsigned> {};

TEST_P(random_reads, issue_where_they_were_placed) {
    std::mt19937 random(GetParam());
    const unsigned most_gap = 2 + GetParam() % 6;
    program_builder builder;
    schedule &plan = builder.add_entry("main");
    placed expected;
    for (unsigned s = 0; s < 12; ++s) {
        std::uint64_t cycle = 2 + random() % 40;
        builder.reserve(address_of(s, 0), GROQ_BANK_WORDS * GROQ_VECTOR_BYTES);
        for (int i = 0; i < 400; ++i) {
            const instruction code = read(random() % GROQ_BANK_WORDS, random() % 64);
            const repetition again = some_repetition(random);
            plan.at(cycle, s, code, again);
            for (std::uint32_t n = 0; n <= again.times; ++n)
                expected[{cycle + n * again.interval, s}] = code;
            cycle += again.times * again.interval + 1 + random() % most_gap +
                     (random() % 16 == 0 ? 30 : 0);
        }
    }
    const program built = builder.link();
    EXPECT_EQ(issued(built), expected);
    // Two drives may meet on a stream; queues, text and ports are as they should be.
    for (const diagnostic &each : check(built))
        EXPECT_TRUE(!each.error || each.message.find("STREAM") == 0 ||
                    each.message.find("overwritten") != std::string::npos)
            << to_text(each);
}

INSTANTIATE_TEST_SUITE_P(schedule, random_reads, testing::Range(0U, 20U));

TEST(schedule, feeds_long_queues_on_the_chip) {
    program_builder builder;
    schedule &plan = builder.add_entry("main");
    std::mt19937 random(5);
    std::uint64_t cycle = 10;
    for (int i = 0; i < 3000; ++i) {
        plan.at(cycle, slice, read(random() % 100, random() % 64));
        cycle += 1 + random() % 4;
    }
    builder.reserve(address_of(slice, 0), 100 * GROQ_VECTOR_BYTES);
    const program built = builder.link();
    chip_runner runner(built);
    const run_result end = runner.run();
    EXPECT_EQ(end.status, GROQ_COMPLETION_OK) << "cause " << end.fault.cause;
    EXPECT_EQ(end.cycles, built.entries[0].cycles);
}

// Words that no step leads through.
unsigned scattered(unsigned i) {
    return i * i % 97;
}

TEST(schedule, says_where_a_queue_cannot_be_fed) {
    program_builder builder;
    schedule &plan = builder.add_entry("main");
    for (unsigned i = 0; i < 200; ++i)
        plan.at(i, slice, read(scattered(i)));
    builder.reserve(address_of(slice, 0), 100 * GROQ_VECTOR_BYTES);
    EXPECT_THAT([&] { builder.link(); },
                ThrowsMessage<build_error>(AllOf(
                    HasSubstr("main: mem.e.3, cycle 40: the queue runs out of text"),
                    HasSubstr("from cycle 0 to 16 it has no idle cycle"),
                    HasSubstr("leave it one for every 40 instructions"))));
}

void expect_to_run(program_builder &builder, const placed &expected) {
    builder.reserve(address_of(slice, 0), 100 * GROQ_VECTOR_BYTES);
    const program built = builder.link();
    EXPECT_EQ(issued(built), expected);
    const run_result end = chip_runner(built).run();
    EXPECT_EQ(end.status, GROQ_COMPLETION_OK) << "cause " << end.fault.cause;
    EXPECT_EQ(end.cycles, built.entries[0].cycles);
}

// 120 instructions are held: two fetches, the waits after them, and these.
TEST(schedule, fills_a_queue_before_it_has_no_idle_cycle) {
    program_builder builder;
    schedule &plan = builder.add_entry("main");
    placed expected;
    for (unsigned i = 0; i < 116; ++i) {
        plan.at(25 + i, slice, read(scattered(i)));
        expected[{25 + i, slice}] = read(scattered(i));
    }
    expect_to_run(builder, expected);
}

// One idle cycle in 40, where it is least convenient.
class sparse_idleness : public testing::TestWithParam<unsigned> {};

TEST_P(sparse_idleness, is_enough) {
    program_builder builder;
    schedule &plan = builder.add_entry("main");
    placed expected;
    for (unsigned i = 0; i < 2000; ++i) {
        const std::uint64_t cycle = i + (i + 39 - GetParam()) / 39;
        plan.at(cycle, slice, read(scattered(i)));
        expected[{cycle, slice}] = read(scattered(i));
    }
    expect_to_run(builder, expected);
}

INSTANTIATE_TEST_SUITE_P(schedule, sparse_idleness,
                         testing::Values(0U, 1U, 8U, 15U, 16U));

// Between repetitions, when there is nothing else: 30 pairs of rows after one another.
TEST(schedule, fetches_between_repetitions) {
    program_builder builder;
    schedule &plan = builder.add_entry("main");
    placed expected;
    for (unsigned i = 0; i < 300; ++i) {
        plan.at(2 * 3 * i, slice, read(scattered(i)), {2, 2});
        plan.at(2 * 3 * i + 5, slice, read(scattered(i) + 1));
        for (const unsigned k : {0U, 2U, 4U})
            expected[{6 * i + k, slice}] = read(scattered(i));
        expected[{6 * i + 5, slice}] = read(scattered(i) + 1);
    }
    expect_to_run(builder, expected);
}

TEST(schedule, waits_longer_than_one_nop_can) {
    program_builder builder;
    schedule &plan = builder.add_entry("main");
    plan.at(200'000, slice, read(0));
    builder.reserve(address_of(slice, 0), GROQ_VECTOR_BYTES);
    const program built = builder.link();
    EXPECT_EQ(issued(built), (placed{{{200'000, slice}, read(0)}}));
    EXPECT_EQ(built.entries[0].cycles, 200'000U + GROQ_DELAY_MEM_READ + 1 + 20);
    chip_runner runner(built);
    EXPECT_EQ(runner.run().cycles, built.entries[0].cycles);
}

// The NOPs of a wait are text that must be fetched, from within the wait.
TEST(schedule, waits_longer_than_the_nops_that_a_queue_holds) {
    for (const std::uint64_t cycle :
         {std::uint64_t{5'000'000}, std::uint64_t{20'000'000}, most_cycle}) {
        program_builder builder;
        schedule &plan = builder.add_entry("main");
        plan.at(1, slice, read(1));
        plan.at(cycle, slice, read(0));
        builder.reserve(address_of(slice, 0), 2 * GROQ_VECTOR_BYTES);
        const program built = builder.link();
        EXPECT_EQ(issued(built),
                  (placed{{{1, slice}, read(1)}, {{cycle, slice}, read(0)}}));
    }
}

TEST(schedule, waits_for_no_cycle_after_the_last) {
    schedule plan("main");
    const auto refused = [&](std::uint64_t cycle, repetition again) {
        EXPECT_THAT([&] { plan.at(cycle, slice, read(0), again); },
                    ThrowsMessage<build_error>(HasSubstr("after cycle 4294967296")));
    };
    refused(most_cycle + 1, {});
    refused(most_cycle - 2, {3, 1});
    refused(~std::uint64_t{0}, {1, 1});
    plan.at(most_cycle - 3, slice, read(0), {3, 1});
}

TEST(schedule, goes_on_after_a_sync_when_the_notify_arrives) {
    program_builder builder;
    schedule &plan = builder.add_entry("main");
    plan.at(0, slice, make<GROQ_OPCODE_SYNC>());
    plan.at(10, GROQ_ICU_VXM(0), make<GROQ_OPCODE_NOTIFY>());
    plan.at(45, slice, read(1));
    plan.at(60, slice, read(2));
    builder.reserve(address_of(slice, 0), 3 * GROQ_VECTOR_BYTES);
    const program built = builder.link();
    const placed found = issued(built);
    EXPECT_EQ(found.at({45, slice}), read(1));
    EXPECT_EQ(found.at({60, slice}), read(2));
    chip_runner runner(built);
    const run_result end = runner.run();
    EXPECT_EQ(end.status, GROQ_COMPLETION_OK);
    EXPECT_EQ(end.cycles, built.entries[0].cycles);
}

TEST(schedule, refuses_to_issue_from_a_parked_queue) {
    program_builder builder;
    schedule &plan = builder.add_entry("main");
    plan.at(0, slice, make<GROQ_OPCODE_SYNC>());
    plan.at(10, GROQ_ICU_VXM(0), make<GROQ_OPCODE_NOTIFY>());
    plan.at(44, slice, read(1));
    EXPECT_THAT([&] { builder.link(); },
                ThrowsMessage<build_error>(HasSubstr("parked before cycle 45")));
}

} // namespace
} // namespace groq::assembly::test
