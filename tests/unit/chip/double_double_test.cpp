// SPDX-License-Identifier: MIT
// Sums and products without error, and what is built of them.
#include "chip/double_double.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace groq::chip::test {
namespace {

__extension__ using wide_integer = __int128;

wide_integer integer(double_double x) {
    return static_cast<wide_integer>(x.high) + static_cast<wide_integer>(x.low);
}

struct double_doubles : testing::Test {
    // An integer of up to 53 bits.
    double any() {
        auto bits = static_cast<int64_t>(random() >> 11) >> random() % 53;
        return static_cast<double>(random() & 1 ? bits : -bits);
    }

    std::mt19937_64 random{3};
};

TEST_F(double_doubles, lose_nothing_of_sums_and_products) {
    for (int i = 0; i < 100000; ++i) {
        double a = any(), b = any();
        wide_integer x = static_cast<int64_t>(a), y = static_cast<int64_t>(b);
        ASSERT_EQ(integer(sum_of(a, b)), x + y) << a << ", " << b;
        ASSERT_EQ(integer(product_of(a, b)), x * y) << a << ", " << b;
    }
}

TEST_F(double_doubles, multiply_and_divide_to_a_hundred_bits) {
    for (int i = 0; i < 100000; ++i) {
        double_double a = sum_of(any(), std::ldexp(any(), -54));
        double_double b = sum_of(any() + 0x1p54, std::ldexp(any(), -54));
        double_double back = a * b / b;
        double error = (back.high - a.high) + (back.low - a.low);
        ASSERT_LE(std::fabs(error), std::ldexp(std::fabs(a.high), -100)) << a.high;
    }
}

TEST_F(double_doubles, add_to_a_hundred_bits) {
    for (int i = 0; i < 100000; ++i) {
        double_double a = product_of(any(), any());
        double b = any();
        wide_integer sum = integer(a) + static_cast<int64_t>(b);
        auto error = static_cast<double>(integer(a + b) - sum);
        ASSERT_LE(std::fabs(error), std::fabs(static_cast<double>(sum)) * 0x1p-100);
    }
}

TEST_F(double_doubles, round_to_odd) {
    const double ulp = 0x1p-52;
    EXPECT_EQ(round_to_odd({1, 0}), 1) << "exact";
    EXPECT_EQ(round_to_odd({1 + ulp, 0}), 1 + ulp);
    EXPECT_EQ(round_to_odd({1, 0x1p-60}), 1 + ulp);
    EXPECT_EQ(round_to_odd({1, -0x1p-60}), 1 - ulp / 2) << "the odd one below";
    EXPECT_EQ(round_to_odd({1 + ulp, 0x1p-60}), 1 + ulp);
    EXPECT_EQ(round_to_odd({1 + ulp, -0x1p-60}), 1 + ulp);
    EXPECT_EQ(round_to_odd({1 + 2 * ulp, -0x1p-60}), 1 + ulp);
    EXPECT_EQ(round_to_odd({-1, 0x1p-60}), -(1 - ulp / 2));
    EXPECT_EQ(round_to_odd({-1, -0x1p-60}), -(1 + ulp));
}

} // namespace
} // namespace groq::chip::test
