// SPDX-License-Identifier: MIT
#include "asm/instruction.hpp"

#include <set>

#include <gtest/gtest.h>

#include "asm/instruction_text.hpp"
#include "chip/decoder.hpp"
#include "random_instruction.hpp"
#include "read_back.hpp"

namespace groq::assembly::test {
namespace {

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

TEST(instruction, has_the_functional_delay_of_the_chip) {
    for (const operation &op : operations())
        EXPECT_EQ(op.delay, chip::delay_of(static_cast<groq_opcode>(op.opcode)))
            << op.mnemonic;
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

} // namespace
} // namespace groq::assembly::test
