// SPDX-License-Identifier: MIT
#include "chip_program.hpp"

#include <algorithm>
#include <cstring>

namespace bench {
namespace {

// Blocks as the chip fetches them, each but the last with the fetch of the next.
text in_blocks(const text &instructions, std::uint32_t address) {
    text blocks;
    auto next = instructions.begin();
    while (next != instructions.end()) {
        auto room = std::ptrdiff_t{GROQ_TEXT_INSTRUCTIONS};
        address += GROQ_TEXT_BYTES;
        if (instructions.end() - next > room) {
            blocks.push_back(
                instruction(GROQ_OPCODE_IFETCH).with(field::ifetch::text, address));
            --room;
        }
        const auto end = next + std::min(room, instructions.end() - next);
        blocks.insert(blocks.end(), next, end);
        next = end;
    }
    return blocks;
}

} // namespace

void program_writer::add_queue(unsigned icu, std::uint32_t address,
                               const text &instructions) {
    const text blocks = in_blocks(instructions, address);
    write(address, blocks.data(), blocks.size() * sizeof(instruction));
    groq_launch entry{};
    entry.icu = static_cast<std::uint16_t>(icu);
    entry.text = address;
    entry.count = static_cast<std::uint32_t>(blocks.size());
    table_.push_back(entry);
}

unsigned program_writer::add_table(std::uint32_t address) {
    write(address, table_.data(), table_.size() * sizeof(groq_launch));
    return static_cast<unsigned>(table_.size());
}

void program_writer::write(std::uint32_t address, const void *data, std::size_t bytes) {
    std::memcpy(sram_.subspan(address, bytes).data(), data, bytes);
}

} // namespace bench
