// SPDX-License-Identifier: MIT
//
// A matrix product on several chips: C = A x B, each chip with its columns of B and of
// C. A is on all of them. So none waits for another, each does in its share of the
// cycles what one chip would do, in the same order, and the bits of C are the same. B
// may be as many times as large as one chip's.
//
// To share out the inner dimension instead, whole matrices C would have to go over the
// links to be added up; to share out A, every chip would hold all of B.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "ops/matmul.hpp"

namespace groq::ops {

struct column_share {
    unsigned first;
    unsigned columns;
    matmul_plan plan; // of C[rows][columns]
};

// Shares of chips 0, 1, .. in order, as even as columns or as whole tiles allow,
// whichever takes fewer cycles. Fewer shares than chips where there are fewer columns.
// Throws like plan_matmul.
std::vector<column_share> share_columns(const matmul_shape &shape, unsigned chips);

// Of the longest share: what the product takes.
std::uint64_t cycles_of(std::span<const column_share> shares);

// The chip's columns of B, row major, for make_matmul.
std::vector<std::byte> columns_of_b(const matmul_shape &shape,
                                    const column_share &share,
                                    std::span<const std::byte> b);

// C, row major, of what the shares give (join_c), in their order.
std::vector<std::byte> join_columns(const matmul_shape &shape,
                                    std::span<const column_share> shares,
                                    std::span<const std::vector<std::byte>> parts);

} // namespace groq::ops
