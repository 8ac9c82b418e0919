// SPDX-License-Identifier: MIT
//
// A perceptron and a batch size to a program: input tensor "images", I8
// [batch][inputs], output tensor "logits", I32 [batch][outputs].
#pragma once

#include <cstdint>

#include "asm/program.hpp"
#include "compiler/network.hpp"

namespace groq::compiler {

struct compilation {
    assembly::program image;
    std::uint64_t cycles;     // of a run
    std::uint64_t row_cycles; // of them that a plane multiplied, over all planes
    unsigned groups;          // of rows per plane
};

// Throws std::runtime_error when the network or the batch does not fit on a chip.
compilation compile(const network &source, unsigned batch);

} // namespace groq::compiler
