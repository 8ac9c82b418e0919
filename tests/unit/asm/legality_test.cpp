// SPDX-License-Identifier: MIT
// What is ILLEGAL in which queue, and why.
#include "asm/instruction.hpp"

#include <gtest/gtest.h>

#include "asm/queue.hpp"
#include "chip/decoder.hpp"
#include "random_instruction.hpp"
#include "read_back.hpp"

namespace groq::assembly::test {
namespace {

struct illegal_case {
    const char *text;
    const char *reason;
    const char *queue = nullptr; // one of its unit
};

// The first that executes it.
unsigned queue_of(const instruction &code) {
    unsigned icu = 0;
    while (!executes(icu, *code.find_operation()))
        ++icu;
    return icu;
}

class illegal : public testing::TestWithParam<illegal_case> {};

TEST_P(illegal, is_told_from_legal) {
    const instruction code = read_back(GetParam().text);
    const char *name = GetParam().queue;
    const std::string reason =
        violation(code, name != nullptr ? *parse_queue(name) : queue_of(code));
    EXPECT_NE(reason.find(GetParam().reason), std::string::npos) << reason;
}

INSTANTIATE_TEST_SUITE_P(
    legality, illegal,
    testing::Values(
        illegal_case{"add.sat f32, e0, e4", "floats have only the .mod form"},
        illegal_case{"shl f32, e0, e4", "takes integer types"},
        illegal_case{"relu u8, e0", "signed and float"},
        illegal_case{"neg u8, e0", "signed and float"},
        illegal_case{"add.mod i32, e1, e4", "multiple of 4"},
        illegal_case{"add.mod i16, e0, w3", "multiple of 2"},
        illegal_case{"copy i32, e0 -> w2", "multiple of 4"},
        illegal_case{"convert i8, i32, e1 -> w2", "multiple of 4"},
        illegal_case{"copy i8, e0, immediate=3", "no operand names"},
        illegal_case{"max i8, e0, bits(0x100)", "wider than its type"},
        illegal_case{"acc e2, emit, i32, 0", "multiple of 4"},
        illegal_case{"acc e4, add, i32, 0", "without emit"},
        illegal_case{"acc emit, e4, f16, 0", "takes i32 and f32"},
        illegal_case{"acc 0, f32", "leave plane 0", "mxm.e.1.results"},
        illegal_case{"acc 0, i32, emit, w4", "away from the chip's centre",
                     "mxm.w.0.results"},
        illegal_case{"acc 0, i32, emit, e4", "away from the chip's centre",
                     "mxm.e.1.results"},
        illegal_case{"abc e0, i16", "takes i8, u8 and f16"},
        illegal_case{"abc e1, f16", "multiple of 2"},
        illegal_case{"abc e0, f16", "queue of plane 0", "mxm.w.1.activations"},
        illegal_case{"lw e8, 0", "multiple of 16"},
        illegal_case{"lw e0, 20", "blocks 0..19"},
        illegal_case{"iw.stream e0, 20", "blocks 0..19"},
        illegal_case{"iw.stream w1, 0", "multiple of 16"},
        illegal_case{"config 21", "must be 0..20"},
        illegal_case{"gather e0, 0, e1", "multiple of 2"},
        illegal_case{"scatter e0, 0, w3", "multiple of 2"},
        illegal_case{"and f16, e0, e2", "takes integer types"},
        illegal_case{"mul.sat f16, e0, e2", "only the .mod form"},
        illegal_case{"tanh i32, e0", "takes f16 and f32"},
        illegal_case{"rsqrt u8, e0", "takes f16 and f32"},
        illegal_case{"blend f32, e0, e4, e6", "multiple of 4"},
        illegal_case{"blend i8, e0, e1, e2, immediate=1", "no operand names"},
        illegal_case{"copy f16, bits(0x10000)", "wider than its type"},
        illegal_case{"convert f16, f32, e1", "multiple of 2"},
        illegal_case{"convert f16, f32, e2 -> e2", "multiple of 4"},
        illegal_case{"shift.up e0, e1, i8, 320", "lanes must be 0..319"},
        illegal_case{"shift.up e0, e1, i16, 3", "multiple of 2"},
        illegal_case{"shift.down e2, e4, f32, 3", "multiple of 4"},
        illegal_case{"shift.up e0, e1, i8, 3", "does not execute shift.up",
                     "sxm.w.shift_down"},
        illegal_case{"select e0, e1, e2, e3, w4, u8", "does not execute select",
                     "sxm.w.11"},
        illegal_case{"select e0, e4, e6, e8, w4, i32", "multiple of 4"},
        illegal_case{"permute e0, e1, w4, i8", "multiple of 2"},
        illegal_case{"permute e1, e2, w4, i16", "multiple of 2"},
        illegal_case{"distribute e0, e1, w1, i16", "multiple of 2"},
        illegal_case{"rotate e0, e16, 2", "3 or 4"},
        illegal_case{"rotate e2, e16, 3", "multiple of 4"},
        illegal_case{"rotate e0, e4, 4", "to takes 16 streams"},
        illegal_case{"transpose e1, w0", "from takes 16 streams"},
        illegal_case{"transpose e0, w8", "to takes 16 streams"}));

TEST(legality, is_what_the_document_says) {
    for (const char *text : {"add.mod f32, e0, 1.5 -> w4",
                             "max u8, e3, alu15",
                             "relu f32, alu0 -> e28",
                             "convert f32, i8, e4 -> w31",
                             "convert u8, i32, w1 -> w4",
                             "shr i16, e2, 3",
                             "acc 511, i32, add, emit, e28",
                             "acc 0, i32",
                             "lw w16, 19, step=1",
                             "abc e31, u8",
                             "read_write e0, 0, w0, 4096",
                             "min i8, -128, alu0",
                             "config 0",
                             "config 20",
                             "gather e31, 8191, w30",
                             "scatter e0, 0, e2",
                             "blend f16, 1.5, alu3, e4 -> w2",
                             "mask u8, e0, e1",
                             "exp f16, -0.0",
                             "eq f32, e0, inf",
                             "xor i16, e2, -1",
                             "convert f16, u8, e2 -> e31",
                             "abc w30, f16",
                             "acc 3, f32, add, emit, e28",
                             "iw.stream e16, 0, step=1",
                             "shift.up e31, w1, u8, 319",
                             "shift.down e4, w8, f32, 0",
                             "select e0, e2, w4, e7, w6, f16",
                             "permute e1, w2, e3, i8",
                             "distribute e4, e3, w0, i32",
                             "rotate w4, e16, 3",
                             "transpose w16, e0"}) {
        const instruction code = read_back(text);
        EXPECT_EQ(violation(code, queue_of(code)), "") << text;
    }
}

// What the chip's decoder takes in a queue is what is an instruction without violation.
TEST(legality, is_what_the_chip_executes) {
    std::mt19937 random(4);
    unsigned legal = 0;
    for (const operation &op : operations())
        for (int i = 0; i < 20'000; ++i) {
            const instruction code = random_near_legal(op, random);
            const unsigned icu = random() % GROQ_ICUS_ALL;
            chip::instruction decoded;
            const bool executed = chip::decode({code.low, code.high}, icu, decoded);
            const bool allowed = defect(code).empty() && violation(code, icu).empty();
            ASSERT_EQ(allowed, executed) << to_text(code) << " in " << queue_name(icu);
            legal += executed ? 1 : 0;
        }
    EXPECT_GT(legal, 10'000U); // or nothing was tested
}

} // namespace
} // namespace groq::assembly::test
