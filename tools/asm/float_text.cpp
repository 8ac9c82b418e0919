// SPDX-License-Identifier: MIT
#include "asm/float_text.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

#include "asm/instruction.hpp"

namespace groq::assembly {
namespace {

constexpr int half_digits = 11; // of the significand, in bits
constexpr int half_least = -24; // exponent of the least subnormal
constexpr std::uint16_t half_sign = 0x8000;
constexpr std::uint16_t half_infinity = 0x7c00;

template <class T>
std::string shortest(T value, int precision) {
    std::array<char, 32> digits;
    const auto end = precision == 0
                         ? std::to_chars(digits.begin(), digits.end(), value).ptr
                         : std::to_chars(digits.begin(), digits.end(), value,
                                         std::chars_format::general, precision)
                               .ptr;
    return {digits.begin(), end};
}

std::string half_text(std::uint16_t bits) {
    for (int precision = 1;; ++precision) {
        std::string text = shortest(from_half(bits), precision);
        double back = 0;
        std::from_chars(text.data(), text.data() + text.size(), back);
        if (to_half(back) == bits)
            return text;
    }
}

bool is_nan(std::uint32_t bits, unsigned type) {
    const std::uint32_t infinity = type == GROQ_TYPE_F16 ? half_infinity : 0x7f800000;
    const std::uint32_t sign = type == GROQ_TYPE_F16 ? half_sign : 0x80000000;
    return (bits & ~sign) > infinity;
}

// From the digits, so that it is rounded once.
float to_single(const token &number) {
    float value = 0;
    const char *end = number.text.data() + number.text.size();
    if (std::from_chars(number.text.data(), end, value).ec != std::errc())
        source_line::fail_at(number, number.text + " is out of the range of f32");
    return value;
}

std::uint32_t to_bits(double value, unsigned type) {
    return type == GROQ_TYPE_F16
               ? to_half(value)
               : std::bit_cast<std::uint32_t>(static_cast<float>(value));
}

// Neither infinite nor zero when the number is not.
std::uint32_t fitting_bits(const token &number, double value, unsigned type) {
    const std::uint32_t bits = type == GROQ_TYPE_F32 && number.kind == token_kind::real
                                   ? std::bit_cast<std::uint32_t>(to_single(number))
                                   : to_bits(value, type);
    const bool is_lost = bits == to_bits(HUGE_VAL, type) ||
                         bits == to_bits(-HUGE_VAL, type) || (bits == 0 && value != 0);
    if (is_lost)
        source_line::fail_at(number, number.text + " is out of the range of " +
                                         std::string(type_name(type)));
    return bits;
}

std::uint32_t take_magnitude(source_line &line, unsigned type) {
    const token start = line.peek();
    if (line.at_word("inf")) {
        line.take();
        return to_bits(HUGE_VAL, type);
    }
    if (start.kind == token_kind::real)
        return fitting_bits(line.take(), start.real, type);
    return fitting_bits(start, static_cast<double>(line.take_expression()), type);
}

} // namespace

std::uint16_t to_half(double value) {
    const std::uint16_t sign = std::signbit(value) ? half_sign : 0;
    const double magnitude = std::fabs(value);
    if (magnitude == 0)
        return sign;
    if (magnitude >= 65520) // from half way between the largest number and the next
        return sign | half_infinity;
    // In units of the last place: exact, as a double has digits and exponents to spare.
    const int unit = std::max(std::ilogb(magnitude) - (half_digits - 1), half_least);
    const double scaled = std::ldexp(magnitude, -unit);
    auto digits = static_cast<std::uint32_t>(scaled);
    const double rest = scaled - digits;
    if (rest > 0.5 || (rest == 0.5 && digits % 2 != 0))
        ++digits;
    // The leading digit of a normal number adds one to the exponent, and so does the
    // carry of one that is rounded up.
    const auto exponent = static_cast<std::uint32_t>(unit - half_least);
    return static_cast<std::uint16_t>(sign + (exponent << (half_digits - 1)) + digits);
}

double from_half(std::uint16_t bits) {
    const unsigned exponent = (bits & half_infinity) >> (half_digits - 1);
    const unsigned fraction = bits & ((1U << (half_digits - 1)) - 1);
    const unsigned leading = exponent != 0 ? 1U << (half_digits - 1) : 0;
    const double magnitude =
        (bits & half_infinity) == half_infinity
            ? HUGE_VAL
            : std::ldexp(leading + fraction,
                         half_least + static_cast<int>(std::max(exponent, 1U)) - 1);
    return (bits & half_sign) != 0 ? -magnitude : magnitude;
}

std::optional<std::string> float_text(std::uint32_t bits, unsigned type) {
    if (is_nan(bits, type))
        return {};
    const std::string text = type == GROQ_TYPE_F16
                                 ? half_text(static_cast<std::uint16_t>(bits))
                                 : shortest(std::bit_cast<float>(bits), 0);
    return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
}

std::uint32_t take_float(source_line &line, unsigned type) {
    const bool negative = line.at_mark("-") && (line.peek(1).kind == token_kind::real ||
                                                line.peek(1).text == "inf");
    if (negative)
        line.take();
    const std::uint32_t sign = type == GROQ_TYPE_F16 ? half_sign : 0x80000000;
    return take_magnitude(line, type) ^ (negative ? sign : 0);
}

} // namespace groq::assembly
