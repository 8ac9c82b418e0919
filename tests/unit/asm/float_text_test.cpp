// SPDX-License-Identifier: MIT
#include "asm/float_text.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "read_back.hpp"

namespace groq::assembly::test {
namespace {

TEST(half, is_rounded_to_nearest_even) {
    for (unsigned bits = 0; bits < 0x7c00; ++bits) {
        const double value = from_half(static_cast<std::uint16_t>(bits));
        ASSERT_EQ(to_half(value), bits);
        ASSERT_EQ(to_half(-value), bits | 0x8000);
        const double next =
            bits == 0x7bff ? 65536.0 : from_half(static_cast<std::uint16_t>(bits + 1));
        const double middle = (value + next) / 2;
        ASSERT_EQ(to_half(middle), bits + (bits & 1)) << bits;
        ASSERT_EQ(to_half(std::nextafter(middle, 0.0)), bits);
        ASSERT_EQ(to_half(std::nextafter(middle, next)), bits + 1);
    }
    EXPECT_EQ(from_half(0x3c00), 1.0);
    EXPECT_EQ(from_half(0x0001), 0x1p-24);
    EXPECT_EQ(from_half(0xfbff), -65504.0);
}

TEST(half, has_a_text_that_is_read_back) {
    for (unsigned bits = 0; bits < 0x10000; ++bits) {
        const auto code =
            make<GROQ_OPCODE_COPY>({GROQ_TYPE_F16, GROQ_OPERAND_NONE,
                                    GROQ_OPERAND_IMMEDIATE, std::int64_t{bits}});
        ASSERT_EQ(read_back(to_text(code)), code) << to_text(code);
    }
}

} // namespace
} // namespace groq::assembly::test
