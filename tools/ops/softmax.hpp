// SPDX-License-Identifier: MIT
//
// Softmax of rows: y[i] = e^(x[i] - m) / sum over j of e^(x[j] - m), m the row's
// maximum.
//
//   "x"  input   [rows][columns] F32 or F16
//   "y"  output  [rows][columns] F32
//
// |y - exact| <= (tiles + 15 + ln columns) * 2^-24, tiles = ceil(columns / 320), for
// finite x: two roundings of e^(x - m), nine and one per further tile of the sum, four
// of 1 / sum = rsqrt(sum)^2 and the product. -inf gives 0 beside a finite number.
#pragma once

#include "asm/program.hpp"
#include "hw/groq_isa.h"

namespace groq::ops {

struct softmax_shape {
    unsigned rows;
    unsigned columns;
    unsigned input = GROQ_TYPE_F32; // or F16
};

// One entry point, "main". Throws std::runtime_error when it does not fit.
assembly::program make_softmax(const softmax_shape &shape);

} // namespace groq::ops
