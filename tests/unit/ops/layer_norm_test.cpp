// SPDX-License-Identifier: MIT
// Layer norm on the chip, against doubles.
#include "ops/layer_norm.hpp"

#include <algorithm>
#include <cmath>

#include "half.hpp"
#include "program_on_chip.hpp"

namespace groq::ops::test {
namespace {

struct statistics {
    double mean = 0, deviation = 0, largest = 0;

    statistics(std::span<const double> row, double epsilon) {
        for (const double x : row) {
            mean += x / static_cast<double>(row.size());
            largest = std::max(largest, std::abs(x));
        }
        double variance = 0;
        for (const double x : row)
            variance += (x - mean) * (x - mean) / static_cast<double>(row.size());
        deviation = std::sqrt(variance + epsilon);
    }
};

layer_norm_shape random_shape(unsigned rows, unsigned columns, std::mt19937 &random) {
    std::normal_distribution<float> normal(0, 2);
    layer_norm_shape shape{rows, 1e-5F, {}, {}};
    for (unsigned i = 0; i < columns; ++i) {
        shape.gain.push_back(normal(random));
        shape.offset.push_back(normal(random));
    }
    return shape;
}

// As the header promises, with `exact` the elements of x; 1 % more for what is not of
// first order.
template <class T>
void expect_close(const layer_norm_shape &shape, const matrix<T> &x,
                  const matrix<double> &exact) {
    program_on_chip chip(make_layer_norm(shape));
    chip.write("x", x);
    chip.run();
    const auto y = chip.read<float>("y");
    ASSERT_EQ(y.size(), exact.size());
    const std::size_t columns = shape.gain.size();
    const auto tiles = static_cast<double>((columns + 319) / 320);
    double share = 0, error = 0;
    for (std::size_t row = 0; row < shape.rows; ++row) {
        const auto of_row = std::span(exact).subspan(row * columns, columns);
        const statistics about(of_row, shape.epsilon);
        for (std::size_t i = 0; i < columns; ++i) {
            const double z = (of_row[i] - about.mean) / about.deviation;
            const double gain = std::abs(shape.gain[i]);
            const double expected = z * shape.gain[i] + shape.offset[i];
            const double bound =
                1.01 * std::ldexp(1, -24) *
                (gain * ((tiles + 12) * about.largest / about.deviation +
                         std::abs(z) * (tiles + 25) / 2) +
                 gain * std::abs(z) + std::abs(expected));
            const double off = std::abs(y[row * columns + i] - expected);
            ASSERT_LE(off, bound) << "row " << row << " column " << i;
            share = std::max(share, bound == 0 ? 0 : off / bound);
            error = std::max(error, off);
        }
    }
    std::printf("%ux%zu: largest error %.3g, %.2g of its bound, %llu cycles\n",
                shape.rows, columns, error, share,
                static_cast<unsigned long long>(chip.cycles()));
}

class random_layer_norm : public testing::TestWithParam<std::pair<unsigned, unsigned>> {
};

TEST_P(random_layer_norm, is_within_its_bound) {
    const auto [rows, columns] = GetParam();
    for (const float mean : {0.0F, 3.0F, -100.0F}) {
        std::mt19937 random(columns);
        const auto shape = random_shape(rows, columns, random);
        std::normal_distribution<float> normal(mean, 2);
        matrix<float> x(std::size_t{rows} * columns);
        std::ranges::generate(x, [&] { return normal(random); });
        expect_close(shape, x, {x.begin(), x.end()});
    }
}

INSTANTIATE_TEST_SUITE_P(ops, random_layer_norm,
                         testing::Values(std::pair(1, 2), std::pair(7, 10),
                                         std::pair(5, 319), std::pair(40, 320),
                                         std::pair(3, 321), std::pair(20, 1024),
                                         std::pair(130, 768)),
                         [](const auto &instance) {
                             return std::to_string(instance.param.first) + "x" +
                                    std::to_string(instance.param.second);
                         });

TEST(layer_norm, takes_binary16) {
    std::mt19937 random(2);
    auto shape = random_shape(9, 500, random);
    shape.input = GROQ_TYPE_F16;
    matrix<half> x(std::size_t{shape.rows} * shape.gain.size());
    std::ranges::generate(x, [&] { return random_half(random); });
    matrix<double> exact;
    for (const half each : x)
        exact.push_back(to_double(each));
    expect_close(shape, x, exact);
}

// Nothing but epsilon under the root.
TEST(layer_norm, gives_the_offset_for_rows_of_zeroes) {
    program_on_chip chip(make_layer_norm({2, 1e-5F, {1, 2, 3}, {4, 5, 6}}));
    chip.write("x", matrix<float>(6));
    chip.run();
    EXPECT_EQ(chip.read<float>("y"), (matrix<float>{4, 5, 6, 4, 5, 6}));
}

TEST(layer_norm, refuses_what_does_not_fit) {
    EXPECT_THROW(make_layer_norm({1, 0, {1, 2}, {1}}), std::invalid_argument);
    EXPECT_THROW(make_layer_norm({0, 0, {1}, {1}}), std::runtime_error);
    EXPECT_THROW(make_layer_norm({1, 0, {}, {}}), std::runtime_error);
    const std::vector<float> row(1600);
    EXPECT_THROW(make_layer_norm({9000, 0, row, row}), std::runtime_error);
}

} // namespace
} // namespace groq::ops::test
