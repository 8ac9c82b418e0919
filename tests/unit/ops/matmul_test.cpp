// SPDX-License-Identifier: MIT
// Matrix products on the chip, against plain loops.
#include <algorithm>
#include <random>

#include <gmock/gmock.h>

#include "matmul_host.hpp"

namespace groq::ops::test {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

template <class T>
matrix<T> random_bytes(std::size_t count, std::mt19937 &random) {
    matrix<T> values(count);
    std::ranges::generate(values, [&] { return static_cast<T>(random()); });
    return values;
}

template <class A>
matrix<std::int32_t> multiply(const matmul_shape &shape, const matrix<A> &a,
                              const matrix<std::int8_t> &b) {
    matrix<std::int32_t> c(std::size_t{shape.rows} * shape.columns);
    for (std::size_t m = 0; m < shape.rows; ++m)
        for (std::size_t k = 0; k < shape.inner; ++k)
            for (std::size_t n = 0; n < shape.columns; ++n)
                c[m * shape.columns + n] +=
                    a[m * shape.inner + k] * b[k * shape.columns + n];
    return c;
}

template <class A>
void expect_same_as_loops(const matmul_shape &shape, edge_columns edge) {
    std::mt19937 random(shape.rows + shape.inner + shape.columns);
    const auto a = random_bytes<A>(std::size_t{shape.rows} * shape.inner, random);
    const auto b =
        random_bytes<std::int8_t>(std::size_t{shape.inner} * shape.columns, random);
    const auto c = multiply_on_chip<std::int32_t>(plan_matmul(shape, edge), a, b);
    EXPECT_TRUE(c == multiply(shape, a, b));
}

class integer_matmul : public testing::TestWithParam<matmul_shape> {};

TEST_P(integer_matmul, is_exact_with_padded_columns) {
    expect_same_as_loops<std::int8_t>(GetParam(), edge_columns::PADDED);
}

TEST_P(integer_matmul, is_exact_with_transposed_columns) {
    expect_same_as_loops<std::int8_t>(GetParam(), edge_columns::TRANSPOSED);
}

TEST_P(integer_matmul, is_exact_without_sign) {
    matmul_shape shape = GetParam();
    shape.numbers = u8_by_i8;
    expect_same_as_loops<std::uint8_t>(shape, edge_columns::SHORTER);
}

// rows, inner, columns; the last two need more than a slice for vectors, and for sums
INSTANTIATE_TEST_SUITE_P(
    ops, integer_matmul,
    testing::Values(matmul_shape{1, 1, 1}, matmul_shape{3, 17, 2},
                    matmul_shape{321, 319, 5}, matmul_shape{700, 650, 330},
                    matmul_shape{64, 320, 640}, matmul_shape{2, 1300, 321},
                    matmul_shape{2100, 30, 17}, matmul_shape{5, 2000, 900},
                    matmul_shape{8200, 1300, 6}, matmul_shape{8200, 6, 1300}),
    name_of);

// So many passes that queues fetch text again and again, short ones among them.
TEST(matmul, is_exact_for_sizes_at_random) {
    std::mt19937 random(5);
    std::uniform_real_distribution<double> share(0, 1);
    const auto size = [&](double most) {
        return 1 + static_cast<unsigned>(most * share(random));
    };
    for (int i = 0; i < 8; ++i)
        expect_same_as_loops<std::int8_t>(
            {size(i % 3 == 0 ? 2000 : 40), size(1000), size(1000)},
            i % 2 == 0 ? edge_columns::PADDED : edge_columns::TRANSPOSED);
}

// A size of the published curve. The product with a vector is a sum of C's columns:
// modulo 2^32 it is what A gives for the product of B with the vector.
TEST(matmul, is_exact_for_thousands_of_rows_and_columns) {
    const matmul_shape shape{2304, 4096, 1612};
    std::mt19937 random(1);
    const auto a =
        random_bytes<std::int8_t>(std::size_t{shape.rows} * shape.inner, random);
    const auto b =
        random_bytes<std::int8_t>(std::size_t{shape.inner} * shape.columns, random);
    const auto plan = plan_matmul(shape);
    EXPECT_EQ(plan.products().size(), 2U);
    const auto c = multiply_on_chip<std::int32_t>(plan, a, b);
    matrix<std::uint32_t> vector(shape.columns);
    std::ranges::generate(vector, random);
    const auto times = [](std::size_t rows, const auto &left, const auto &right) {
        matrix<std::uint32_t> result(rows);
        for (std::size_t m = 0; m < rows; ++m)
            for (std::size_t k = 0; k < right.size(); ++k)
                result[m] +=
                    static_cast<std::uint32_t>(left[m * right.size() + k]) * right[k];
        return result;
    };
    EXPECT_EQ(times(shape.rows, c, vector),
              times(shape.rows, a, times(shape.inner, b, vector)));
}

TEST(matmul, keeps_the_arrays_busy_for_every_size_of_the_published_curve) {
    for (unsigned columns = 1376; columns <= 3500; ++columns)
        ASSERT_GE(plan_matmul({2304, 4096, columns}).utilisation(), 0.95) << columns;
}

TEST(matmul, chooses_what_takes_fewer_cycles) {
    const auto cycles = [](edge_columns edge) {
        return plan_matmul({2304, 640, 350}, edge).cycles();
    };
    EXPECT_LT(cycles(edge_columns::TRANSPOSED), cycles(edge_columns::PADDED));
    EXPECT_EQ(cycles(edge_columns::SHORTER), cycles(edge_columns::TRANSPOSED));
    EXPECT_EQ(plan_matmul({16, 640, 630}).straight_columns(), 630U);
    EXPECT_EQ(plan_matmul({2304, 640, 350, u8_by_i8}).straight_columns(), 350U);
}

TEST(matmul, refuses_what_does_not_fit) {
    const auto refused = [](const matmul_shape &shape, const char *why,
                            edge_columns edge = edge_columns::SHORTER) {
        EXPECT_THAT([&] { plan_matmul(shape, edge); },
                    ThrowsMessage<std::runtime_error>(HasSubstr(why)));
    };
    refused({0, 1, 1}, "must be 1..");
    refused({1, 1, 2'000'000}, "must be 1..");
    refused({1, 7000, 7000}, "484 tiles of 320x320, there is room for 409");
    refused({1, 5000, 5000, f16_by_f16}, "256 tiles of 320x320, there is room for 204");
    refused({20'000, 320, 6400}, "take fewer rows at a time");
    refused({4, 4, 4, u8_by_i8}, "choose PADDED", edge_columns::TRANSPOSED);
}

TEST(matmul, refuses_another_matrix_than_planned) {
    const matrix<std::int8_t> b(6);
    EXPECT_THROW(make_matmul(plan_matmul({1, 2, 4}), std::as_bytes(std::span(b))),
                 std::invalid_argument);
}

} // namespace
} // namespace groq::ops::test
