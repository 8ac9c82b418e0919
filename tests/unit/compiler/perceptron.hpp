// SPDX-License-Identifier: MIT
// Perceptrons and batches at random, and plain loops that say what comes out.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "compiler/network.hpp"

namespace groq::compiler::test {

using widths = std::vector<std::size_t>;

// Scales that bring activations to the range of int8, some of them saturated.
inline network random_network(const widths &sizes, std::mt19937 &random) {
    std::uniform_int_distribution<int> weight(-128, 127);
    std::uniform_int_distribution<int> bias(-100'000, 100'000);
    network result;
    for (std::size_t i = 1; i < sizes.size(); ++i) {
        layer next{sizes[i - 1], sizes[i], 1, {}, {}};
        next.scale = static_cast<float>(
            127 / (4000 * std::sqrt(static_cast<double>(sizes[i - 1])) +
                   static_cast<double>(random() % 1000)));
        for (std::size_t n = 0; n < next.outputs; ++n)
            next.bias.push_back(bias(random));
        for (std::size_t n = 0; n < next.outputs * next.inputs; ++n)
            next.weights.push_back(static_cast<std::int8_t>(weight(random)));
        result.push_back(std::move(next));
    }
    return result;
}

inline std::vector<std::int32_t> accumulate(const layer &by,
                                            const std::vector<std::int8_t> &x) {
    std::vector<std::int32_t> sums = by.bias;
    for (std::size_t n = 0; n < by.outputs; ++n)
        for (std::size_t k = 0; k < by.inputs; ++k)
            sums[n] += by.weights[n * by.inputs + k] * x[k];
    return sums;
}

inline std::vector<std::int32_t> infer(const network &source,
                                       std::vector<std::int8_t> x) {
    for (std::size_t i = 0; i + 1 < source.size(); ++i) {
        const auto sums = accumulate(source[i], x);
        x.clear();
        for (const std::int32_t sum : sums) {
            const float y = std::nearbyint(static_cast<float>(sum) * source[i].scale);
            x.push_back(static_cast<std::int8_t>(std::clamp(y, 0.0F, 127.0F)));
        }
    }
    return accumulate(source.back(), x);
}

// [rows][columns], of all values an int8 has.
inline std::vector<std::int8_t> random_rows(std::size_t rows, std::size_t columns,
                                            std::mt19937 &random) {
    std::vector<std::int8_t> values(rows * columns);
    std::ranges::generate(values,
                          [&] { return static_cast<std::int8_t>(random() & 0xff); });
    return values;
}

} // namespace groq::compiler::test
