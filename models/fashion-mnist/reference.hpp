// SPDX-License-Identifier: MIT
// The perceptron in plain integers: the independent answer that the chip's is
// compared with. It shares no code with the chip model or the compiler.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <utility>
#include <vector>

#include "fashion-mnist/dataset.hpp"

namespace fashion_mnist {

/// acc[n] = bias[n] + sum over k of weights[n * inputs + k] * x[k].
struct layer {
    std::size_t inputs;  ///< K
    std::size_t outputs; ///< N
    float scale;         ///< from acc to the next int8; last layer: to the real logit
    std::vector<std::int32_t> bias;
    std::vector<std::int8_t> weights; ///< [N][K]
};

using logits = std::array<std::int32_t, class_count>;

/// Reads no state but its layers: one object may serve several threads.
class perceptron {
public:
    /// Reads a weights file (layout: README.md). Throws std::runtime_error,
    /// naming the file and what is wrong with it, unless its layers fit
    /// together and no accumulator can overflow.
    static perceptron load(const std::filesystem::path &file);

    const std::vector<layer> &layers() const { return layers_; }

    logits run(image pixels) const;

private:
    explicit perceptron(std::vector<layer> layers) : layers_(std::move(layers)) {}

    std::vector<layer> layers_;
};

/// What the host hands the chip for a pixel: half of it, 0..127.
constexpr std::int8_t activation(std::uint8_t pixel) {
    return static_cast<std::int8_t>(pixel >> 1);
}

/// The class with the largest logit, the lowest of equals.
std::size_t classify(const logits &values);

} // namespace fashion_mnist
