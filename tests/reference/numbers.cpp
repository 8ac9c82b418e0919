// SPDX-License-Identifier: MIT
#include "numbers.hpp"

#include <quadmath.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>

#include "encoding.hpp"

namespace groq::reference {
namespace {

__extension__ typedef __int128 wide_integer;

unsigned width_of(unsigned type) {
    return 8 * bytes_of_type(type);
}

uint32_t all_bits(unsigned type) {
    return low_bits(type, -1);
}

uint32_t sign_bit(unsigned type) {
    return uint32_t{1} << (width_of(type) - 1);
}

bool half_is_nan(uint32_t bits) {
    return (bits & 0x7fff) > 0x7c00;
}

bool float_is_nan(uint32_t bits) {
    return (bits & 0x7fffffff) > 0x7f800000;
}

bool is_nan(unsigned type, uint32_t bits) {
    return type == GROQ_TYPE_F16 ? half_is_nan(bits) : float_is_nan(bits);
}

uint32_t nan_of(unsigned type) {
    return type == GROQ_TYPE_F16 ? nan16 : nan32;
}

// Exact.
real real_of(unsigned type, uint32_t bits) {
    return type == GROQ_TYPE_F16 ? half_value(bits) : real{float_of(bits)};
}

// Rounds once.
uint32_t nearest(unsigned type, real value) {
    return type == GROQ_TYPE_F16 ? half_nearest(value)
                                 : bits_of_float(static_cast<float>(value));
}

uint32_t integer_arithmetic(unsigned opcode, unsigned type, int64_t a, int64_t b) {
    switch (opcode) {
    case GROQ_OPCODE_ADD_SAT:
        return low_bits(type, clamp_to(type, a + b));
    case GROQ_OPCODE_SUB_SAT:
        return low_bits(type, clamp_to(type, a - b));
    case GROQ_OPCODE_MUL_SAT:
        return low_bits(type, clamp_to(type, a * b));
    case GROQ_OPCODE_ADD_MOD:
        return low_bits(type, a + b);
    case GROQ_OPCODE_SUB_MOD:
        return low_bits(type, a - b);
    default:
        return low_bits(type, a * b);
    }
}

// The host's own addition of floats is IEEE's; a half's exact sum or product fits
// into 113 bits (2^-48 .. 2^32).
uint32_t float_arithmetic(unsigned opcode, unsigned type, uint32_t a, uint32_t b) {
    if (type == GROQ_TYPE_F32) {
        float x = float_of(a), y = float_of(b);
        return bits_of_float(opcode == GROQ_OPCODE_ADD_MOD   ? x + y
                             : opcode == GROQ_OPCODE_SUB_MOD ? x - y
                                                             : x * y);
    }
    real x = half_value(a), y = half_value(b);
    return half_nearest(opcode == GROQ_OPCODE_ADD_MOD   ? x + y
                        : opcode == GROQ_OPCODE_SUB_MOD ? x - y
                                                        : x * y);
}

// maximumNumber and minimumNumber of IEEE 754-2019: a number beats a NaN, -0 < +0.
uint32_t float_extremum(bool maximum, unsigned type, uint32_t a, uint32_t b) {
    if (is_nan(type, a) && is_nan(type, b))
        return nan_of(type);
    if (is_nan(type, a) || is_nan(type, b))
        return is_nan(type, a) ? b : a;
    real x = real_of(type, a), y = real_of(type, b);
    if (x == y) { // alike, or two zeros
        bool a_is_negative = (a & sign_bit(type)) != 0;
        return a_is_negative == maximum ? b : a;
    }
    return (x > y) == maximum ? a : b;
}

uint32_t extremum(bool maximum, unsigned type, uint32_t a, uint32_t b) {
    if (type_is_float(type))
        return float_extremum(maximum, type, a, b);
    int64_t x = integer_of(type, a), y = integer_of(type, b);
    return low_bits(type, maximum ? std::max(x, y) : std::min(x, y));
}

// "b <= 0 shifts nothing, b >= width shifts everything out".
uint32_t shift_left(unsigned type, uint32_t a, int64_t by) {
    for (int64_t n = 0; n < std::min<int64_t>(by, width_of(type)); ++n)
        a = low_bits(type, int64_t{a} << 1);
    return a;
}

// One place at a time; the sign comes in where there is one.
uint32_t shift_right(unsigned type, uint32_t a, int64_t by) {
    uint32_t fill = type_is_signed_integer(type) ? a & sign_bit(type) : 0;
    for (int64_t n = 0; n < std::min<int64_t>(by, width_of(type)); ++n)
        a = a >> 1 | fill;
    return a;
}

bool is_true(unsigned opcode, unsigned type, uint32_t a, uint32_t b) {
    if (type_is_float(type) && (is_nan(type, a) || is_nan(type, b)))
        return opcode == GROQ_OPCODE_NE;
    real x = type_is_float(type) ? real_of(type, a) : real(integer_of(type, a));
    real y = type_is_float(type) ? real_of(type, b) : real(integer_of(type, b));
    switch (opcode) {
    case GROQ_OPCODE_EQ:
        return x == y;
    case GROQ_OPCODE_NE:
        return x != y;
    case GROQ_OPCODE_LT:
        return x < y;
    default:
        return x <= y;
    }
}

uint32_t negate(unsigned type, uint32_t a) {
    if (type_is_float(type))
        return a ^ sign_bit(type);
    return low_bits(type, clamp_to(type, -integer_of(type, a)));
}

uint32_t rectify(unsigned type, uint32_t a) {
    if (type_is_float(type))
        return is_nan(type, a) ? 0 : float_extremum(true, type, a, 0);
    return low_bits(type, std::max<int64_t>(integer_of(type, a), 0));
}

uint32_t reciprocal_root(unsigned type, uint32_t a) {
    real x = real_of(type, a);
    if (x == 0) // infinity of the zero's sign
        return (a & sign_bit(type)) | (type == GROQ_TYPE_F16 ? 0x7c00 : 0x7f800000);
    return x < 0 ? nan_of(type) : nearest(type, 1 / sqrtq(x));
}

uint32_t transcend(unsigned opcode, unsigned type, uint32_t a) {
    if (is_nan(type, a))
        return nan_of(type);
    switch (opcode) {
    case GROQ_OPCODE_TANH: // tanh of -0 is -0
        return (a & ~sign_bit(type)) == 0 ? a : nearest(type, tanhq(real_of(type, a)));
    case GROQ_OPCODE_EXP:
        return nearest(type, expq(real_of(type, a)));
    default:
        return reciprocal_root(type, a);
    }
}

// Nearest even, saturating; NaN gives 0.
uint32_t integer_nearest(unsigned to, real value) {
    if (isnanq(value))
        return 0;
    real limit = 4294967296.0; // beyond every integer type
    real whole = rintq(std::clamp(value, -limit, limit));
    return low_bits(to, clamp_to(to, static_cast<int64_t>(whole)));
}

// @units of 2^-48, rounded once.
uint32_t fixed_to_float(wide_integer units) {
    if (units == 0)
        return 0;
    bool negative = units < 0;
    wide_integer magnitude = negative ? -units : units;
    int exponent = 0;
    bool inexact_below = false; // of the bits dropped, any but the last
    bool last_dropped = false;
    while (magnitude >> 24 != 0) {
        inexact_below |= last_dropped;
        last_dropped = (magnitude & 1) != 0;
        magnitude >>= 1;
        ++exponent;
    }
    if (last_dropped && (inexact_below || (magnitude & 1) != 0))
        ++magnitude; // up to 2^24: still exact in a float
    float value = std::ldexp(static_cast<float>(magnitude), exponent - 48);
    return bits_of_float(negative ? -value : value);
}

// Every finite half as a number of units of 2^-24, below 2^40.
std::vector<int64_t> all_half_units() {
    std::vector<int64_t> units(65536);
    for (uint32_t bits = 0; bits < units.size(); ++bits)
        if ((bits & 0x7c00) != 0x7c00)
            units[bits] = static_cast<int64_t>(half_value(bits) * 16777216);
    return units;
}

wide_integer half_units(uint16_t bits) {
    static const std::vector<int64_t> units = all_half_units();
    return units[bits];
}

} // namespace

float float_of(uint32_t bits) {
    float value;
    std::memcpy(&value, &bits, sizeof(value));
    return value;
}

uint32_t bits_of_float(float value) {
    if (std::isnan(value))
        return nan32;
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof(bits));
    return bits;
}

real half_value(uint32_t bits) {
    int exponent = static_cast<int>(bits >> 10 & 0x1f);
    int fraction = static_cast<int>(bits & 0x3ff);
    real magnitude;
    if (exponent == 31)
        magnitude = fraction ? nanq("") : real{HUGE_VALQ};
    else if (exponent == 0)
        magnitude = ldexpq(fraction, -24);
    else
        magnitude = ldexpq(1024 + fraction, exponent - 25);
    return bits & 0x8000 ? -magnitude : magnitude;
}

uint32_t half_nearest(real value) {
    if (isnanq(value))
        return nan16;
    uint32_t sign = signbitq(value) ? 0x8000 : 0;
    real magnitude = fabsq(value);
    if (magnitude >= 65520) // half way from the largest half to 2^16
        return sign | 0x7c00;
    int exponent = magnitude < ldexpq(1, -14) ? -14 : ilogbq(magnitude);
    auto quanta = static_cast<uint32_t>(rintq(ldexpq(magnitude, 10 - exponent)));
    if (quanta < 1024) // subnormal
        return sign | quanta;
    // 2048 quanta carry into the exponent, as they should.
    return sign | ((static_cast<uint32_t>(exponent + 15) << 10) + (quanta - 1024));
}

int64_t integer_of(unsigned type, uint32_t bits) {
    int64_t value = bits & all_bits(type);
    bool negative = type_is_signed_integer(type) && (bits & sign_bit(type)) != 0;
    return negative ? value - (int64_t{1} << width_of(type)) : value;
}

uint32_t low_bits(unsigned type, int64_t value) {
    auto mask = (uint64_t{1} << width_of(type)) - 1;
    return static_cast<uint32_t>(static_cast<uint64_t>(value) & mask);
}

int64_t clamp_to(unsigned type, int64_t value) {
    int64_t half = int64_t{1} << (width_of(type) - 1);
    return type_is_signed_integer(type) ? std::clamp(value, -half, half - 1)
                                        : std::clamp<int64_t>(value, 0, 2 * half - 1);
}

uint32_t compute(unsigned opcode, unsigned type, uint32_t a, uint32_t b,
                 uint32_t condition) {
    switch (opcode) {
    case GROQ_OPCODE_COPY:
        return a;
    case GROQ_OPCODE_NEG:
        return negate(type, a);
    case GROQ_OPCODE_MASK:
        return b != 0 ? a : 0;
    case GROQ_OPCODE_BLEND:
        return condition != 0 ? a : b;
    case GROQ_OPCODE_ADD_SAT:
    case GROQ_OPCODE_SUB_SAT:
    case GROQ_OPCODE_MUL_SAT:
    case GROQ_OPCODE_ADD_MOD:
    case GROQ_OPCODE_SUB_MOD:
    case GROQ_OPCODE_MUL_MOD:
        return type_is_float(type)
                   ? float_arithmetic(opcode, type, a, b)
                   : integer_arithmetic(opcode, type, integer_of(type, a),
                                        integer_of(type, b));
    case GROQ_OPCODE_MAX:
    case GROQ_OPCODE_MIN:
        return extremum(opcode == GROQ_OPCODE_MAX, type, a, b);
    case GROQ_OPCODE_SHL:
        return shift_left(type, a, integer_of(type, b));
    case GROQ_OPCODE_SHR:
        return shift_right(type, a, integer_of(type, b));
    case GROQ_OPCODE_RELU:
        return rectify(type, a);
    case GROQ_OPCODE_TANH:
    case GROQ_OPCODE_EXP:
    case GROQ_OPCODE_RSQRT:
        return transcend(opcode, type, a);
    case GROQ_OPCODE_EQ:
    case GROQ_OPCODE_NE:
    case GROQ_OPCODE_LT:
    case GROQ_OPCODE_LE:
        return is_true(opcode, type, a, b) ? all_bits(type) : 0;
    case GROQ_OPCODE_AND:
        return a & b;
    case GROQ_OPCODE_OR:
        return a | b;
    case GROQ_OPCODE_XOR:
        return a ^ b;
    default:
        throw std::logic_error("the reference has no such operation of the VXM");
    }
}

uint32_t convert(unsigned from, unsigned to, uint32_t bits) {
    if (!type_is_float(from)) {
        int64_t value = integer_of(from, bits);
        return type_is_float(to) ? nearest(to, value)
                                 : low_bits(to, clamp_to(to, value));
    }
    if (type_is_float(to))
        return is_nan(from, bits) ? nan_of(to) : nearest(to, real_of(from, bits));
    return integer_nearest(to, real_of(from, bits));
}

uint32_t dot_of_halves(const std::vector<uint16_t> &a, const std::vector<uint16_t> &b) {
    wide_integer sum = 0; // of units of 2^-48; below 2^90
    bool nan = false, plus_infinity = false, minus_infinity = false;
    for (size_t n = 0; n < a.size(); ++n) {
        bool finite = (a[n] & 0x7c00) != 0x7c00 && (b[n] & 0x7c00) != 0x7c00;
        if (finite) {
            sum += half_units(a[n]) * half_units(b[n]);
            continue;
        }
        real product = half_value(a[n]) * half_value(b[n]);
        nan |= isnanq(product) != 0;
        plus_infinity |= product > 0;
        minus_infinity |= product < 0;
    }
    if (nan || (plus_infinity && minus_infinity))
        return nan32;
    if (plus_infinity || minus_infinity)
        return plus_infinity ? 0x7f800000 : 0xff800000;
    return fixed_to_float(sum);
}

} // namespace groq::reference
