// SPDX-License-Identifier: MIT
// Matrix products of binary16 on the chip, bit for bit.
#include <algorithm>
#include <random>

#include "half.hpp"
#include "matmul_host.hpp"

namespace groq::ops::test {
namespace {

// Each 320 of the inner dimension exactly, rounded once; then in order as float.
matrix<float> multiply(const matmul_shape &shape, const matrix<half> &a,
                       const matrix<half> &b) {
    matrix<float> c;
    for (std::size_t m = 0; m < shape.rows; ++m)
        for (std::size_t n = 0; n < shape.columns; ++n) {
            float sum = 0;
            for (std::size_t k = 0; k < shape.inner;) {
                wide exact = 0;
                for (const std::size_t end =
                         std::min<std::size_t>(k + 320, shape.inner);
                     k < end; ++k)
                    exact += wide{units(a[m * shape.inner + k])} *
                             units(b[k * shape.columns + n]);
                sum += round_products(exact);
            }
            c.push_back(sum);
        }
    return c;
}

class half_matmul : public testing::TestWithParam<matmul_shape> {
protected:
    void expect_same_as_loops(edge_columns edge) {
        matmul_shape shape = GetParam();
        shape.numbers = f16_by_f16;
        std::mt19937 random(shape.rows + shape.inner + shape.columns);
        matrix<half> a(std::size_t{shape.rows} * shape.inner);
        matrix<half> b(std::size_t{shape.inner} * shape.columns);
        std::ranges::generate(a, [&] { return random_half(random); });
        std::ranges::generate(b, [&] { return random_half(random); });
        const auto c = multiply_on_chip<float>(plan_matmul(shape, edge), a, b);
        const auto expected = multiply(shape, a, b);
        EXPECT_EQ(std::memcmp(c.data(), expected.data(), c.size() * sizeof(float)), 0);
    }
};

TEST_P(half_matmul, rounds_each_tile_once_with_padded_columns) {
    expect_same_as_loops(edge_columns::PADDED);
}

TEST_P(half_matmul, rounds_each_tile_once_with_transposed_columns) {
    expect_same_as_loops(edge_columns::TRANSPOSED);
}

INSTANTIATE_TEST_SUITE_P(ops, half_matmul,
                         testing::Values(matmul_shape{1, 1, 1},
                                         matmul_shape{321, 319, 5},
                                         matmul_shape{90, 650, 330},
                                         matmul_shape{3, 1300, 321},
                                         matmul_shape{1100, 20, 9}),
                         name_of);

} // namespace
} // namespace groq::ops::test
