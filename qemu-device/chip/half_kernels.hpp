// SPDX-License-Identifier: MIT
// The arithmetic of two MXM planes in tandem: 320 dot products of 320 binary16
// numbers, each the exact sum rounded once. One portable version and some for
// particular processors, chosen at run time; all give the same bits.
#ifndef GROQ_CHIP_HALF_KERNELS_HPP
#define GROQ_CHIP_HALF_KERNELS_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "matrix_kernels.hpp"

namespace groq::chip {

// Weights as the kernels want them, exactly: [block][input][output].
struct alignas(64) half_weights {
    using rows = std::array<float, matrix_weights::block_lanes * GROQ_LANES>;
    std::array<rows, matrix_weights::blocks> block;
};

struct alignas(64) half_activations {
    std::array<double, GROQ_LANES> lane;
};

// sums[n][o] = sum over i of activations[n][i] * weight(o, i), as the bits of a
// binary32 number
using half_multiply = void (*)(const half_weights &weights,
                               const half_activations *activations,
                               matrix_sums *const *sums, size_t count);

// From the two byte-planes.
void join_halves(const matrix_weights::rows &low, const matrix_weights::rows &high,
                 half_weights::rows &out);
void join_halves(const matrix_activations &low, const matrix_activations &high,
                 half_activations &out);

struct half_kernel {
    const char *name;
    bool (*is_usable)(); // on this processor
    half_multiply multiply;
};

// The fastest first; the last one is always usable.
std::span<const half_kernel> half_kernels();
half_multiply fastest_half_multiply();

} // namespace groq::chip

#endif
