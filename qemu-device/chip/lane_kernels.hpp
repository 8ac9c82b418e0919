// SPDX-License-Identifier: MIT
// Moves of bytes between lanes, docs/isa.md section 5.4, a stream at a time.
//
// A vector is 320 bytes, of which the first @powered count, a multiple of 16.
// What lies beyond is not read, and is zero in what comes out. Operands and
// results do not overlap.
#ifndef GROQ_CHIP_LANE_KERNELS_HPP
#define GROQ_CHIP_LANE_KERNELS_HPP

#include <array>
#include <cstdint>
#include <span>

#include "hw/groq_isa.h"
#include "hw/groq_sram.h"

namespace groq::chip {

// Lane i takes lane i - @distance or i + @distance, zero from outside.
void shift_up(const uint8_t *from, uint32_t distance, uint32_t powered, uint8_t *to);
void shift_down(const uint8_t *from, uint32_t distance, uint32_t powered, uint8_t *to);

// Lane i takes its own of @sources[@map[i]]. Every number of the map is 0..2.
using selection = std::array<const uint8_t *, 3>;
void select_lanes(const selection &sources, const uint8_t *map, uint32_t powered,
                  uint8_t *to);

// Lane i takes lane @map[i], which has power.
using lane_numbers = std::array<uint16_t, GROQ_LANES>;
void permute_lanes(const uint8_t *from, const lane_numbers &map, uint32_t powered,
                   uint8_t *to);

// Lane i takes lane @map[i] of its superlane, or zero where the top bit is set.
void distribute_lanes(const uint8_t *from, const uint8_t *map, uint32_t powered,
                      uint8_t *to);

// The versions of distribute_lanes() for this processor and for all, the best
// first; they leave the lanes without power alone.
using lane_distribution = void (*)(const uint8_t *from, const uint8_t *map,
                                   uint32_t powered, uint8_t *to);
struct distribute_kernel {
    const char *name;
    bool (*is_usable)(); // on this machine
    lane_distribution distribute;
};
std::span<const distribute_kernel> distribute_kernels();

// Groups of @n lanes, 3 or 4, rotated by @by, which is below @n.
void rotate_lanes(const uint8_t *from, uint32_t n, uint32_t by, uint32_t powered,
                  uint8_t *to);

// In every superlane lane l of @to[j] takes lane j of @from[l].
using square = std::array<const uint8_t *, GROQ_TILE_LANES>;
using transposed_square = std::array<uint8_t *, GROQ_TILE_LANES>;
void transpose_lanes(const square &from, uint32_t powered, const transposed_square &to);

} // namespace groq::chip

#endif
