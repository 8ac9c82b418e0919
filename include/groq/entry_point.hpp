// SPDX-License-Identifier: MIT
//
// Where a program can be begun, and how long it takes from there.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include <groq/groq.h>

namespace groq {

enum class entry_kind : std::uint32_t {
    monolithic = GROQ_ENTRY_MONOLITHIC,
    input = GROQ_ENTRY_INPUT,
    compute = GROQ_ENTRY_COMPUTE,
    output = GROQ_ENTRY_OUTPUT,
};

struct entry_point {
    std::string name;
    entry_kind kind;
    std::uint64_t cycles; // exact length of a run, 0 if the program does not say

    // At this clock of the card, rounded up. Nothing: one of both is unknown.
    std::optional<std::chrono::nanoseconds> duration(std::int64_t clock_hz) const {
        if (cycles == 0 || clock_hz <= 0)
            return std::nullopt;
        const auto hz = std::uint64_t(clock_hz);
        const auto part = double(cycles % hz) * 1e9 / double(hz);
        const auto ns = std::int64_t(part);
        return std::chrono::seconds(cycles / hz) +
               std::chrono::nanoseconds(ns + (double(ns) < part));
    }
};

} // namespace groq
