// SPDX-License-Identifier: MIT
// The floats of the chip, docs/isa.md section 5.5: binary32 is the compiler's
// float, binary16 is here. Its arithmetic is done in binary32, whose 24 bits are
// two more than twice the 11 of binary16: a sum, difference or product rounded
// first to the one and then to the other is rounded right.
#ifndef GROQ_CHIP_FLOATS_HPP
#define GROQ_CHIP_FLOATS_HPP

#include <bit>
#include <cstdint>
#include <span>

#include "lanes.hpp"

namespace groq::chip {

// The NaN of every result, so that no two machines differ in its bits. In
// binary16 it is 0x7e00.
constexpr float not_a_number = std::bit_cast<float>(0x7fc00000u);

constexpr float canonical(float x) {
    return x == x ? x : not_a_number;
}

struct half {
    uint16_t bits;

    static constexpr uint16_t sign = 0x8000;
    static constexpr uint16_t infinity = 0x7c00;

    bool operator==(const half &) const = default; // of bits
};

// Both as IEEE 754 converts: a NaN keeps its sign and the upper bits of its
// payload and becomes quiet.

constexpr float widen(half h) {
    constexpr uint32_t rebias = (127 - 15) << 23;
    constexpr uint32_t least_normal = rebias + (1 << 23);
    constexpr uint32_t infinity = 0x7f800000;
    constexpr uint32_t quiet = 0x400000;
    uint32_t sign = static_cast<uint32_t>(h.bits & half::sign) << 16;
    uint32_t magnitude = static_cast<uint32_t>(h.bits & ~half::sign) << 13;
    // The place of the leading bit is found by subtracting one that was put there.
    float subnormal = std::bit_cast<float>(magnitude + least_normal) -
                      std::bit_cast<float>(least_normal);
    uint32_t finite =
        magnitude < 1 << 23 ? std::bit_cast<uint32_t>(subnormal) : magnitude + rebias;
    uint32_t number = magnitude < half::infinity << 13 ? finite : magnitude | infinity;
    return std::bit_cast<float>(
        sign | (magnitude > half::infinity << 13 ? number | quiet : number));
}

// To the nearest, ties to even.
constexpr half narrow(float x) {
    constexpr uint32_t rebias = (127 - 15) << 23;
    constexpr uint32_t least_normal = rebias + (1 << 23);
    constexpr uint32_t infinity = 0x7f800000;
    constexpr uint32_t quiet = 0x200;
    uint32_t sign = std::bit_cast<uint32_t>(x) >> 16 & half::sign;
    uint32_t magnitude = std::bit_cast<uint32_t>(x) & 0x7fffffff;
    // Half a unit of what stays, less one bit where that is even.
    uint32_t rounded = (magnitude - rebias + 0xfff + (magnitude >> 13 & 1)) >> 13;
    uint32_t normal = rounded < half::infinity ? rounded : half::infinity;
    // 0.5f has the unit that the subnormals of binary16 have.
    float aligned = std::bit_cast<float>(magnitude) + 0.5f;
    uint32_t subnormal =
        std::bit_cast<uint32_t>(aligned) - std::bit_cast<uint32_t>(0.5f);
    uint32_t number = magnitude < least_normal ? subnormal : normal;
    uint32_t nan = half::infinity | quiet | (magnitude >> 13 & 0x3ff);
    return {static_cast<uint16_t>(sign | (magnitude > infinity ? nan : number))};
}

// Whole vectors, as the functions above would. One portable version and some
// for particular processors, chosen at run time; all give the same bits.
struct half_conversion {
    const char *name;
    bool (*is_usable)(); // on this processor
    void (*widen)(const lanes &halves, lanes &floats);
    void (*narrow)(const lanes &floats, lanes &halves);
};

// The fastest first; the last one is always usable.
std::span<const half_conversion> half_conversions();

void widen(const lanes &halves, lanes &floats);
void narrow(const lanes &floats, lanes &halves);

} // namespace groq::chip

#endif
