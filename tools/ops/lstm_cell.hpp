// SPDX-License-Identifier: MIT
//
// One step of a long short-term memory, for some sequences at once:
//
//   i = s(W_i [x h] + b_i)   f = s(W_f [x h] + b_f)   o = s(W_o [x h] + b_o)
//   c' = f c + i tanh(W_g [x h] + b_g)                h' = o tanh(c')
//
// with s(z) = tanh(z / 2) / 2 + 1/2. Products are those of the MXM on F16 (matmul.hpp),
// all else is F32. Sequences are taken two at a time, so that the tensors are row major
// matrices seen as half as many rows of twice the columns, filled up to an even number
// (what the row added holds does not matter):
//
//   "x"           input   [ceil(sequences / 2)][2 * inputs]  F16
//   "h"           input   [..][2 * outputs]                  F16
//   "c"           input   [..][2 * outputs]                  F32
//   "h.next"      output  [..][2 * outputs]                  F32
//   "h.next.f16"  output  [..][2 * outputs]                  F16, "h.next" rounded
//   "c.next"      output  [..][2 * outputs]                  F32
//
// With u = 2^-24, p the largest over the gates of |b| + the sum of the absolute values
// of the products of each 320 elements, tiles = ceil(inputs / 320) + ceil(outputs /
// 320), d = (tiles + 1) p u, to first order
//   |c' - exact| <= (5/4 + |c| / 4) d + (4 + 3 |c|) u
//   |h' - exact| <= that + d / 4 + 3 u
#pragma once

#include <cstdint>
#include <vector>

#include "asm/program.hpp"

namespace groq::ops {

struct lstm_cell_shape {
    unsigned sequences;
    unsigned inputs;
    unsigned outputs;
    // Row major, inputs + outputs rows: those of x, then those of h; 4 * outputs
    // columns: those of i, f, g, o. Bits of F16.
    std::vector<std::uint16_t> weights;
    std::vector<float> bias; // 4 * outputs
};

// One entry point, "main". Throws std::invalid_argument when weights or bias have
// another size, std::runtime_error when it does not fit.
assembly::program make_lstm_cell(const lstm_cell_shape &shape);

} // namespace groq::ops
