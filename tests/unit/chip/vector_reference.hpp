// SPDX-License-Identifier: MIT
// What the VXM computes in one lane, docs/isa.md sections 5.3 and 5.5, spelled
// out in the widest types there are. Values are the bits of their type.
#ifndef GROQ_TESTS_CHIP_VECTOR_REFERENCE_HPP
#define GROQ_TESTS_CHIP_VECTOR_REFERENCE_HPP

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "hw/groq_isa.h"

namespace groq::chip::test {

constexpr const char *type_names[GROQ_TYPES] = {"I8", "U8", "I16", "I32", "F16", "F32"};

using wide_float = long double;

inline bool is_float(uint32_t type) {
    return type == GROQ_TYPE_F16 || type == GROQ_TYPE_F32;
}

inline uint32_t bits_of(uint32_t type) {
    constexpr uint32_t bits[GROQ_TYPES] = {8, 8, 16, 32, 16, 32};
    return bits[type];
}

inline uint32_t all_bits(uint32_t type) {
    return 0xffffffffu >> (32 - bits_of(type));
}

// Integers.

inline int64_t least(uint32_t type) {
    return type == GROQ_TYPE_U8 ? 0 : -(int64_t{1} << (bits_of(type) - 1));
}

inline int64_t greatest(uint32_t type) {
    return least(type) + all_bits(type);
}

inline int64_t integer(uint32_t type, uint32_t bits) {
    int64_t x = bits;
    return x > greatest(type) ? x - all_bits(type) - 1 : x;
}

inline uint32_t wrapped(uint32_t type, int64_t x) {
    return static_cast<uint32_t>(x) & all_bits(type);
}

inline uint32_t clamped(uint32_t type, int64_t x) {
    return wrapped(type, std::clamp(x, least(type), greatest(type)));
}

// Floats.

inline wide_float half_number(uint32_t bits) {
    int exponent = bits >> 10 & 31;
    int fraction = bits & 1023;
    wide_float magnitude = std::ldexp(static_cast<wide_float>(fraction), -24);
    if (exponent == 31)
        magnitude = fraction ? std::numeric_limits<wide_float>::quiet_NaN()
                             : std::numeric_limits<wide_float>::infinity();
    else if (exponent > 0)
        magnitude = std::ldexp(static_cast<wide_float>(1024 + fraction), exponent - 25);
    return bits & 0x8000 ? -magnitude : magnitude;
}

inline wide_float number(uint32_t type, uint32_t bits) {
    return type == GROQ_TYPE_F16 ? half_number(bits) : std::bit_cast<float>(bits);
}

// By looking for it among all of them; 2^16 stands for infinity.
inline uint32_t nearest_half(wide_float x) {
    wide_float magnitude = std::fabs(x);
    uint32_t below = 0;
    for (uint32_t step = 0x4000; step; step /= 2)
        if (below + step < 0x7c00 && half_number(below + step) <= magnitude)
            below += step;
    wide_float above = below + 1 == 0x7c00 ? 65536 : half_number(below + 1);
    wide_float down = magnitude - half_number(below);
    wide_float up = above - magnitude;
    bool is_above = up < down || (up == down && below % 2 == 1);
    return (std::signbit(x) ? 0x8000 : 0) | (below + is_above);
}

inline uint32_t rounded(uint32_t type, wide_float x) {
    if (std::isnan(x))
        return type == GROQ_TYPE_F16 ? 0x7e00 : 0x7fc00000;
    return type == GROQ_TYPE_F16 ? nearest_half(x)
                                 : std::bit_cast<uint32_t>(static_cast<float>(x));
}

// Operations.

inline bool has_type(groq_opcode opcode, uint32_t type) {
    switch (opcode) {
    case GROQ_OPCODE_NEG:
    case GROQ_OPCODE_RELU:
        return type != GROQ_TYPE_U8;
    case GROQ_OPCODE_ADD_SAT:
    case GROQ_OPCODE_SUB_SAT:
    case GROQ_OPCODE_MUL_SAT:
    case GROQ_OPCODE_SHL:
    case GROQ_OPCODE_SHR:
    case GROQ_OPCODE_AND:
    case GROQ_OPCODE_OR:
    case GROQ_OPCODE_XOR:
        return !is_float(type);
    case GROQ_OPCODE_TANH:
    case GROQ_OPCODE_EXP:
    case GROQ_OPCODE_RSQRT:
        return is_float(type);
    default:
        return true;
    }
}

inline uint32_t expected_integer(groq_opcode opcode, uint32_t type, uint32_t a,
                                 uint32_t b) {
    int64_t x = integer(type, a), y = integer(type, b);
    int64_t by = std::clamp<int64_t>(y, 0, bits_of(type));
    switch (opcode) {
    case GROQ_OPCODE_NEG:
        return clamped(type, -x);
    case GROQ_OPCODE_ADD_SAT:
        return clamped(type, x + y);
    case GROQ_OPCODE_SUB_SAT:
        return clamped(type, x - y);
    case GROQ_OPCODE_MUL_SAT:
        return clamped(type, x * y);
    case GROQ_OPCODE_ADD_MOD:
        return wrapped(type, x + y);
    case GROQ_OPCODE_SUB_MOD:
        return wrapped(type, x - y);
    case GROQ_OPCODE_MUL_MOD:
        return wrapped(type, x * y);
    case GROQ_OPCODE_MAX:
        return wrapped(type, std::max(x, y));
    case GROQ_OPCODE_MIN:
        return wrapped(type, std::min(x, y));
    case GROQ_OPCODE_SHL:
        return wrapped(type, x * (int64_t{1} << by));
    case GROQ_OPCODE_SHR:
        for (int64_t i = 0; i < by; ++i)
            x = (x - (x & 1)) / 2;
        return wrapped(type, x);
    default: // relu
        return wrapped(type, std::max<int64_t>(x, 0));
    }
}

// The greater one; -0 is below +0, and a NaN gives way.
inline wide_float greater(wide_float x, wide_float y) {
    if (std::isnan(x) || std::isnan(y))
        return std::isnan(x) ? y : x;
    return x > y || (x == y && !std::signbit(x)) ? x : y;
}

// A sum, difference or product rounded first to the 53 bits of a double or the
// 64 of a long double, and then to 24, is that rounded once: 53 >= 2 * 24 + 2.
inline uint32_t expected_float(groq_opcode opcode, uint32_t type, uint32_t a,
                               uint32_t b) {
    wide_float x = number(type, a), y = number(type, b);
    switch (opcode) {
    case GROQ_OPCODE_NEG:
        return a ^ (1u << (bits_of(type) - 1));
    case GROQ_OPCODE_ADD_MOD:
        return rounded(type, x + y);
    case GROQ_OPCODE_SUB_MOD:
        return rounded(type, x - y);
    case GROQ_OPCODE_MUL_MOD:
        return rounded(type, x * y);
    case GROQ_OPCODE_MAX:
        return rounded(type, greater(x, y));
    case GROQ_OPCODE_MIN:
        return rounded(type, -greater(-x, -y));
    case GROQ_OPCODE_TANH:
        return rounded(type, std::tanh(x));
    case GROQ_OPCODE_EXP:
        return rounded(type, std::exp(x));
    case GROQ_OPCODE_RSQRT:
        return rounded(type, 1 / std::sqrt(x));
    default: // relu
        return x > 0 ? a : 0;
    }
}

inline bool holds(groq_opcode opcode, wide_float x, wide_float y) {
    switch (opcode) {
    case GROQ_OPCODE_EQ:
        return x == y;
    case GROQ_OPCODE_NE:
        return !(x == y);
    case GROQ_OPCODE_LT:
        return x < y;
    default:
        return x < y || x == y;
    }
}

inline wide_float any_number(uint32_t type, uint32_t bits) {
    return is_float(type) ? number(type, bits)
                          : static_cast<wide_float>(integer(type, bits));
}

// Of any operation but convert.
inline uint32_t expected(groq_opcode opcode, uint32_t type, uint32_t a, uint32_t b = 0,
                         uint32_t condition = 0) {
    switch (opcode) {
    case GROQ_OPCODE_COPY:
        return a;
    case GROQ_OPCODE_MASK:
        return b ? a : 0;
    case GROQ_OPCODE_BLEND:
        return condition ? a : b;
    case GROQ_OPCODE_AND:
        return a & b;
    case GROQ_OPCODE_OR:
        return a | b;
    case GROQ_OPCODE_XOR:
        return a ^ b;
    case GROQ_OPCODE_EQ:
    case GROQ_OPCODE_NE:
    case GROQ_OPCODE_LT:
    case GROQ_OPCODE_LE:
        return holds(opcode, any_number(type, a), any_number(type, b)) ? all_bits(type)
                                                                       : 0;
    default:
        return is_float(type) ? expected_float(opcode, type, a, b)
                              : expected_integer(opcode, type, a, b);
    }
}

inline uint32_t expected_conversion(uint32_t from, uint32_t to, uint32_t bits) {
    wide_float x = any_number(from, bits);
    if (is_float(to))
        return rounded(to, x);
    if (std::isnan(x))
        return 0;
    return clamped(to, std::llrint(std::clamp<wide_float>(x, -3e9L, 3e9L)));
}

} // namespace groq::chip::test

#endif
