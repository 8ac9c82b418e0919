// SPDX-License-Identifier: MIT
// binary16 on the host, for references: values as exact integers, sums of products
// without error, and one rounding.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <random>

namespace groq::ops::test {

__extension__ using wide = __int128;

struct half {
    std::uint16_t bits;
};

// Finite ones of all sizes, zeroes and subnormals among them.
inline half random_half(std::mt19937 &random) {
    half value{static_cast<std::uint16_t>(random())};
    if ((value.bits & 0x7c00) == 0x7c00)
        value.bits ^= 0x4000;
    return value;
}

// In units of 2^-24, of which all finite numbers are multiples.
inline std::int64_t units(half value) {
    const int exponent = value.bits >> 10 & 31;
    const std::int64_t fraction = value.bits & 0x3ff;
    const std::int64_t magnitude =
        exponent == 0 ? fraction : (fraction | 0x400) << (exponent - 1);
    return (value.bits & 0x8000) != 0 ? -magnitude : magnitude;
}

inline double to_double(half value) {
    return std::ldexp(static_cast<double>(units(value)), -24);
}

// A sum of products, in units of 2^-48, to the nearest float, ties to even.
inline float round_products(wide sum) {
    const wide magnitude = sum < 0 ? -sum : sum;
    int dropped = 0; // bits below the 24 of a float
    while (magnitude >> dropped >> 24 != 0)
        ++dropped;
    wide kept = magnitude >> dropped;
    const wide twice_rest = (magnitude - (kept << dropped)) * 2;
    const wide one = wide{1} << dropped;
    if (twice_rest > one || (twice_rest == one && (kept & 1) != 0))
        ++kept;
    const float value =
        std::ldexp(static_cast<float>(static_cast<std::int64_t>(kept)), dropped - 48);
    return sum < 0 ? -value : value;
}

} // namespace groq::ops::test
