// SPDX-License-Identifier: MIT
//
// The instructions of an entry point, each at its cycle, before they are text.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "asm/instruction.hpp"

namespace groq::assembly {

// The last cycle in which anything may be placed. A wait is text, 16 bytes for 65,535
// cycles, and that of a queue lies in one slice: this long a wait takes 2/5 of it.
inline constexpr std::uint64_t most_cycle = std::uint64_t{1} << 32;

// How an instruction recurs after its first issue, like Repeat.
struct repetition {
    std::uint32_t times = 0;
    std::uint32_t interval = 1;
};

// An instruction of one queue at its cycle, with what Repeat makes of it.
struct burst {
    std::uint64_t cycle = 0;
    instruction code;
    repetition again;

    std::uint64_t last() const {
        return cycle + std::uint64_t{again.times} * again.interval;
    }
};

class schedule {
public:
    explicit schedule(std::string entry) : entry_(std::move(entry)) {}

    // Issue an instruction in a cycle; with each repetition its fields advance by their
    // steps. Any order; a queue takes one instruction per cycle, where a Read and a
    // Write count as one. NOP, Repeat and Ifetch are not placed: they follow from the
    // rest. After a Sync the queue issues nothing until a Notify of any queue reaches
    // it, 35 cycles after its own issue. Cycles are those of timeline.hpp. Throws
    // build_error when the queue does not execute the instruction, it is illegal, or
    // issues after most_cycle.
    void at(std::uint64_t cycle, unsigned icu, const instruction &code,
            repetition again = {});

    const std::string &entry() const { return entry_; }
    std::vector<unsigned> queues() const;

    // The queue's instructions in order, none overlapping another, equally spaced runs
    // folded into repetitions. Throws build_error when two share a cycle.
    std::vector<burst> bursts(unsigned icu) const;

    // When a queue that parks in the cycle goes on; nothing if it never does.
    std::optional<std::uint64_t> release(std::uint64_t parked) const;

    // Throws build_error that names entry point, queue and cycle.
    [[noreturn]] void fail(unsigned icu, std::uint64_t cycle,
                           const std::string &message) const;

private:
    std::string entry_;
    std::map<unsigned, std::vector<burst>> placed_;
    std::vector<std::uint64_t> notifies_;
};

} // namespace groq::assembly
