// SPDX-License-Identifier: MIT
// Matrix products on the chip, against plain loops.
#include <algorithm>
#include <random>
#include <string>

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

std::string name_of(const testing::TestParamInfo<matmul_shape> &instance) {
    const matmul_shape &shape = instance.param;
    return std::to_string(shape.rows) + "x" + std::to_string(shape.inner) + "x" +
           std::to_string(shape.columns);
}

// rows, inner, columns
INSTANTIATE_TEST_SUITE_P(
    ops, integer_matmul,
    testing::Values(matmul_shape{1, 1, 1}, matmul_shape{3, 17, 2},
                    matmul_shape{321, 319, 5}, matmul_shape{700, 650, 330},
                    matmul_shape{64, 320, 640}, matmul_shape{2, 1300, 321},
                    matmul_shape{2100, 30, 17}, matmul_shape{5, 2000, 900}),
    name_of);

} // namespace
} // namespace groq::ops::test
