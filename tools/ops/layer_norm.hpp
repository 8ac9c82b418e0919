// SPDX-License-Identifier: MIT
//
// Layer norm of rows: y[i] = (x[i] - mean) / sqrt(variance + epsilon) * gain[i] +
// offset[i], with the mean and the variance of all elements of the row.
//
//   "x"  input   [rows][columns] F32 or F16
//   "y"  output  [rows][columns] F32
//
// With a = max |x|, s = sqrt(variance + epsilon), z = (x - mean) / s, tiles =
// ceil(columns / 320), to first order
//   |y - exact| <= 2^-24 * (|gain| ((tiles + 12) a / s + |z| (tiles + 25) / 2) +
//                           |gain z| + |y|)
// as sums go through tiles + 8 additions. Where a is much larger than s, x itself has
// no more digits to give.
#pragma once

#include <vector>

#include "asm/program.hpp"
#include "hw/groq_isa.h"

namespace groq::ops {

struct layer_norm_shape {
    unsigned rows;
    float epsilon;
    std::vector<float> gain; // a number per column
    std::vector<float> offset;
    unsigned input = GROQ_TYPE_F32; // or F16
};

// One entry point, "main". Throws std::invalid_argument when gain and offset have
// different sizes, std::runtime_error when it does not fit.
assembly::program make_layer_norm(const layer_norm_shape &shape);

} // namespace groq::ops
