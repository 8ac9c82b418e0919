// SPDX-License-Identifier: MIT
// The words of SRAM that random programs read.
#include <algorithm>
#include <cstring>
#include <numeric>

#include "generator.hpp"

namespace groq::conformance {
namespace {

constexpr unsigned words_per_bank = 64; // that hold operands

// Where each kind of content lies in a bank, and how many bytes one value has.
struct area {
    unsigned first;
    unsigned bytes;
    unsigned variants;
};

uint32_t some_float(std::mt19937_64 &random) {
    constexpr uint32_t special[] = {
        0x00000000, 0x80000000, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00001,
        0x7f800001, 0x00000001, 0x80000001, 0x007fffff, 0x00800000, 0x7f7fffff,
        0xff7fffff, 0x3f800000, 0xbf800000, 0x3f000000, 0x4b000001, 0x4f000000,
        0xcf000000, 0x477fe000, 0x477ff000, 0x33800000, 0x42b17218, 0xc2cff1b5};
    auto bits = static_cast<uint32_t>(random());
    switch (random() % 4) {
    case 0:
        return special[random() % std::size(special)];
    case 1:
        return bits;
    default: // 2^-8 .. 2^7
        return (bits & 0x807fffff) | static_cast<uint32_t>(119 + random() % 16) << 23;
    }
}

uint16_t some_half(std::mt19937_64 &random) {
    constexpr uint16_t special[] = {0x0000, 0x8000, 0x7c00, 0xfc00, 0x7e00, 0xfe01,
                                    0x7c01, 0x0001, 0x8001, 0x03ff, 0x0400, 0x7bff,
                                    0xfbff, 0x3c00, 0xbc00, 0x3800, 0x3555, 0x498c};
    auto bits = static_cast<uint16_t>(random());
    switch (random() % 4) {
    case 0:
        return special[random() % std::size(special)];
    case 1:
        return bits;
    default: // 2^-6 .. 2^5
        return static_cast<uint16_t>((bits & 0x83ff) | (9 + random() % 12) << 10);
    }
}

// A random number for every lane below @lanes, each once; anything above.
std::vector<unsigned> some_permutation(unsigned lanes, std::mt19937_64 &random) {
    std::vector<unsigned> order(GROQ_LANES);
    std::iota(order.begin(), order.end(), 0u);
    for (unsigned n = lanes; n > 1; --n)
        std::swap(order[n - 1], order[random() % n]);
    return order;
}

} // namespace

void generator::need_word(unsigned slice, unsigned word) {
    needed_.insert({slice, word});
}

// The word with byte @byte of values of this kind.
unsigned generator::word_of(content of, unsigned byte, unsigned variant) {
    constexpr area areas[] = {{0, 1, 8},  {16, 1, 4}, {20, 1, 4}, {24, 4, 2},
                              {32, 2, 2}, {36, 1, 2}, {38, 1, 2}, {40, 2, 2},
                              {44, 2, 2}, {48, 1, 8}};
    const area &a = areas[static_cast<size_t>(of)];
    return a.first + (variant % a.variants) * a.bytes + byte % a.bytes;
}

// Bytes of one value lie in different slices as if they came from one.
std::vector<uint8_t> generator::bytes_of_word(unsigned slice, unsigned word) {
    unsigned n = word % words_per_bank;
    auto is_in = [&](content of) {
        return n >= word_of(of, 0, 0) &&
               n < word_of(static_cast<content>(static_cast<int>(of) + 1), 0, 0);
    };
    bool is_plane = is_in(content::FLOATS) || is_in(content::HALVES) ||
                    is_in(content::PERMUTE) || is_in(content::WORDS);
    unsigned bytes = is_in(content::FLOATS) ? 4 : is_plane ? 2 : 1;
    unsigned first = n - n % bytes, byte = n % bytes;
    std::mt19937_64 random(seed_ * 4096 + first + (is_plane ? 0 : 64 * (slice + 1)));
    std::vector<unsigned> order =
        some_permutation(superlanes_ * GROQ_TILE_LANES, random);
    constexpr uint8_t edges[] = {0x00, 0x01, 0x7f, 0x80, 0x81, 0xff, 0x10, 0x07};
    std::vector<uint8_t> data(GROQ_VECTOR_BYTES);
    for (unsigned lane = 0; lane < GROQ_LANES; ++lane) {
        auto value = static_cast<uint32_t>(random());
        if (is_in(content::SMALL))
            value = value % 19 - 9;
        else if (is_in(content::EDGES))
            value = edges[value % std::size(edges)];
        else if (is_in(content::FLOATS))
            value = some_float(random);
        else if (is_in(content::HALVES))
            value = some_half(random);
        else if (is_in(content::SELECT))
            value %= 3;
        else if (is_in(content::DISTRIBUTE))
            value = value % 4 == 0 ? 0x80 | value : value % GROQ_TILE_LANES;
        else if (is_in(content::PERMUTE))
            value = order[lane];
        else if (is_in(content::WORDS))
            value = value / 2 % words_per_bank + (value % 2 ? GROQ_BANK_WORDS : 0);
        else if (n >= word_of(content::TAME_HIGH, 0, 0)) // 2^-6 .. 2^1
            value = (value & 0x83) | (9 + value / 256 % 8) << 2;
        data[lane] = static_cast<uint8_t>(value >> 8 * byte);
    }
    return data;
}

} // namespace groq::conformance
