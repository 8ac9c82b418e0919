// SPDX-License-Identifier: MIT
//
// What the queues of a context may touch in SRAM (docs/hardware.md section 8.2).
// Windows change while queues run, and what was granted must stay granted meanwhile: no
// window moves to another place in the table, and one grows over its neighbour before
// that is given up.
#pragma once

#include <array>
#include <cstdint>

#include <hw/groq_regs.h>

#include "sram_map.hpp"

namespace groq::sim {

class sram_windows {
public:
    // By the hardware's number; size 0: unused. No two are adjacent.
    using table = std::array<sram_extent, GROQ_QUEUE_WINDOWS>;

    const table &all() const { return all_; }
    // Whether they hold all of [address, address + size).
    bool hold(std::uint64_t address, std::uint64_t size) const;

    // Grants what no window holds. False: that would take one too many.
    bool add(const sram_extent &granted);
    // Takes back what was granted. False: what is left has too many pieces.
    bool remove(const sram_extent &taken);

private:
    sram_extent *unused();

    table all_{};
};

} // namespace groq::sim
