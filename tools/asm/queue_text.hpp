// SPDX-License-Identifier: MIT
//
// The text of one instruction queue: what makes its instructions issue in their
// cycles. 40 instructions are there at the start, the rest comes by Ifetch.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "asm/interval_set.hpp"
#include "asm/schedule.hpp"

namespace groq::assembly {

// An Ifetch in the text; its SRAM address is 640 bytes times `chunk` from the start of
// the queue's text and is filled in when that is placed.
struct text_fetch {
    std::size_t index; // of the Ifetch in the text
    unsigned chunk;
    std::uint64_t cycle;
};

struct queue_text {
    std::vector<instruction> instructions;
    std::vector<text_fetch> fetches;

    unsigned chunks() const {
        return static_cast<unsigned>(
            (instructions.size() + GROQ_TEXT_INSTRUCTIONS - 1) /
            GROQ_TEXT_INSTRUCTIONS);
    }
};

// Why a queue cannot do what is asked of it.
struct feeding_trouble {
    std::uint64_t cycle = 0; // of the first instruction that cannot issue
    std::string reason;
};

// Writes bursts out with NOPs, Repeats, and an Ifetch for every chunk after the first:
// as early as the queue has room, in an idle cycle in which the slice of the text is
// not in use (its port). Where nothing else helps, a repetition that leaves cycles idle
// is divided for it. Nothing when that is impossible; `trouble` then says why. `owner`
// knows when the queue goes on after a Sync.
std::optional<queue_text> write_queue(std::span<const burst> bursts,
                                      const schedule &owner, const interval_set &port,
                                      feeding_trouble &trouble);

} // namespace groq::assembly
