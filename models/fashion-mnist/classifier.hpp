// SPDX-License-Identifier: MIT
// The compiled perceptron on a card: images in, logits out, a batch at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <groq/groq.hpp>

#include "fashion-mnist/dataset.hpp"
#include "fashion-mnist/reference.hpp"

namespace fashion_mnist {

/// What a run over many images gave and took.
struct outcome {
    std::vector<fashion_mnist::logits> logits; ///< one for each image, in order
    std::size_t batches = 0;
    std::uint64_t cycles = 0;             ///< of the chip, all batches together
    std::chrono::duration<double> wall{}; ///< first submission to last result
};

/// Keeps two jobs: while the card has one, the host fills the other. Not
/// thread-safe. Errors of the runtime leave as groq::failure, a program of
/// another shape as std::runtime_error.
class classifier {
public:
    classifier(const groq::device &card, const groq::program &program);

    /// Images of a run.
    std::size_t batch() const { return batch_; }

    /// `pixels`: whole images, one behind the other.
    outcome run(std::span<const std::uint8_t> pixels);

private:
    struct slot {
        groq::job job;
        groq::ticket ticket = 0; ///< 0: not in work
        std::size_t first = 0;   ///< image of its row 0
    };

    void submit(slot &to, std::span<const std::uint8_t> pixels);
    void collect(slot &from, outcome &into);

    groq::image image_;
    groq::queue queue_;
    std::size_t images_, logits_; ///< tensors
    std::size_t batch_;
    std::vector<slot> slots_;
    std::vector<std::int8_t> activations_;       ///< of a batch
    std::vector<fashion_mnist::logits> answers_; ///< of a batch
};

} // namespace fashion_mnist
