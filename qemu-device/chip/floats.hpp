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

// One NaN for all, so that no two machines differ in its bits.
constexpr float not_a_number = std::bit_cast<float>(0x7fc00000u);

constexpr float canonical(float x) {
    return x == x ? x : not_a_number;
}

struct half {
    uint16_t bits;

    static constexpr uint16_t sign = 0x8000;
    static constexpr uint16_t infinity = 0x7c00;
    static constexpr uint16_t not_a_number = 0x7e00; // the one that is computed

    bool operator==(const half &) const = default; // of bits
};

// Exact; a NaN becomes the canonical one.
constexpr float widen(half h) {
    constexpr uint32_t rebias = (127 - 15) << 23;
    constexpr uint32_t least_normal = rebias + (1 << 23);
    uint32_t magnitude = (h.bits & ~half::sign) << 13;
    uint32_t sign = uint32_t{h.bits} >> 15 << 31;
    float subnormal = std::bit_cast<float>(magnitude + least_normal) -
                      std::bit_cast<float>(least_normal);
    uint32_t number =
        magnitude < 1 << 23 ? std::bit_cast<uint32_t>(subnormal) : magnitude + rebias;
    uint32_t any = magnitude < half::infinity << 13 ? number : 0x7f800000;
    return std::bit_cast<float>(magnitude > half::infinity << 13 ? 0x7fc00000
                                                                 : any | sign);
}

// To the nearest, ties to even; a NaN becomes the canonical one.
constexpr half narrow(float x) {
    constexpr uint32_t rebias = (127 - 15) << 23;
    uint32_t bits = std::bit_cast<uint32_t>(x);
    uint32_t magnitude = bits & 0x7fffffff;
    // Half a unit of the last place that stays, less one where that is even.
    uint32_t rounded = (magnitude - rebias + 0xfff + (magnitude >> 13 & 1)) >> 13;
    uint32_t normal = rounded < half::infinity ? rounded : half::infinity;
    // The unit of 0.5f is that of the subnormals of binary16.
    uint32_t subnormal =
        std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude) + 0.5f) -
        std::bit_cast<uint32_t>(0.5f);
    uint32_t any = magnitude < rebias + (1 << 23) ? subnormal : normal;
    uint32_t number = any | (bits >> 16 & half::sign);
    return {
        static_cast<uint16_t>(magnitude > 0x7f800000 ? half::not_a_number : number)};
}

// Whole vectors, as the functions above would. One portable version and some
// for particular processors, chosen at run time; all give the same bits.
struct half_kernel {
    const char *name;
    bool (*is_usable)(); // on this processor
    void (*widen)(const lanes &halves, lanes &floats);
    void (*narrow)(const lanes &floats, lanes &halves);
};

// The fastest first; the last one is always usable.
std::span<const half_kernel> half_kernels();

void widen(const lanes &halves, lanes &floats);
void narrow(const lanes &floats, lanes &halves);

} // namespace groq::chip

#endif
