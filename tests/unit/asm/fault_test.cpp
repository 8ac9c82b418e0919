// SPDX-License-Identifier: MIT
// What the checks refuse is what the chip stops at: same cause, queue and cycle.
#include "asm/check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "asm/queue.hpp"
#include "assembled.hpp"
#include "chip_runner.hpp"

namespace groq::assembly::test {
namespace {

using testing::HasSubstr;

// Values on e0 and e1, at the east MXM from cycle 14 to 49.
const std::string both_bytes = R"(
        .queue  mem.e.0
        @1 read e0, 0
        repeat  40, 1
        .queue  mem.e.1
        @1 read e1, 0
        repeat  40, 1
)";

// Values on e0..e15, at the east MXM in cycles 20 and 21.
const std::string sixteen_rows = [] {
    std::string text;
    for (int slice = 8; slice < 24; ++slice)
        text += ".data e." + std::to_string(slice) + "[0]\n.zero 320\n";
    for (int slice = 8; slice < 24; ++slice) {
        const int cycle = 20 - 1 - (13 - (1 + slice / 4));
        text += ".queue mem.e." + std::to_string(slice) + "\n@" +
                std::to_string(cycle) + " read e" + std::to_string(slice - 8) +
                ", 0\nrepeat 1, 1\n";
    }
    return text;
}();

struct faulty {
    const char *name;
    std::string source;
    std::uint32_t cause;
    const char *queue;
    std::uint64_t cycle; // of the fault
    const char *message;
    const char *blamed = nullptr; // if another queue
};

class fault : public testing::TestWithParam<faulty> {};

TEST_P(fault, is_found_and_happens) {
    const program source = build(GetParam().source);
    const std::vector<diagnostic> found = check(source);
    ASSERT_FALSE(found.empty());
    const diagnostic &first = found.front();
    EXPECT_TRUE(first.error);
    EXPECT_EQ(queue_name(first.icu), GetParam().queue) << to_text(first);
    EXPECT_EQ(first.fault_cycle, GetParam().cycle) << to_text(first);
    EXPECT_THAT(first.message, HasSubstr(GetParam().message));

    EXPECT_EQ(first.cause, GetParam().cause);
    const char *blamed =
        GetParam().blamed != nullptr ? GetParam().blamed : GetParam().queue;
    EXPECT_EQ(first.fault_icu, parse_queue(blamed));

    const run_result end = chip_runner(source).run();
    EXPECT_EQ(end.status, GROQ_COMPLETION_FAULT);
    EXPECT_EQ(end.fault.cause, GetParam().cause);
    EXPECT_EQ(end.fault.unit, parse_queue(blamed));
    EXPECT_EQ(end.fault.cycle, GetParam().cycle);
}

INSTANTIATE_TEST_SUITE_P(
    check, fault,
    testing::Values(
        faulty{"a_stream_that_carries_nothing", scheduled + R"(
        .queue  mem.e.1
        @5 write e3, 0
)",
               GROQ_FAULT_STREAM_EMPTY, "mem.e.1", 5,
               "STREAM_EMPTY: nothing arrives on e3"},
        faulty{"a_value_that_is_not_there_yet", scheduled + R"(
        .queue  mem.w.0
        @2 read e1, 0
        .queue  mem.e.1
        @4 write e1, 0
)",
               GROQ_FAULT_STREAM_EMPTY, "mem.e.1", 4, "STREAM_EMPTY"},
        faulty{"two_drives", scheduled + R"(
        .queue  mem.e.0
        @5 read w7, 0
        .queue  mem.e.1
        @5 read w7, 0
)",
               GROQ_FAULT_STREAM_CONFLICT, "mem.e.1", 6,
               "STREAM_CONFLICT: mem.e.0 in cycle 5 drives w7 too"},
        faulty{"one_bank_read_and_written", scheduled + R"(
        .queue  mem.w.0
        @2 read e1, 0
        .queue  mem.e.0
        @5 read_write e0, 0, e1, 1
)",
               GROQ_FAULT_BANK, "mem.e.0", 5, "BANK: reads and writes one bank of e.0"},
        faulty{"text_fetched_beside_a_read", R"(
        .entry  main, launch=w.1[0], count=2
        .data   e.43[0]
        .zero   320
        .section "a", e.43[2], text
        nop     5
        ifetch  e.43[4]
        .section "b", e.43[6], text
        nop     6
        read    e0, 0
        .reserve e.43[3], 1
        .reserve e.43[4], 2
        .reserve e.43[7], 1
        .section "launch", w.1[0], text
        .launch vxm.2, e.43[2], 2
        .launch mem.e.43, e.43[6], 2
)",
               GROQ_FAULT_BANK, "vxm.2", 6,
               "BANK: a second read of e.43 beside that of mem.e.43"},
        faulty{"a_word_of_another_program", scheduled + R"(
        .queue  mem.e.5
        @5 read e0, 0
)",
               GROQ_FAULT_ACCESS, "mem.e.5", 5, "ACCESS: word 0 of e.5"},
        faulty{"a_word_past_the_last", by_hand + R"(
        .section "a", w.1[2], text
        read    e0, 8190, step=1
        repeat  2, 3
        .section "launch", w.1[0], text
        .launch mem.e.0, w.1[2], 2
        .reserve w.1[3], 1
)",
               GROQ_FAULT_ADDRESS, "mem.e.0", 6, "ADDRESS"},
        faulty{"a_result_before_any", scheduled + R"(
        .queue  vxm.0
        @5 copy i8, alu3
)",
               GROQ_FAULT_OPERAND_EMPTY, "vxm.0", 5, "OPERAND_EMPTY: alu3"},
        faulty{"a_result_too_soon", scheduled + R"(
        .queue  vxm.3
        @5 copy i8, 1
        .queue  vxm.0
        @7 copy i8, alu3
)",
               GROQ_FAULT_OPERAND_EMPTY, "vxm.0", 7, "OPERAND_EMPTY: alu3"},
        faulty{"a_result_of_another_width", scheduled + R"(
        .queue  vxm.3
        @5 convert i32, i16, 77
        .queue  vxm.0
        @8 copy i32, alu3
)",
               GROQ_FAULT_ILLEGAL, "vxm.0", 8, "the result of alu3 has 16 bits"},
        faulty{"an_accumulation_of_nothing", scheduled + R"(
        .queue  mxm.e.0.results
        @20 acc 0, i32
)",
               GROQ_FAULT_MXM_EMPTY, "mxm.e.0.results", 20,
               "must be issued in cycle 7"},
        faulty{"a_result_that_nothing_takes", scheduled + R"(
        .queue  mem.e.43
        @0 read e1, 0
        .queue  mxm.e.1.activations
        @3 abc e1, i8
)",
               GROQ_FAULT_MXM_LOST, "mxm.e.1.activations", 16, "MXM_LOST",
               "mxm.e.1.results"},
        faulty{"two_installations", scheduled + R"(
        .queue  mxm.w.0.weights
        @5 iw
        @7 iw
)",
               GROQ_FAULT_MXM_CONFLICT, "mxm.w.0.weights", 7, "the iw of cycle 5"},
        faulty{"sums_away_from_the_centre", by_hand + R"(
        .section "a", w.1[2], text
        nop     16
        acc     0, i32, emit, e4
        .section "launch", w.1[0], text
        .launch mxm.e.0.results, w.1[2], 2
        .reserve w.1[3], 1
)",
               GROQ_FAULT_ILLEGAL, "mxm.e.0.results", 16,
               "away from the chip's centre"},
        faulty{"no_sums_of_two_byte_planes", scheduled + R"(
        .queue  mem.e.43
        @0 read e0, 0
        .queue  mem.e.0
        @0 read e1, 0
        .queue  mxm.e.0.activations
        @13 abc e0, f16
)",
               GROQ_FAULT_STREAM_EMPTY, "mxm.e.0.activations", 13,
               "nothing arrives on e0"},
        faulty{"both_planes_taken", scheduled + both_bytes + R"(
        .queue  mxm.e.0.activations
        @20 abc e0, f16
        .queue  mxm.e.1.activations
        @21 abc e0, i8
        .queue  mxm.e.0.results
        @33 acc 0, f32
        .queue  mxm.e.1.results
        @34 acc 0, i32
)",
               GROQ_FAULT_MXM_CONFLICT, "mxm.e.1.activations", 21,
               "the abc of f16 in cycle 20 has both planes"},
        faulty{"both_planes_taken_in_one_cycle", scheduled + both_bytes + R"(
        .queue  mxm.e.0.activations
        @20 abc e0, f16
        .queue  mxm.e.1.activations
        @20 abc e1, u8
        .queue  mxm.e.0.results
        @33 acc 0, f32
)",
               GROQ_FAULT_MXM_CONFLICT, "mxm.e.1.activations", 20, "both planes"},
        faulty{"a_sum_of_another_type", scheduled + both_bytes + R"(
        .queue  mxm.e.0.activations
        @20 abc e0, f16
        .queue  mxm.e.0.results
        @33 acc 0, i32
)",
               GROQ_FAULT_ILLEGAL, "mxm.e.0.results", 33,
               "ILLEGAL: the result that leaves the array is f32"},
        faulty{"an_installation_over_streamed_rows", scheduled + sixteen_rows + R"(
        .queue  mxm.e.1.weights
        @20 iw.stream e0, 3
        @22 iw
)",
               GROQ_FAULT_MXM_CONFLICT, "mxm.e.1.weights", 22,
               "the iw.stream of cycle 20 is not done"},
        faulty{"rows_streamed_over_an_installation", scheduled + sixteen_rows + R"(
        .queue  mxm.e.1.weights
        @18 iw
        @20 iw.stream e0, 3
)",
               GROQ_FAULT_MXM_CONFLICT, "mxm.e.1.weights", 20,
               "the iw of cycle 18 is not done"},
        faulty{"a_block_past_the_last", scheduled + sixteen_rows + R"(
        .queue  mxm.e.1.weights
        @20 iw.stream e0, 19, step=1
        repeat  1, 1
)",
               GROQ_FAULT_ADDRESS, "mxm.e.1.weights", 21, "ADDRESS: block 20"},
        faulty{"no_power", scheduled + R"(
        .queue  vxm.2
        @3 config 0
        @9 copy i8, 1
)",
               GROQ_FAULT_POWER, "vxm.2", 9, "POWER: config has left"},
        faulty{"no_power_for_what_is_illegal_too", by_hand + R"(
        .section "a", w.1[2], text
        config  0
        abc     e0, f32
        .section "launch", w.1[0], text
        .launch vxm.1, w.1[2], 2
        .reserve w.1[3], 1
)",
               GROQ_FAULT_POWER, "vxm.1", 1, "POWER"},
        faulty{"no_map", scheduled + R"(
        .queue  mem.e.1
        @5 gather e3, 0, e6
)",
               GROQ_FAULT_STREAM_EMPTY, "mem.e.1", 5, "nothing arrives on e6"},
        faulty{"a_gather_without_a_map_beside_a_fetch", R"(
        .entry  main, launch=w.1[0], count=2
        .data   e.43[0]
        .zero   1280
        .section "a", w.1[2], text
        nop     5
        ifetch  e.43[2]
        .section "b", w.1[4], text
        nop     5
        gather  w0, 0, e2
        .reserve w.1[3], 1
        .reserve w.1[5], 1
        .section "launch", w.1[0], text
        .launch mem.e.43, w.1[4], 2
        .launch mem.w.0, w.1[2], 2
)",
               GROQ_FAULT_STREAM_EMPTY, "mem.e.43", 5, "nothing arrives on e2"},
        faulty{"text_fetched_beside_a_gather", R"(
        .entry  main, launch=w.1[0], count=4
        .data   e.41[0]
        .zero   320
        .data   e.42[0]
        .zero   320
        .data   e.43[0]
        .zero   320
        .section "a", e.43[2], text
        nop     5
        ifetch  e.43[4]
        .section "b", e.43[6], text
        nop     5
        gather  w0, 0, e2
        .section "c", e.43[8], text
        nop     4
        read    e2, 0
        .section "d", e.43[10], text
        nop     4
        read    e3, 0
        .reserve e.43[3], 3
        .reserve e.43[7], 1
        .reserve e.43[9], 1
        .reserve e.43[11], 1
        .section "launch", w.1[0], text
        .launch vxm.2, e.43[2], 2
        .launch mem.e.43, e.43[6], 2
        .launch mem.e.42, e.43[8], 2
        .launch mem.e.41, e.43[10], 2
)",
               GROQ_FAULT_BANK, "vxm.2", 5,
               "BANK: a second read of e.43 beside that of mem.e.43"},
        faulty{"a_shifted_value_too_soon", scheduled + R"(
        .queue  mem.e.43
        @0 read e1, 0
        .queue  sxm.e.shift_down
        @2 shift.down e1, w5, i8, 160
        .queue  mem.e.0
        @48 write w5, 0
)",
               GROQ_FAULT_STREAM_EMPTY, "mem.e.0", 48, "nothing arrives on w5"},
        faulty{"two_units_of_an_exchange_at_once", scheduled + R"(
        .queue  mem.e.43
        @0 read e1, 0
        repeat 100, 1
        .queue  sxm.e.shift_up
        @10 shift.up e1, w5, i8, 1
        .queue  sxm.e.select
        @44 select e1, e1, e1, e1, w5, i8
)",
               GROQ_FAULT_STREAM_CONFLICT, "sxm.e.select", 46,
               "sxm.e.shift_up in cycle 10 drives w5 too"},
        faulty{"two_drives_of_which_the_later_queue_issued_first", scheduled + R"(
        .queue  mem.e.43
        @0 read e1, 0
        repeat  40, 1
        .queue  mem.e.0
        @0 read e0, 0
        repeat  40, 1
        .queue  mem.e.1
        @0 read e2, 0
        repeat  40, 1
        .queue  sxm.e.rotate
        @20 rotate e0, w0, 3
        .queue  sxm.e.select
        @22 select e1, e1, e1, e0, w5, i8
)",
               GROQ_FAULT_STREAM_CONFLICT, "sxm.e.rotate", 24,
               "sxm.e.select in cycle 22 drives w5 too"},
        faulty{"a_third_operand_of_another_width", scheduled + R"(
        .queue  vxm.3
        @5 copy i16, 77
        .queue  vxm.0
        @8 blend i32, 1, 1, alu3
)",
               GROQ_FAULT_ILLEGAL, "vxm.0", 8, "the result of alu3 has 16 bits"},
        faulty{"nobody_to_wake_it_when_another_ends", scheduled + R"(
        .queue  vxm.9
        @5 sync
        .queue  vxm.4
        @7 sync
        .queue  vxm.2
        @30 copy i8, 1
)",
               GROQ_FAULT_DEADLOCK, "vxm.4", 30, "DEADLOCK"},
        faulty{"text_beyond_the_sram", by_hand + R"(
        .section "a", w.1[2], text
        ifetch  4294966400
        .section "launch", w.1[0], text
        .launch vxm.1, w.1[2], 1
        .reserve w.1[3], 1
)",
               GROQ_FAULT_ADDRESS, "vxm.1", 0, "ADDRESS: there is no SRAM there"},
        faulty{"nobody_to_wake_it", scheduled + R"(
        .queue  vxm.4
        @5 sync
)",
               GROQ_FAULT_DEADLOCK, "vxm.4", 5, "DEADLOCK"},
        faulty{"no_text_left", by_hand + R"(
        .section "a", w.1[2], text
        nop     10
        .section "launch", w.1[0], text
        .launch vxm.1, w.1[2], 2
        .reserve w.1[3], 1
)",
               GROQ_FAULT_ILLEGAL, "vxm.1", 10, "ILLEGAL: unknown opcode 0"},
        faulty{"a_queue_run_dry", by_hand + R"(
        .section "a", w.1[2], text
        nop     1
        .hex    "01000100000000000000000000000000010001000000000000000000000000000100010000000000000000000000000001000100000000000000000000000000010001000000000000000000000000000100010000000000000000000000000001000100000000000000000000000000010001000000000000000000000000000100010000000000000000000000000001000100000000000000000000000000"
        .hex    "01000100000000000000000000000000010001000000000000000000000000000100010000000000000000000000000001000100000000000000000000000000010001000000000000000000000000000100010000000000000000000000000001000100000000000000000000000000010001000000000000000000000000000100010000000000000000000000000001000100000000000000000000000000"
        .hex    "01000100000000000000000000000000010001000000000000000000000000000100010000000000000000000000000001000100000000000000000000000000010001000000000000000000000000000100010000000000000000000000000001000100000000000000000000000000010001000000000000000000000000000100010000000000000000000000000001000100000000000000000000000000"
        .hex    "010001000000000000000000000000000100010000000000000000000000000001000100000000000000000000000000010001000000000000000000000000000100010000000000000000000000000001000100000000000000000000000000010001000000000000000000000000000100010000000000000000000000000001000100000000000000000000000000"
        .section "launch", w.1[0], text
        .launch vxm.1, w.1[2], 41
)",
               GROQ_FAULT_STARVED, "vxm.1", 40, "STARVED"},
        faulty{"more_text_than_a_queue_holds", by_hand + R"(
        .section "a", w.1[2], text
        ifetch  w.1[4]
        nop     1
        ifetch  w.1[4]
        nop     1
        ifetch  w.1[4]
        nop     1000
        nop     1
        .section "launch", w.1[0], text
        .launch vxm.1, w.1[2], 7
        .reserve w.1[3], 3
)",
               GROQ_FAULT_TEXT_OVERFLOW, "vxm.1", 28, "TEXT_OVERFLOW"},
        faulty{"an_instruction_of_another_unit", by_hand + R"(
        .section "a", w.1[2], text
        nop     3
        read    e0, 0
        .section "launch", w.1[0], text
        .launch vxm.1, w.1[2], 2
        .reserve w.1[3], 1
)",
               GROQ_FAULT_ILLEGAL, "vxm.1", 3, "does not execute read"},
        faulty{"a_repeat_of_a_nop", by_hand + R"(
        .section "a", w.1[2], text
        nop     3
        repeat  2, 1
        .section "launch", w.1[0], text
        .launch vxm.1, w.1[2], 2
        .reserve w.1[3], 1
)",
               GROQ_FAULT_ILLEGAL, "vxm.1", 3, "repeat follows no instruction"}),
    [](const auto &instance) { return instance.param.name; });

} // namespace
} // namespace groq::assembly::test
