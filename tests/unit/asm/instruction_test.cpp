// SPDX-License-Identifier: MIT
#include "asm/instruction.hpp"

#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "asm/float_text.hpp"
#include "asm/instruction_text.hpp"
#include "asm/queue.hpp"
#include "chip/decoder.hpp"
#include "random_instruction.hpp"

namespace groq::assembly::test {
namespace {

instruction read_back(const std::string &text) {
    const symbol_values none;
    source_line line(text, none, false);
    return take_instruction(line);
}

TEST(instruction_table, has_one_operation_per_opcode_and_mnemonic) {
    std::set<unsigned> opcodes;
    std::set<std::string_view> mnemonics;
    for (const operation &op : operations()) {
        EXPECT_TRUE(opcodes.insert(op.opcode).second) << op.name;
        EXPECT_TRUE(mnemonics.insert(op.mnemonic).second) << op.mnemonic;
        EXPECT_EQ(find_operation(op.opcode), &op);
        EXPECT_EQ(find_operation(op.mnemonic), &op);
    }
    EXPECT_EQ(find_operation(std::uint8_t{0}), nullptr);
    EXPECT_EQ(find_operation("frobnicate"), nullptr);
}

TEST(instruction_table, has_fields_that_do_not_overlap) {
    for (const operation &op : operations()) {
        std::set<unsigned> taken{0, 1, 2, 3, 4, 5, 6, 7};
        for (const field &f : op.fields)
            for (unsigned bit = f.low; bit < f.low + f.bits; ++bit)
                EXPECT_TRUE(bit < 128 && taken.insert(bit).second)
                    << op.mnemonic << " " << f.name;
    }
}

TEST(instruction, keeps_what_make_was_given) {
    const auto code =
        make<GROQ_OPCODE_READ>({.stream = west(3), .word = 0x1fff, .step = -8192});
    EXPECT_EQ(code.low, 0x10U | 0x23U << 8 | 0x1fffULL << 16 | 0x2000ULL << 32);
    EXPECT_EQ(code.high, 0U);
    EXPECT_EQ(get(code, "stream"), west(3));
    EXPECT_EQ(get(code, "word"), 0x1fff);
    EXPECT_EQ(get(code, "step"), -8192);
    const auto pair = make<GROQ_OPCODE_READ_WRITE>({.write_word = 5, .write_step = -1});
    EXPECT_EQ(pair.high, 5ULL << 16 | 0x3fffULL << 32);
}

TEST(instruction, refuses_values_that_do_not_fit) {
    EXPECT_THROW(make<GROQ_OPCODE_READ>({.word = 8192}), std::out_of_range);
    EXPECT_THROW(make<GROQ_OPCODE_READ>({.step = 8192}), std::out_of_range);
    EXPECT_THROW(make<GROQ_OPCODE_NOP>({.cycles = -1}), std::out_of_range);
    EXPECT_THROW(get(make<GROQ_OPCODE_SYNC>(), "cycles"), std::invalid_argument);
}

TEST(instruction, survives_bytes_and_text) {
    std::mt19937 random(1);
    for (const operation &op : operations())
        for (int i = 0; i < 2000; ++i) {
            const instruction code = random_instruction(op, random);
            ASSERT_EQ(defect(code), "") << op.mnemonic;
            ASSERT_EQ(from_bytes(to_bytes(code)), code);
            ASSERT_EQ(read_back(to_text(code)), code) << to_text(code);
        }
}

// What the chip's decoder takes in a queue is what is an instruction without violation.
TEST(instruction, is_legal_where_the_chip_executes_it) {
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

TEST(instruction, has_the_functional_delay_of_the_chip) {
    for (const operation &op : operations())
        EXPECT_EQ(op.delay, chip::delay_of(static_cast<groq_opcode>(op.opcode)))
            << op.mnemonic;
}

TEST(half, is_rounded_to_nearest_even) {
    for (unsigned bits = 0; bits < 0x7c00; ++bits) {
        const double value = from_half(static_cast<std::uint16_t>(bits));
        ASSERT_EQ(to_half(value), bits);
        ASSERT_EQ(to_half(-value), bits | 0x8000);
        const double next =
            bits == 0x7bff ? 65536.0 : from_half(static_cast<std::uint16_t>(bits + 1));
        const double middle = (value + next) / 2;
        ASSERT_EQ(to_half(middle), bits + (bits & 1)) << bits;
        ASSERT_EQ(to_half(std::nextafter(middle, 0.0)), bits);
        ASSERT_EQ(to_half(std::nextafter(middle, next)), bits + 1);
    }
    EXPECT_EQ(from_half(0x3c00), 1.0);
    EXPECT_EQ(from_half(0x0001), 0x1p-24);
    EXPECT_EQ(from_half(0xfbff), -65504.0);
}

TEST(half, has_a_text_that_is_read_back) {
    for (unsigned bits = 0; bits < 0x10000; ++bits) {
        const auto code =
            make<GROQ_OPCODE_COPY>({GROQ_TYPE_F16, GROQ_OPERAND_NONE,
                                    GROQ_OPERAND_IMMEDIATE, std::int64_t{bits}});
        ASSERT_EQ(read_back(to_text(code)), code) << to_text(code);
    }
}

// Of any 16 bytes either defect() says why not, or the fields give them back.
TEST(instruction, is_decoded_exactly_or_not_at_all) {
    std::mt19937_64 random(2);
    for (int i = 0; i < 200'000; ++i) {
        instruction code{random() & random() & random(), random() & random()};
        const auto opcode = operations()[random() % operations().size()].opcode;
        code.low = (code.low & ~std::uint64_t{0xff}) | opcode;
        if (!defect(code).empty())
            continue;
        instruction again{opcode, 0};
        for (const field &f : code.find_operation()->fields)
            set(again, f, get(code, f));
        ASSERT_EQ(again, code);
    }
}

TEST(instruction, has_a_defect_in_every_bit_outside_its_fields) {
    std::mt19937 random(3);
    for (const operation &op : operations()) {
        std::set<unsigned> used{0, 1, 2, 3, 4, 5, 6, 7};
        for (const field &f : op.fields)
            for (unsigned bit = f.low; bit < f.low + f.bits; ++bit)
                used.insert(bit);
        for (unsigned bit = 0; bit < 128; ++bit) {
            instruction code = random_instruction(op, random);
            (bit < 64 ? code.low : code.high) ^= std::uint64_t{1} << (bit % 64);
            EXPECT_TRUE(used.contains(bit) || !defect(code).empty())
                << op.mnemonic << " bit " << bit;
        }
    }
    EXPECT_NE(defect({0, 0}), "");
    EXPECT_NE(defect({0xff, 0}), "");
}

TEST(instruction, steps_its_words_and_knows_their_range) {
    const auto code = make<GROQ_OPCODE_READ>({.word = 10, .step = -3});
    EXPECT_EQ(get(*stepped(code, 3), "word"), 1);
    EXPECT_FALSE(stepped(code, 4));
    const auto block = make<GROQ_OPCODE_LW>({.block = 1, .step = 10});
    EXPECT_EQ(get(*stepped(block, 3), "block"), 31);
    EXPECT_FALSE(stepped(block, 4));
    EXPECT_EQ(*stepped(make<GROQ_OPCODE_IW>(), 1000), make<GROQ_OPCODE_IW>());
}

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
    instruction, illegal,
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

TEST(instruction, is_legal_where_the_document_allows_it) {
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

} // namespace
} // namespace groq::assembly::test
