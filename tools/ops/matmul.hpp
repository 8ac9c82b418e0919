// SPDX-License-Identifier: MIT
//
// Matrix product: C[M][N] = A[M][K] x B[K][N], B known when the program is built.
//
// I8 or U8 by I8 gives I32, the exact sum modulo 2^32. F16 by F16 gives F32: each 320
// elements of the inner dimension (the last may be fewer) are summed exactly and
// rounded once, and these sums are added in F32 from the first to the last.
//
// With E engines (4, of F16 2) rows are taken E at a time, so that the tensors are row
// major A and C seen as fewer and longer rows, filled up to a multiple of E rows (what
// the rows added hold does not matter):
//
//   "a"  input   [ceil(M / E)][E * K]
//   "c"  output  [ceil(M / E)][E * N]
//
// When the plan transposes columns from N' on, "c" has N' columns instead of N, or is
// not there if that is none; A is wanted as weights too, 16 rows at a time, in two
// parts, and the rest of C comes as columns, E / 2 at a time:
//
//   "a.west", "a.east"  input   [..][16 * K], half of the tiles of 320 rows each
//   "c.rest"            output  [ceil((N - N') / (E / 2))][E / 2 * M]
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "asm/program.hpp"
#include "ops/matmul_plan.hpp"

namespace groq::ops {

// One entry point, "main". `b` is row major, inner x columns elements of the plan's
// arithmetic. Throws std::invalid_argument when it has another size.
assembly::program make_matmul(const matmul_plan &plan, std::span<const std::byte> b);

struct tensor_bytes {
    std::string name;
    std::vector<std::byte> bytes;
};

// What the input tensors are to hold for A, row major.
std::vector<tensor_bytes> split_a(const matmul_plan &plan,
                                  std::span<const std::byte> a);

// C, row major, out of "c" and "c.rest", of which one may not be there.
std::vector<std::byte> join_c(const matmul_plan &plan, std::span<const std::byte> c,
                              std::span<const std::byte> rest);

} // namespace groq::ops
