// SPDX-License-Identifier: MIT
// Numbers that look random and are the same on every host (SplitMix64).
#ifndef GROQ_CHIP_SCRAMBLE_HPP
#define GROQ_CHIP_SCRAMBLE_HPP

#include <cstdint>

namespace groq::chip {

constexpr uint64_t scramble(uint64_t x) {
    x += 0x9e3779b97f4a7c15;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
}

} // namespace groq::chip

#endif
