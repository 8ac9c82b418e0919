// SPDX-License-Identifier: MIT
// The arithmetic of an MXM plane: 320 dot products of 320 bytes. One portable
// version and some for particular processors, chosen at run time; all of them
// give the same sums to the bit.
#ifndef GROQ_CHIP_MATRIX_KERNELS_HPP
#define GROQ_CHIP_MATRIX_KERNELS_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "hw/groq_sram.h"

namespace groq::chip {

// Weights as the kernels want them: output lanes in blocks of 16, input lanes
// in groups of 4: [block][group][output][input].
struct alignas(64) matrix_weights {
    static constexpr size_t block_lanes = GROQ_TILE_LANES;
    static constexpr size_t blocks = GROQ_LANES / block_lanes;
    static constexpr size_t groups = GROQ_LANES / 4;

    using rows = std::array<int8_t, block_lanes * GROQ_LANES>;
    std::array<rows, blocks> block;
};

struct alignas(64) matrix_activations {
    std::array<uint8_t, GROQ_LANES> lane;
};

struct alignas(64) matrix_sums {
    std::array<int32_t, GROQ_LANES> lane;
};

// sums[n][o] = sum over i of activations[n][i] * weight(o, i)
using matrix_multiply = void (*)(const matrix_weights &weights,
                                 const matrix_activations *const *activations,
                                 matrix_sums *const *sums, size_t count);

// 16 rows of 320 weights become one block.
void pack_block(const uint8_t *const *rows, matrix_weights::rows &block);

struct matrix_kernel {
    const char *name;
    bool (*is_usable)(); // on this processor
    matrix_multiply multiply;
};

// The fastest first; the last one is always usable.
std::span<const matrix_kernel> matrix_kernels();
matrix_multiply fastest_matrix_multiply();

} // namespace groq::chip

#endif
