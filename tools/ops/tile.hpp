// SPDX-License-Identifier: MIT
//
// Matrices in tiles of 320 x 320, what an array of the MXM holds.
#pragma once

#include <algorithm>

#include "hw/groq_sram.h"

namespace groq::ops {

constexpr unsigned divide_up(unsigned all, unsigned by) {
    return all / by + (all % by != 0 ? 1 : 0);
}
// Tiles that a width takes.
constexpr unsigned tiles(unsigned width) {
    return divide_up(width, GROQ_LANES);
}
// Lanes of a tile that the width fills; the last may have fewer than 320.
constexpr unsigned lanes_of(unsigned tile, unsigned width) {
    return std::min<unsigned>(GROQ_LANES, width - tile * GROQ_LANES);
}
// Groups of 16 rows, what one LW loads.
constexpr unsigned blocks(unsigned rows) {
    return divide_up(rows, GROQ_TILE_LANES);
}

} // namespace groq::ops
