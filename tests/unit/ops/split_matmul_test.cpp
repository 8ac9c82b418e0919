// SPDX-License-Identifier: MIT
// A product on several chips: what one chip gives, in the chips' share of its cycles.
#include "ops/split_matmul.hpp"

#include <random>

#include <gmock/gmock.h>

#include "matmul_host.hpp"

namespace groq::ops::test {
namespace {

matrix<std::uint8_t> random_bytes(std::size_t count) {
    std::mt19937 random(static_cast<std::uint32_t>(count));
    matrix<std::uint8_t> values(count);
    for (std::uint8_t &each : values)
        each = static_cast<std::uint8_t>(random());
    // Of F16 no NaN and nothing infinite: the exponent has a bit that is zero.
    for (std::size_t i = 1; i < values.size(); i += 2)
        values[i] &= 0xbf;
    return values;
}

std::vector<std::byte> bytes_of(const matrix<std::uint32_t> &values) {
    const auto bytes = std::as_bytes(std::span(values));
    return {bytes.begin(), bytes.end()};
}

void expect_same_as_one_chip(const matmul_shape &shape, unsigned chips) {
    const std::size_t element = shape.numbers.operand_bytes;
    const auto a = random_bytes(element * shape.rows * shape.inner);
    const auto b = random_bytes(element * shape.inner * shape.columns);
    const auto whole = multiply_on_chip<std::uint32_t>(plan_matmul(shape), a, b);
    const auto shares = share_columns(shape, chips);
    std::vector<std::vector<std::byte>> parts;
    for (const column_share &each : shares)
        parts.push_back(bytes_of(multiply_on_chip<std::uint32_t>(
            each.plan, a, columns_of_b(shape, each, std::as_bytes(std::span(b))))));
    EXPECT_TRUE(join_columns(shape, shares, parts) == bytes_of(whole));
}

TEST(split_matmul, gives_the_bits_of_one_chip) {
    for (const unsigned chips : {2U, 4U, 8U}) {
        SCOPED_TRACE(chips);
        expect_same_as_one_chip({70, 650, 2600}, chips);
        expect_same_as_one_chip({33, 700, 1300, f16_by_f16}, chips);
    }
}

TEST(split_matmul, shares_out_few_columns) {
    expect_same_as_one_chip({5, 40, 3}, 8);
    EXPECT_EQ(share_columns({5, 40, 3}, 8).size(), 3U);
}

// Sizes of the published curve, and batches as they are inferred.
TEST(split_matmul, takes_the_chips_share_of_the_cycles) {
    const auto efficiency = [](const matmul_shape &shape, unsigned chips) {
        return static_cast<double>(plan_matmul(shape).cycles()) / chips /
               static_cast<double>(cycles_of(share_columns(shape, chips)));
    };
    for (const unsigned chips : {2U, 4U, 8U}) {
        EXPECT_GT(efficiency({2304, 4096, 2560}, chips), 0.97) << chips;
        EXPECT_GT(efficiency({2304, 4096, 1612}, chips), 0.85) << chips;
        EXPECT_GT(efficiency({512, 2048, 5120}, chips), 0.9) << chips;
    }
}

TEST(split_matmul, takes_matrices_that_one_chip_has_no_room_for) {
    EXPECT_THROW(plan_matmul({64, 7000, 7000}), std::runtime_error);
    EXPECT_EQ(share_columns({64, 7000, 7000}, 8).size(), 8U);
}

TEST(split_matmul, refuses_other_sizes_than_planned) {
    const matmul_shape shape{1, 2, 4};
    const auto shares = share_columns(shape, 2);
    EXPECT_THROW(columns_of_b(shape, shares[0], {}), std::invalid_argument);
    const std::vector<std::vector<std::byte>> empty(2);
    EXPECT_THROW(join_columns(shape, shares, empty), std::invalid_argument);
    EXPECT_THROW(share_columns(shape, 0), std::runtime_error);
}

} // namespace
} // namespace groq::ops::test
