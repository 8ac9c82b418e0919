// SPDX-License-Identifier: MIT
//
// SRAM of one card of a collective, and its tensors: matrices that are cut into
// blocks of 320 columns, a block for each card.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "asm/program_builder.hpp"
#include "ops/storage.hpp"

namespace groq::collectives {

// What a collective works on, the same on every card.
struct payload {
    unsigned type; // GROQ_TYPE_*
    unsigned rows;
    unsigned columns;

    unsigned blocks() const;
    unsigned bytes() const { return assembly::type_bytes(type); }
    // Of a block of one card.
    unsigned vectors() const { return rows * bytes(); }
};

class card_memory {
public:
    explicit card_memory(assembly::program_builder &builder)
        : builder_(builder), storage_(builder) {}

    // Slices of their own for so many vectors of the type. What no tensor claims is to
    // be reserved. Throws std::runtime_error when there are not enough.
    ops::vector_area take(unsigned hemisphere, unsigned type, std::uint64_t vectors) {
        return storage_.take(hemisphere, type, vectors);
    }
    ops::vector_area scratch(unsigned hemisphere, unsigned type,
                             std::uint64_t vectors) {
        return storage_.scratch(hemisphere, type, vectors);
    }
    // Block after block of 320 columns, the last one may have fewer.
    void add_tensor(const std::string &name, std::uint32_t direction, unsigned type,
                    unsigned rows, unsigned columns,
                    const std::vector<ops::vector_area> &blocks);
    // "x" and "y" of all blocks, each behind the one before.
    void add_tensors(const payload &data, const ops::vector_area &x,
                     const ops::vector_area &y);

private:
    assembly::program_builder &builder_;
    ops::storage storage_;
};

} // namespace groq::collectives
