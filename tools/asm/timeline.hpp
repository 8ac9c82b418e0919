// SPDX-License-Identifier: MIT
//
// What issues when. A program has no branch and no cache, so its text alone says in
// which cycle each queue issues each instruction (docs/isa.md section 4).
#pragma once

#include <cstdint>
#include <vector>

#include "asm/diagnostic.hpp"
#include "asm/instruction.hpp"
#include "asm/program.hpp"

namespace groq::assembly {

struct issue {
    std::uint64_t cycle = 0;
    unsigned icu = 0;
    std::uint32_t text = 0; // SRAM address of the instruction
    instruction code;       // stepped: as it acts this time
};

struct timeline {
    std::vector<issue> issues;      // by cycle, then queue; Repeats are not among them
    std::vector<diagnostic> faults; // of the queues: ILLEGAL, STARVED, DEADLOCK, ...
    std::uint64_t cycles = 0;       // of a run; 0 when it does not end well
};

// What timelines are worth following; 40 bytes each.
inline constexpr std::size_t most_issues = 20'000'000;

timeline make_timeline(const program &source, const entry_point &entry);

// Cycles from the issue of an instruction to its last effect.
unsigned last_effect(const instruction &code);

} // namespace groq::assembly
