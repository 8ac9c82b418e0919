// SPDX-License-Identifier: MIT
// One issue of an instruction: which, when, and with how much of its unit
// under power.
#ifndef GROQ_CHIP_ISSUE_HPP
#define GROQ_CHIP_ISSUE_HPP

#include "hw/groq_sram.h"
#include "instruction.hpp"

namespace groq::chip {

// What a fault record says of an instruction.
struct origin {
    uint32_t icu;
    uint32_t text; // its SRAM address
    instruction_word word;
};

struct issue {
    origin by;
    uint64_t cycle;
    uint32_t repetition = 0;       // 0: the original
    uint32_t powered = GROQ_LANES; // lanes with power: the first ones
};

} // namespace groq::chip

#endif
