// SPDX-License-Identifier: MIT
// A program with all that it depends on: the text of its queues, what lies in SRAM,
// the windows, the limit of cycles, the size of the card.
#ifndef GROQ_TESTS_CONFORMANCE_PROGRAM_HPP
#define GROQ_TESTS_CONFORMANCE_PROGRAM_HPP

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "reference/machine.hpp"

namespace groq::conformance {

using reference::encoded;

// Launch table and text have slices of their own, at the western edge.
constexpr unsigned text_slice = 43;
constexpr unsigned table_slice = 42;
constexpr unsigned blocks_per_queue = 8; // of text, 640 bytes each

constexpr uint32_t text_address(unsigned icu, unsigned block) {
    return GROQ_SRAM_ADDRESS(GROQ_WEST, text_slice, 0) +
           (icu * blocks_per_queue + block) * GROQ_TEXT_BYTES;
}
constexpr uint32_t table_address = GROQ_SRAM_ADDRESS(GROQ_WEST, table_slice, 0);

// Errors on purpose, docs/hardware.md 4.5, before the program begins.
struct injection {
    bool into_stream;
    uint32_t where; // SRAM address, or stream
    unsigned tile;  // of the stream
    unsigned first, second;
};

struct program {
    std::map<unsigned, std::vector<encoded>> queues;
    std::map<unsigned, uint32_t> counts;           // where not all of the text executes
    std::map<uint32_t, std::vector<uint8_t>> data; // by SRAM address
    std::vector<reference::window> windows;        // none: everything is allowed
    std::vector<injection> injections;
    uint64_t max_cycles = 100'000;
    unsigned slices = 2 * GROQ_SLICES; // of the card

    uint32_t sram_bytes() const { return slices * uint32_t{GROQ_SLICE_BYTES}; }
    std::vector<reference::window> all_windows() const;
    std::vector<reference::launch> launches() const;
    // Data, text and launch table: SRAM at the start.
    std::map<uint32_t, std::vector<uint8_t>> image() const;
    // For a person who looks into a difference.
    std::string listing() const;
};

// @a == @b, or what differs, in words.
std::string difference(const reference::outcome &chip,
                       const reference::outcome &reference);

} // namespace groq::conformance

#endif
