// SPDX-License-Identifier: MIT
#include "secded.hpp"

#include <array>
#include <bit>

namespace groq::chip {

constexpr uint32_t syndromes = 1u << codeword::check_bits;

using column_list = std::array<uint32_t, codeword::bits>;

// After Hsiao: columns of odd weight, so that two of them never add up to a
// third. Data bits have the 84 of weight 3 in ascending order, then the first
// of weight 5; check bits stand for themselves.
static constexpr column_list make_columns() {
    column_list columns{};
    uint32_t bit = 0;
    for (int weight : {3, 5})
        for (uint32_t s = 0; s < syndromes && bit < codeword::data_bits; ++s)
            if (std::popcount(s) == weight)
                columns[bit++] = s;
    for (uint32_t i = 0; i < codeword::check_bits; ++i)
        columns[bit++] = 1u << i;
    return columns;
}

constexpr column_list columns = make_columns();

// The data bits that each check bit is the parity of.
struct row {
    uint64_t low;
    uint64_t high;
};

static constexpr std::array<row, codeword::check_bits> make_rows() {
    std::array<row, codeword::check_bits> rows{};
    for (uint32_t bit = 0; bit < codeword::data_bits; ++bit)
        for (uint32_t i = 0; i < rows.size(); ++i)
            (bit < 64 ? rows[i].low : rows[i].high) |= uint64_t{columns[bit] >> i & 1}
                                                       << bit % 64;
    return rows;
}

constexpr std::array<row, codeword::check_bits> rows = make_rows();

constexpr uint8_t no_bit = 0xff;

static constexpr std::array<uint8_t, syndromes> make_bits() {
    std::array<uint8_t, syndromes> bits{};
    bits.fill(no_bit);
    for (uint32_t bit = 0; bit < columns.size(); ++bit)
        bits[columns[bit]] = static_cast<uint8_t>(bit);
    return bits;
}

// The bit whose column a syndrome is.
constexpr std::array<uint8_t, syndromes> bit_of_syndrome = make_bits();

static uint64_t check_of(uint64_t low, uint64_t high) {
    uint64_t check = 0;
    for (uint32_t i = 0; i < rows.size(); ++i)
        check |= static_cast<uint64_t>(
                     std::popcount((low & rows[i].low) ^ (high & rows[i].high)) & 1)
                 << i;
    return check;
}

codeword codeword::single(uint32_t bit) {
    uint64_t mask = uint64_t{1} << bit % 64;
    if (bit < 64)
        return {mask, 0, 0};
    return bit < data_bits ? codeword{0, mask, 0} : codeword{0, 0, mask};
}

codeword encode_secded(uint64_t low, uint64_t high) {
    return {low, high, check_of(low, high)};
}

secded_verdict decode_secded(const codeword &word) {
    uint64_t syndrome = check_of(word.low, word.high) ^ word.check;
    if (syndrome == 0)
        return {soundness::clean, 0};
    uint32_t bit = bit_of_syndrome[syndrome];
    return {bit == no_bit ? soundness::uncorrectable : soundness::corrected, bit};
}

soundness correct_secded(codeword &word) {
    secded_verdict verdict = decode_secded(word);
    if (verdict.state == soundness::corrected)
        word ^= codeword::single(verdict.bit);
    return verdict.state;
}

} // namespace groq::chip
