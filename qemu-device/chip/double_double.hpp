// SPDX-License-Identifier: MIT
// Numbers of about 106 bits: the exact sum of two doubles, the second at most
// half a unit in the last place of the first. The error-free sums and products
// are those of Knuth and Dekker; none needs a fused multiply-add.
#ifndef GROQ_CHIP_DOUBLE_DOUBLE_HPP
#define GROQ_CHIP_DOUBLE_DOUBLE_HPP

#include <bit>
#include <cstdint>

namespace groq::chip {

struct double_double {
    double high;
    double low;
};

// a + b, exactly; @a is the larger one, or zero.
constexpr double_double sum_of_ordered(double a, double b) {
    double sum = a + b;
    return {sum, b - (sum - a)};
}

// a + b, exactly.
constexpr double_double sum_of(double a, double b) {
    double sum = a + b;
    double b_in_sum = sum - a;
    return {sum, (a - (sum - b_in_sum)) + (b - b_in_sum)};
}

// The upper 26 bits of a double, rounded, and the rest.
constexpr double_double split(double a) {
    double scaled = a * 134217729.0; // 2^27 + 1
    double upper = scaled - (scaled - a);
    return {upper, a - upper};
}

// a * b, exactly.
constexpr double_double product_of(double a, double b) {
    double product = a * b;
    double_double x = split(a), y = split(b);
    double rest = x.high * y.high - product;
    rest += x.high * y.low;
    rest += x.low * y.high;
    rest += x.low * y.low;
    return {product, rest};
}

constexpr double_double operator+(double_double a, double b) {
    double_double sum = sum_of(a.high, b);
    return sum_of_ordered(sum.high, sum.low + a.low);
}

constexpr double_double operator*(double_double a, double_double b) {
    double_double product = product_of(a.high, b.high);
    double cross = a.high * b.low + a.low * b.high;
    return sum_of_ordered(product.high, product.low + cross);
}

constexpr double_double operator/(double_double a, double_double b) {
    double first = a.high / b.high;
    double_double part = product_of(first, b.high);
    double rest = ((a.high - part.high) - part.low) + (a.low - first * b.low);
    return sum_of_ordered(first, rest / b.high);
}

// To 53 bits, the last of them odd unless the number is one of 53 bits. Rounded
// once more, to fewer bits, it gives what the number itself would give.
constexpr double round_to_odd(double_double x) {
    if (x.low == 0)
        return x.high;
    bool is_beyond = (x.low < 0) != (x.high < 0);
    return std::bit_cast<double>((std::bit_cast<uint64_t>(x.high) - is_beyond) | 1);
}

} // namespace groq::chip

#endif
