// SPDX-License-Identifier: MIT
// The code of docs/isa.md section 5.6: what it corrects, and what it must find.
#include <bit>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "chip/secded.hpp"

namespace groq::chip::test {
namespace {

// Some data, and the words that stand for them.
std::vector<codeword> sound_words() {
    std::mt19937_64 random(5);
    std::vector<codeword> words = {encode_secded(0, 0),
                                   encode_secded(~uint64_t{0}, ~uint64_t{0})};
    while (words.size() < 20)
        words.push_back(encode_secded(random(), random()));
    return words;
}

codeword flipped(codeword word, std::initializer_list<uint32_t> bits) {
    for (uint32_t bit : bits)
        word ^= codeword::single(bit);
    return word;
}

int weight(const codeword &word) {
    return std::popcount(word.low) + std::popcount(word.high) +
           std::popcount(word.check);
}

TEST(secded, has_a_word_for_every_bit) {
    codeword all;
    for (uint32_t bit = 0; bit < codeword::bits; ++bit) {
        EXPECT_EQ(weight(codeword::single(bit)), 1);
        all ^= codeword::single(bit);
    }
    EXPECT_EQ(all, (codeword{~uint64_t{0}, ~uint64_t{0}, 0x1ff}));
}

TEST(secded, keeps_the_data_and_finds_them_sound) {
    for (const codeword &word : sound_words()) {
        EXPECT_LT(word.check, 1u << codeword::check_bits);
        EXPECT_EQ(decode_secded(word).state, soundness::clean);
    }
    EXPECT_EQ(encode_secded(3, 4).low, 3u);
    EXPECT_EQ(encode_secded(3, 4).high, 4u);
    EXPECT_TRUE(encode_secded(0, 0).is_zero()) << "zeroed memory is sound";
}

TEST(secded, corrects_every_single_bit) {
    for (const codeword &word : sound_words()) {
        for (uint32_t bit = 0; bit < codeword::bits; ++bit) {
            codeword wrong = flipped(word, {bit});
            EXPECT_EQ(decode_secded(wrong).state, soundness::corrected);
            EXPECT_EQ(decode_secded(wrong).bit, bit);
            EXPECT_EQ(correct_secded(wrong), soundness::corrected);
            EXPECT_EQ(wrong, word);
        }
    }
}

TEST(secded, detects_every_pair) {
    for (const codeword &word : sound_words()) {
        for (uint32_t a = 0; a < codeword::bits; ++a) {
            for (uint32_t b = 0; b < a; ++b) {
                codeword wrong = flipped(word, {a, b}), before = wrong;
                ASSERT_EQ(correct_secded(wrong), soundness::uncorrectable) << a << b;
                ASSERT_EQ(wrong, before);
            }
        }
    }
}

// All 419,220 of them: found, or taken for one wrong bit that is none of them.
TEST(secded, never_takes_a_triple_for_sound) {
    uint32_t mistaken = 0, found = 0;
    for (uint32_t a = 0; a < codeword::bits; ++a) {
        for (uint32_t b = 0; b < a; ++b) {
            for (uint32_t c = 0; c < b; ++c) {
                codeword error = flipped({}, {a, b, c});
                soundness s = correct_secded(error);
                ASSERT_NE(s, soundness::clean);
                ASSERT_EQ(weight(error), s == soundness::corrected ? 4 : 3);
                ++(s == soundness::corrected ? mistaken : found);
            }
        }
    }
    EXPECT_GT(mistaken, 0u);
    EXPECT_GT(found, 0u);
}

TEST(secded, judges_an_error_without_its_data_as_with_them) {
    std::mt19937 random(7);
    for (const codeword &word : sound_words()) {
        for (int round = 0; round < 1000; ++round) {
            codeword error;
            for (uint32_t n = random() % 6; n-- > 0;)
                error ^= codeword::single(random() % codeword::bits);
            codeword wrong = word;
            wrong ^= error;
            ASSERT_EQ(correct_secded(wrong), correct_secded(error));
            wrong ^= error;
            ASSERT_EQ(wrong, word);
        }
    }
}

} // namespace
} // namespace groq::chip::test
