// SPDX-License-Identifier: MIT
// Numbers of the chip, docs/isa.md 5.5, one at a time. Bit patterns are the low bits
// of a uint32_t. Integers are computed in 64 bits; floats of 32 bits by the host's
// IEEE addition and multiplication; halves exactly in 113 bits and then rounded
// once; tanh, exp and rsqrt in 113 bits, rounded once.
#ifndef GROQ_TESTS_REFERENCE_NUMBERS_HPP
#define GROQ_TESTS_REFERENCE_NUMBERS_HPP

#include <cstdint>
#include <vector>

namespace groq::reference {

__extension__ typedef __float128 real; // wide enough for every exact half result

constexpr uint32_t nan32 = 0x7fc00000;
constexpr uint32_t nan16 = 0x7e00;

float float_of(uint32_t bits);
uint32_t bits_of_float(float value); // any NaN becomes nan32

real half_value(uint32_t bits);
uint32_t half_nearest(real value); // to nearest, ties to even; any NaN becomes nan16

int64_t integer_of(unsigned type, uint32_t bits);
uint32_t low_bits(unsigned type, int64_t value);
int64_t clamp_to(unsigned type, int64_t value);

// The VXM's operations of section 5.3 but convert, in one lane.
uint32_t compute(unsigned opcode, unsigned type, uint32_t a, uint32_t b,
                 uint32_t condition);
uint32_t convert(unsigned from, unsigned to, uint32_t bits);

// Sum of a[n] * b[n] over halves: exact, rounded once to 32 bits.
uint32_t dot_of_halves(const std::vector<uint16_t> &a, const std::vector<uint16_t> &b);

} // namespace groq::reference

#endif
