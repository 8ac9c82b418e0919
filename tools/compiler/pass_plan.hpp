// SPDX-License-Identifier: MIT
//
// When each tile of weights meets each group of rows.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "asm/interval_set.hpp"
#include "compiler/layout.hpp"

namespace groq::compiler {

// All rows of a group through one tile, a row per cycle.
struct pass {
    row_group group;
    std::size_t layer;
    unsigned output_tile;
    unsigned input_tile;
    bool emits; // the last input tile: sums go on to the VXM
    bool last_layer;

    std::uint64_t load = 0;    // first LW
    bool reads_weights = true; // or they are on the streams for another plane anyway
    std::uint64_t install = 0; // IW
    std::uint64_t start = 0;   // first ABC; the nth row follows n cycles later
    unsigned chain = 0;        // of the VXM, when it emits
};

// Cycles from a row's ABC to ...
inline constexpr unsigned mxm_hops = GROQ_POSITION_MXM * GROQ_DELAY_HOP; // to the VXM
inline constexpr unsigned to_vxm =
    GROQ_DELAY_MXM_MULTIPLY + GROQ_DELAY_MXM_ACCUMULATE + mxm_hops;
inline constexpr unsigned requantise_delay = (chain_alus - 1) * GROQ_DELAY_VXM_OP;
// ... the ABC of the next layer: through the VXM, to a slice, and from there.
inline constexpr unsigned layer_delay = to_vxm + requantise_delay + GROQ_DELAY_VXM +
                                        GROQ_DELAY_MEM_WRITE + GROQ_DELAY_MEM_READ +
                                        mxm_hops;

// Passes in the order in which they start. Each is as early as its plane, its weights,
// its input and a chain of the VXM allow; the plane that can go on first does.
std::vector<pass> plan_passes(const network &source, const layout &where);

} // namespace groq::compiler
