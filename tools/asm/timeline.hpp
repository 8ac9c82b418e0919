// SPDX-License-Identifier: MIT
//
// What issues when. A program has no branch and no cache, so its text alone says in
// which cycle each queue issues each instruction (docs/isa.md section 4).
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "asm/findings.hpp"
#include "asm/instruction.hpp"
#include "asm/program.hpp"

namespace groq::assembly {

struct issue {
    std::uint64_t cycle = 0;
    unsigned icu = 0;
    std::uint32_t text = 0; // SRAM address of the instruction
    instruction code;       // stepped: as it acts this time
};

// Called for each issue, by cycle, then queue: for repetitions too, for Repeat not.
using issue_visitor = std::function<void(const issue &)>;

struct followed {
    bool complete;
    bool aligns;          // with other chips: it takes longer than `cycles`
    std::uint64_t cycles; // of the run; or the last one that could be followed
};

// Cycles are counted as if await and deskew took one, and deskew.runtime those that it
// names. All that a chip does while its queues are parked until it has aligned itself
// is shifted alike, so that they compare with one another.
//
// Follows the entry points of a program one after the other. Nothing is kept of what
// was visited, so the length of a program does not matter.
class timeline {
public:
    // The program must outlive this.
    explicit timeline(const program &source);

    // Faults of the queues (ILLEGAL, POWER, STARVED, TEXT_OVERFLOW, DEADLOCK, ADDRESS
    // by steps) go to `found`. They end it; and so does text that the program itself
    // has written, which cannot be followed: a warning says so.
    followed follow(const entry_point &entry, findings &found,
                    const issue_visitor &visit = {});

private:
    sram_image image_;
    std::vector<bool> written_; // words, by what was followed until now
};

// Cycles from the issue of an instruction to its last effect.
unsigned last_effect(const instruction &code);

} // namespace groq::assembly
