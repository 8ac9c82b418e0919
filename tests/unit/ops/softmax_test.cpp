// SPDX-License-Identifier: MIT
// Softmax on the chip, against doubles.
#include "ops/softmax.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "half.hpp"
#include "program_on_chip.hpp"

namespace groq::ops::test {
namespace {

matrix<double> softmax(std::span<const double> row) {
    const double maximum = *std::ranges::max_element(row);
    matrix<double> powers;
    double sum = 0;
    for (const double x : row)
        sum += powers.emplace_back(std::exp(x - maximum));
    for (double &power : powers)
        power /= sum;
    return powers;
}

double bound(unsigned columns) {
    const unsigned tiles = (columns + 319) / 320;
    return (tiles + 15 + std::log(columns)) * std::ldexp(1, -24);
}

// Every element within the bound of what doubles give for `exact`, the elements of x.
template <class T>
void expect_close(const softmax_shape &shape, const matrix<T> &x,
                  const matrix<double> &exact) {
    program_on_chip chip(make_softmax(shape));
    chip.write("x", x);
    chip.run();
    const auto y = chip.read<float>("y");
    ASSERT_EQ(y.size(), exact.size());
    double error = 0;
    for (std::size_t row = 0; row < shape.rows; ++row) {
        const auto expected =
            softmax(std::span(exact).subspan(row * shape.columns, shape.columns));
        for (std::size_t i = 0; i < shape.columns; ++i) {
            const double off = std::abs(y[row * shape.columns + i] - expected[i]);
            ASSERT_LE(off, bound(shape.columns)) << "row " << row << " column " << i;
            error = std::max(error, off);
        }
    }
    std::printf("%ux%u: largest error %.3g of at most %.3g, %llu cycles\n", shape.rows,
                shape.columns, error, bound(shape.columns),
                static_cast<unsigned long long>(chip.cycles()));
}

class random_softmax : public testing::TestWithParam<softmax_shape> {};

TEST_P(random_softmax, is_within_its_bound) {
    for (const float deviation : {0.01F, 1.0F, 30.0F}) {
        std::mt19937 random(GetParam().columns);
        std::normal_distribution<float> normal(-3, deviation);
        matrix<float> x(std::size_t{GetParam().rows} * GetParam().columns);
        std::ranges::generate(x, [&] { return normal(random); });
        expect_close(GetParam(), x, {x.begin(), x.end()});
    }
}

INSTANTIATE_TEST_SUITE_P(ops, random_softmax,
                         testing::Values(softmax_shape{1, 1}, softmax_shape{7, 10},
                                         softmax_shape{5, 319}, softmax_shape{40, 320},
                                         softmax_shape{3, 321}, softmax_shape{20, 1000},
                                         softmax_shape{130, 640}),
                         [](const auto &instance) {
                             return std::to_string(instance.param.rows) + "x" +
                                    std::to_string(instance.param.columns);
                         });

TEST(softmax, takes_binary16) {
    const softmax_shape shape{9, 500, GROQ_TYPE_F16};
    std::mt19937 random(2);
    matrix<half> x(std::size_t{shape.rows} * shape.columns);
    std::ranges::generate(x, [&] { // 2^-5 .. 8
        const unsigned exponent = 10 + random() % 8;
        return half{static_cast<std::uint16_t>((random() & 0x83ff) | exponent << 10)};
    });
    matrix<double> exact;
    for (const half each : x)
        exact.push_back(to_double(each));
    expect_close(shape, x, exact);
}

TEST(softmax, finds_the_maximum_wherever_it_is) {
    const softmax_shape shape{640, 640};
    matrix<float> x(std::size_t{shape.rows} * shape.columns, -1000);
    for (unsigned row = 0; row < shape.rows; ++row)
        x[std::size_t{row} * shape.columns + row] = -800;
    expect_close(shape, x, {x.begin(), x.end()});
}

TEST(softmax, gives_nothing_to_minus_infinity) {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    program_on_chip chip(make_softmax({2, 4}));
    chip.write<float>("x", {-infinity, 5, -infinity, 5, 1, infinity, 2, 3});
    chip.run();
    const auto y = chip.read<float>("y");
    for (const unsigned zero : {0, 2})
        EXPECT_EQ(y[zero], 0);
    for (const unsigned half_of_all : {1, 3})
        EXPECT_NEAR(y[half_of_all], 0.5, bound(4));
    EXPECT_TRUE(std::isnan(y[5]));
}

TEST(softmax, refuses_what_does_not_fit) {
    EXPECT_THROW(make_softmax({9000, 1600}), std::runtime_error);
    EXPECT_THROW(make_softmax({0, 4}), std::runtime_error);
    EXPECT_THROW(make_softmax({4, 0}), std::runtime_error);
    EXPECT_THROW(make_softmax({65'537, 320 * 65'536}), std::runtime_error);
}

} // namespace
} // namespace groq::ops::test
