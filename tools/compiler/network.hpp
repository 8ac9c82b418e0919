// SPDX-License-Identifier: MIT
//
// A quantised multi-layer perceptron, as models/fashion-mnist/README.md defines the
// file and the arithmetic.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace groq::compiler {

// acc[n] = bias[n] + sum over k of weights[n * inputs + k] * x[k]. Hidden layers go on
// with clamp(round(float(acc) * scale), 0, 127), the last one ends with acc.
struct layer {
    std::size_t inputs = 0;
    std::size_t outputs = 0;
    float scale = 1;
    std::vector<std::int32_t> bias;
    std::vector<std::int8_t> weights; // [outputs][inputs]
};

// Each layer's inputs are the outputs of the one before; never empty.
using network = std::vector<layer>;

// Throws std::runtime_error that says what is wrong with the file, std::out_of_range
// when it is cut short.
network read_network(std::span<const std::byte> file);

} // namespace groq::compiler
