// SPDX-License-Identifier: MIT
//
// Names, kinds and places of instruction queues and SRAM slices (hw/groq_sram.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "asm/instruction.hpp"
#include "hw/groq_sram.h"

namespace groq::assembly {

// "mem.w.0", "vxm.3", "sxm.e.shift_up", "sxm.w.distribute.3", "mxm.w.1.activations",
// "c2c.15"; icu < GROQ_ICUS_ALL.
std::string queue_name(unsigned icu);
std::optional<unsigned> parse_queue(std::string_view name);

// What the queue executes besides the control instructions; never ANY.
queue_kind kind_of(unsigned icu);
bool executes(unsigned icu, const operation &op);

// Where the unit of the queue meets the streams: -13..13, west to east.
int position_of(unsigned icu);
// Cycles that a value takes from one position to another.
constexpr unsigned hops(int from, int to) {
    return static_cast<unsigned>(from < to ? to - from : from - to) * GROQ_DELAY_HOP;
}

// Slices are numbered like their queues, 0..87; "w.0" is 0, "e.0" is 44.
inline constexpr unsigned slice_count = GROQ_HEMISPHERES * GROQ_SLICES;
std::string slice_name(unsigned slice);
std::optional<unsigned> parse_slice(std::string_view name);

constexpr std::uint32_t address_of(unsigned slice, unsigned word) {
    return slice * GROQ_SLICE_BYTES + word * GROQ_VECTOR_BYTES;
}
constexpr unsigned slice_of(std::uint32_t address) {
    return address / GROQ_SLICE_BYTES;
}
constexpr unsigned word_of(std::uint32_t address) {
    return address % GROQ_SLICE_BYTES / GROQ_VECTOR_BYTES;
}
// "e.3[16]", or "e.3[16]+4" inside a word; a number where there is no SRAM.
std::string address_text(std::uint32_t address);
constexpr unsigned bank_of(unsigned word) {
    return word / GROQ_BANK_WORDS;
}

} // namespace groq::assembly
