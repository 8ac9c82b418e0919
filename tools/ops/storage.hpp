// SPDX-License-Identifier: MIT
//
// SRAM for a program's vectors: every area has slices of its own, so that any of them
// can be read and written in the same cycle.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "asm/program_builder.hpp"
#include "ops/sweep.hpp"

namespace groq::ops {

// A matrix with rows along the lanes: of each 320 columns one vector per row.
struct row_matrix {
    unsigned rows;
    unsigned columns;
    vector_area area; // rows of the first tile, then of the next

    vector_area tile(unsigned number) const { return area + number * rows; }
};

class storage {
public:
    // Slices first..end - 1 of both hemispheres are to be given out.
    explicit storage(assembly::program_builder &builder, unsigned first = 0,
                     unsigned end = GROQ_SLICES)
        : builder_(builder), next_{first, first}, end_(end) {}

    // For words that tensors claim. Throws std::runtime_error for no vectors, and when
    // the hemisphere has not enough slices left, like the others.
    vector_area take(unsigned hemisphere, unsigned type, std::uint64_t vectors);
    vector_area scratch(unsigned hemisphere, unsigned type, std::uint64_t vectors);
    row_matrix scratch_matrix(unsigned hemisphere, unsigned type, unsigned rows,
                              unsigned columns);
    row_matrix tensor(unsigned hemisphere, const std::string &name,
                      std::uint32_t direction, unsigned type, unsigned rows,
                      unsigned columns);
    // Elements of whole vectors, known when the program is built.
    template <class T>
    vector_area constant(unsigned hemisphere, const std::string &name, unsigned type,
                         const std::vector<T> &elements) {
        return constant(hemisphere, name, type, std::as_bytes(std::span(elements)));
    }
    // One row of F32; lanes past its end are zero.
    row_matrix constant_row(unsigned hemisphere, const std::string &name,
                            std::span<const float> row);
    // One vector with all bits set in so many of an F32's lanes.
    vector_area lane_mask(unsigned hemisphere, unsigned lanes);

private:
    vector_area constant(unsigned hemisphere, const std::string &name, unsigned type,
                         std::span<const std::byte> elements);

    assembly::program_builder &builder_;
    std::array<unsigned, GROQ_HEMISPHERES> next_;
    unsigned end_;
};

} // namespace groq::ops
