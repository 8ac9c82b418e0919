// SPDX-License-Identifier: MIT
// What a dot product of F16 is, docs/isa.md section 5.5: plain integers, slow.
#ifndef GROQ_TESTS_CHIP_HALF_REFERENCE_HPP
#define GROQ_TESTS_CHIP_HALF_REFERENCE_HPP

#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "hw/groq_sram.h"

namespace groq::chip::test {

using halves = std::vector<uint16_t>;
using float_bits = std::vector<uint32_t>;

constexpr uint16_t half_one = 0x3c00, half_largest = 0x7bff, half_smallest = 1;
constexpr uint16_t half_infinity = 0x7c00, half_nan = 0x7e01, half_minus = 0x8000;
constexpr uint32_t float_infinity = 0x7f800000, float_nan = 0x7fc00000;

inline bool is_finite(uint16_t half) {
    return (half & 0x7c00) != 0x7c00;
}
inline bool is_nan(uint16_t half) {
    return !is_finite(half) && half & 0x3ff;
}

// A finite binary16 number as a multiple of 2^-24.
inline int64_t fixed(uint16_t half) {
    int64_t fraction = half & 0x3ff, exponent = half >> 10 & 0x1f;
    int64_t magnitude = exponent ? (fraction + 0x400) << (exponent - 1) : fraction;
    return half & half_minus ? -magnitude : magnitude;
}

__extension__ using exact_sum = __int128;

// To binary32, ties to even, of a multiple of 2^-48.
inline uint32_t rounded(exact_sum sum) {
    __extension__ using wide = unsigned __int128;
    wide magnitude = sum < 0 ? static_cast<wide>(-sum) : static_cast<wide>(sum);
    int dropped = 0; // bits
    while (magnitude >> dropped >> 24)
        ++dropped;
    auto kept = static_cast<uint32_t>(magnitude >> dropped);
    wide rest = magnitude - (wide{kept} << dropped);
    wide tie = dropped ? wide{1} << (dropped - 1) : 1;
    kept += rest > tie || (rest == tie && kept & 1);
    float value = std::ldexp(static_cast<float>(kept), dropped - 48);
    return std::bit_cast<uint32_t>(sum < 0 ? -value : value);
}

inline uint32_t product_of_specials(const uint16_t *weights,
                                    const uint16_t *activations) {
    bool plus = false, minus = false, none = false;
    for (uint32_t i = 0; i < GROQ_LANES; ++i) {
        uint16_t w = weights[i], a = activations[i];
        if (is_finite(w) && is_finite(a))
            continue;
        none |= is_nan(w) || is_nan(a) || !(w & 0x7fff) || !(a & 0x7fff);
        ((w ^ a) & half_minus ? minus : plus) = true;
    }
    if (none || (plus && minus))
        return float_nan;
    return minus ? float_infinity | 0x80000000 : float_infinity;
}

// The published rule, digit by digit.
inline uint32_t dot_product(const uint16_t *weights, const uint16_t *activations) {
    exact_sum sum = 0;
    for (uint32_t i = 0; i < GROQ_LANES; ++i) {
        if (!is_finite(weights[i]) || !is_finite(activations[i]))
            return product_of_specials(weights, activations);
        sum += static_cast<exact_sum>(fixed(weights[i])) * fixed(activations[i]);
    }
    return rounded(sum);
}

} // namespace groq::chip::test

#endif
