// SPDX-License-Identifier: MIT
//
// Random copies there and back, and what they must bring.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "session.hpp"

namespace groq::soak {

// Rows from one host buffer to SRAM, and from there to another.
struct shape {
    std::uint64_t rows, bytes;
    std::uint64_t from, from_stride; // in the source
    std::uint64_t sram, sram_stride; // from the start of the range
    std::uint64_t to, to_stride;     // in the target

    std::uint64_t total() const { return rows * bytes; }
};

// One that fits into `space` bytes of each of the three.
shape random_shape(randomness &random, std::uint64_t space);

void scribble(randomness &random, std::span<std::byte> bytes);

constexpr std::byte untouched{0xee};

// Whether `target`, all `untouched` before, holds the rows of `source` and nothing
// else.
bool brought(const shape &copied, std::span<const std::byte> source,
             std::span<const std::byte> target);

} // namespace groq::soak
