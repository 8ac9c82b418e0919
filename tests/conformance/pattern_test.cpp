// SPDX-License-Identifier: MIT
// Bit patterns: each is one instruction or none, and chip and reference say the same.
#include <gtest/gtest.h>

#include <bitset>
#include <cstring>
#include <random>

#include "bench.hpp"
#include "chip/decoder.hpp"
#include "mnemonics.hpp"

namespace groq::conformance {
namespace {

TEST(encodings, do_not_overlap) {
    std::bitset<256> taken;
    for (const reference::operation &op : reference::operations()) {
        EXPECT_LT(op.opcode, taken.size());
        EXPECT_FALSE(taken[op.opcode]) << op.name;
        taken.set(op.opcode);
    }
    EXPECT_FALSE(taken[0]) << "zeros are no instruction";
}

TEST(encodings, have_fields_of_their_own) {
    for (const reference::operation &op : reference::operations()) {
        std::bitset<128> taken(0xff); // the opcode
        for (const reference::field &f : op.fields)
            for (unsigned bit = f.lowest; bit < f.lowest + f.bits; ++bit) {
                ASSERT_LT(bit, taken.size()) << op.name << ' ' << f.name;
                EXPECT_FALSE(taken[bit]) << op.name << ' ' << f.name;
                taken.set(bit);
            }
    }
}

bool is_legal_for_chip(const encoded &word, unsigned icu) {
    chip::instruction_word bits;
    static_assert(sizeof(bits) == sizeof(word));
    std::memcpy(&bits, word.data(), sizeof(bits));
    chip::instruction decoded;
    return chip::decode(bits, icu, decoded);
}

struct patterns : testing::Test {
    // Alone in a queue, in its first cycle. The queue of a link ends earlier, since no
    // link is up: there the decoder itself is asked.
    void expect_agreement(const encoded &word, unsigned icu) {
        program p;
        p.queues[icu] = {word};
        p.max_cycles = 100'000'000;
        EXPECT_EQ(b.compare(p), "") << p.listing();
        bool is_illegal = b.expected().fault.cause == GROQ_FAULT_ILLEGAL;
        if (reference::kind_of_queue(icu) == reference::queue_kind::C2C)
            is_illegal = !is_legal_for_chip(word, icu);
        is_illegal ? ++illegal : ++legal;
        if (!reference::decode(word, icu)) {
            EXPECT_TRUE(is_illegal) << p.listing();
        } else if (reference::kind_of_queue(icu) == reference::queue_kind::C2C) {
            EXPECT_FALSE(is_illegal) << p.listing();
        }
    }

    unsigned below(unsigned limit) { return static_cast<unsigned>(random() % limit); }

    encoded some_bits() {
        encoded word;
        for (uint8_t &byte : word)
            byte = static_cast<uint8_t>(random());
        return word;
    }

    unsigned some_queue(reference::queue_kind kind) {
        for (;;) {
            unsigned icu = below(GROQ_ICUS_ALL);
            if (kind == reference::queue_kind::ANY ||
                reference::kind_of_queue(icu) == kind)
                return icu;
        }
    }

    // Field by field until it is legal in the queue.
    std::optional<encoded> some_instruction(const reference::operation &op,
                                            unsigned icu) {
        for (int attempt = 0; attempt < 20'000; ++attempt) {
            encoded word{};
            reference::set_bits(word, 0, 8, op.opcode);
            for (const reference::field &f : op.fields) {
                uint64_t value = random();
                if (f.kind == reference::field_kind::BITS)
                    value = below(2) ? 0 : value >> below(32);
                reference::set_bits(word, f.lowest, f.bits, value);
            }
            if (reference::decode(word, icu))
                return word;
        }
        return std::nullopt;
    }

    bench b;
    std::mt19937_64 random{20};
    unsigned legal = 0, illegal = 0;
};

TEST_F(patterns, at_random_are_illegal_alike) {
    for (int n = 0; n < 2000 && !HasFailure(); ++n)
        expect_agreement(some_bits(), below(GROQ_ICUS_ALL));
    EXPECT_GT(illegal, 1900u);
}

TEST_F(patterns, with_random_fields_are_illegal_alike) {
    for (const reference::operation &op : reference::operations())
        for (int n = 0; n < 40 && !HasFailure(); ++n) {
            encoded word{};
            reference::set_bits(word, 0, 8, op.opcode);
            for (const reference::field &f : op.fields)
                reference::set_bits(word, f.lowest, f.bits, random());
            expect_agreement(word, some_queue(op.queue));
        }
    EXPECT_GT(illegal, 100u);
    EXPECT_GT(legal, 100u);
}

TEST_F(patterns, one_bit_away_from_an_instruction_are_illegal_alike) {
    for (const reference::operation &op : reference::operations()) {
        unsigned icu = some_queue(op.queue);
        std::optional<encoded> word = some_instruction(op, icu);
        while (!word) { // abc of F16 is legal in few queues, say
            icu = some_queue(op.queue);
            word = some_instruction(op, icu);
        }
        for (unsigned bit = 0; bit < 128 && !HasFailure(); ++bit) {
            encoded changed = *word;
            changed[bit / 8] ^= static_cast<uint8_t>(1u << bit % 8);
            expect_agreement(changed, icu);
        }
    }
    EXPECT_GT(illegal, 1000u);
    EXPECT_GT(legal, 100u);
}

TEST_F(patterns, are_illegal_alike_in_queues_of_another_kind) {
    for (const reference::operation &op : reference::operations()) {
        if (op.is_control())
            continue;
        encoded word = some_instruction(op, some_queue(op.queue)).value_or(encoded{});
        for (unsigned icu = 0; icu < GROQ_ICUS_ALL && !HasFailure();
             icu += 1 + below(3))
            expect_agreement(word, icu);
    }
    EXPECT_GT(illegal, 1000u);
}

} // namespace
} // namespace groq::conformance
