// SPDX-License-Identifier: MIT
// One step of an LSTM on the chip, against doubles.
#include "ops/lstm_cell.hpp"

#include <algorithm>
#include <cmath>

#include "half.hpp"
#include "program_on_chip.hpp"

namespace groq::ops::test {
namespace {

// +-2^-9 .. 2^-3
half small_half(std::mt19937 &random) {
    const unsigned exponent = 6 + random() % 6;
    return {static_cast<std::uint16_t>((random() & 0x83ff) | exponent << 10)};
}

template <class T, class F>
matrix<T> generate(std::size_t count, F make) {
    matrix<T> values(count);
    std::ranges::generate(values, make);
    return values;
}

struct step {
    lstm_cell_shape shape;
    matrix<half> x, h;
    matrix<float> c;

    step(unsigned sequences, unsigned inputs, unsigned outputs, std::mt19937 &random)
        : shape{sequences, inputs, outputs, {}, {}} {
        std::normal_distribution<float> normal(0, 1);
        const unsigned even = (sequences + 1) / 2 * 2;
        shape.weights =
            generate<std::uint16_t>(std::size_t{4} * outputs * (inputs + outputs),
                                    [&] { return small_half(random).bits; });
        shape.bias = generate<float>(4 * outputs, [&] { return normal(random); });
        const auto number = [&] { return small_half(random); };
        x = generate<half>(std::size_t{even} * inputs, number);
        h = generate<half>(std::size_t{even} * outputs, number);
        c = generate<float>(std::size_t{even} * outputs,
                            [&] { return 3 * normal(random); });
    }
};

// A gate before its function, and p of the header.
struct pre_activation {
    double sum = 0, size = 0;

    pre_activation(const step &of, unsigned sequence, unsigned gate, unsigned output) {
        const unsigned column = gate * of.shape.outputs + output;
        sum = of.shape.bias[column];
        size = std::abs(sum);
        add(of, of.x, sequence, of.shape.inputs, 0, column);
        add(of, of.h, sequence, of.shape.outputs, of.shape.inputs, column);
    }

private:
    void add(const step &of, const matrix<half> &vectors, unsigned sequence,
             unsigned width, unsigned first_row, unsigned column) {
        double tile = 0;
        for (unsigned k = 0; k < width; ++k) {
            const half weight{
                of.shape.weights[std::size_t{first_row + k} * 4 * of.shape.outputs +
                                 column]};
            tile += to_double(vectors[std::size_t{sequence} * width + k]) *
                    to_double(weight);
            if (k % 320 == 319 || k + 1 == width) {
                sum += tile;
                size += std::abs(tile);
                tile = 0;
            }
        }
    }
};

double sigmoid(double z) {
    return 1 / (1 + std::exp(-z));
}

struct expected_element {
    double c, h, c_bound, h_bound;

    expected_element(const step &of, unsigned sequence, unsigned output) {
        const pre_activation i(of, sequence, 0, output), f(of, sequence, 1, output),
            g(of, sequence, 2, output), o(of, sequence, 3, output);
        const double before = of.c[std::size_t{sequence} * of.shape.outputs + output];
        c = sigmoid(f.sum) * before + sigmoid(i.sum) * std::tanh(g.sum);
        h = sigmoid(o.sum) * std::tanh(c);
        const double unit = std::ldexp(1.01, -24); // 1 % for what is of second order
        const unsigned tiles =
            (of.shape.inputs + 319) / 320 + (of.shape.outputs + 319) / 320;
        const double d =
            (tiles + 1) * std::max({i.size, f.size, g.size, o.size}) * unit;
        c_bound = (1.25 + std::abs(before) / 4) * d + (4 + 3 * std::abs(before)) * unit;
        h_bound = c_bound + d / 4 + 3 * unit;
    }
};

void expect_close(unsigned sequences, unsigned inputs, unsigned outputs) {
    std::mt19937 random(sequences + inputs + outputs);
    const step of(sequences, inputs, outputs, random);
    program_on_chip chip(make_lstm_cell(of.shape));
    chip.write("x", of.x);
    chip.write("h", of.h);
    chip.write("c", of.c);
    chip.run();
    const auto c = chip.read<float>("c.next"), h = chip.read<float>("h.next");
    const auto h_f16 = chip.read<half>("h.next.f16");
    double share = 0;
    for (unsigned sequence = 0; sequence < sequences; ++sequence)
        for (unsigned output = 0; output < outputs; ++output) {
            const std::size_t at = std::size_t{sequence} * outputs + output;
            const expected_element expected(of, sequence, output);
            const double c_off = std::abs(c[at] - expected.c);
            const double h_off = std::abs(h[at] - expected.h);
            ASSERT_LE(c_off, expected.c_bound) << sequence << ' ' << output;
            ASSERT_LE(h_off, expected.h_bound) << sequence << ' ' << output;
            ASSERT_NEAR(
                to_double(h_f16[at]), h[at],
                std::max(std::ldexp(std::abs(double{h[at]}), -11), std::ldexp(1, -25)));
            share =
                std::max({share, c_off / expected.c_bound, h_off / expected.h_bound});
        }
    std::printf("%u x (%u + %u): errors at most %.2g of their bounds, %llu cycles\n",
                sequences, inputs, outputs, share,
                static_cast<unsigned long long>(chip.cycles()));
}

TEST(lstm_cell, is_within_its_bound_for_one_sequence) {
    expect_close(1, 1, 1);
    expect_close(1, 100, 320);
}

TEST(lstm_cell, is_within_its_bound_when_no_tile_is_full) {
    expect_close(7, 321, 330);
}

TEST(lstm_cell, is_within_its_bound_for_many_sequences) {
    expect_close(40, 64, 128);
    expect_close(16, 640, 320);
}

lstm_cell_shape of_zeroes(unsigned sequences, unsigned inputs, unsigned outputs) {
    const std::size_t columns = std::size_t{4} * outputs;
    return {sequences, inputs, outputs,
            std::vector<std::uint16_t>((inputs + outputs) * columns),
            std::vector<float>(columns)};
}

TEST(lstm_cell, refuses_what_does_not_fit) {
    auto shape = of_zeroes(2, 3, 4);
    shape.bias.pop_back();
    EXPECT_THROW(make_lstm_cell(shape), std::invalid_argument);
    shape = of_zeroes(2, 3, 4);
    shape.weights.pop_back();
    EXPECT_THROW(make_lstm_cell(shape), std::invalid_argument);
    EXPECT_THROW(make_lstm_cell(of_zeroes(0, 3, 4)), std::runtime_error);
    EXPECT_THROW(make_lstm_cell(of_zeroes(2, 0, 4)), std::runtime_error);
    EXPECT_THROW(make_lstm_cell(of_zeroes(2, 3, 0)), std::runtime_error);
    EXPECT_THROW(make_lstm_cell(of_zeroes(1, 1, 2000)), std::runtime_error);
    EXPECT_THROW(make_lstm_cell(of_zeroes(40'000, 1, 1)), std::runtime_error);
}

} // namespace
} // namespace groq::ops::test
