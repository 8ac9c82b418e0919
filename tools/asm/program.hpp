// SPDX-License-Identifier: MIT
//
// A program as its file says it (docs/program-format.md), in memory: what the
// builder makes, the ELF writer writes, the ELF reader reads, the checks look at.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "groq/program_format.h"
#include "hw/groq_queue.h"
#include "hw/groq_sram.h"

namespace groq::assembly {

// Bytes that SRAM holds before a run.
struct segment {
    std::string name; // of its section: ".text.mem.e.3", ".data"
    std::uint32_t address = 0;
    std::vector<std::byte> bytes;
    std::uint32_t memory_bytes = 0; // at least bytes.size(); the rest is zero
    bool text = false;              // text or launch table
    bool writable = false;          // the program writes there

    std::uint64_t end() const { return std::uint64_t{address} + memory_bytes; }
};

struct entry_point {
    std::string name;
    std::uint32_t kind = GROQ_ENTRY_MONOLITHIC;
    std::uint32_t launch = 0; // SRAM address of the launch table
    std::uint32_t launch_count = 0;
    std::uint64_t cycles = 0; // 0: unknown, as when it aligns itself with other chips
};

struct tensor {
    std::string name;
    std::uint32_t direction = GROQ_TENSOR_INPUT;
    std::uint32_t element = GROQ_ELEMENT_I8;
    std::uint32_t rows = 0;
    std::uint32_t columns = 0;
    std::vector<groq_tensor_part> parts;
};

// Calls visit(address) for the words of a part; stops where the SRAM ends.
template <class F>
void for_each_word(const groq_tensor_part &part, std::uint32_t rows, F visit) {
    std::uint64_t address = part.sram;
    for (std::uint32_t row = 0; row < rows && address < GROQ_SRAM_BYTES; ++row) {
        visit(address);
        address += part.stride;
    }
}

template <class F>
void for_each_word(const tensor &source, F visit) {
    for (const groq_tensor_part &part : source.parts)
        for_each_word(part, source.rows, visit);
}

// One past the last byte of its words.
std::uint64_t end_of(const tensor &source);

// For people and tools alone.
struct symbol {
    std::string name;
    std::uint32_t address = 0;
    std::uint32_t bytes = 0;
    bool function = false; // text of a queue
};

struct program {
    std::uint64_t sram_bytes = 0; // the card must have
    std::vector<groq_note_sram> ranges;
    std::vector<segment> segments;
    std::vector<entry_point> entries;
    std::vector<tensor> tensors;
    std::vector<symbol> symbols;
};

// What SRAM holds by the segments of a program; zero elsewhere. The program must
// outlive it.
class sram_image {
public:
    explicit sram_image(const program &source);

    void read(std::uint32_t address, std::span<std::byte> out) const;
    std::vector<groq_launch> read_launches(const entry_point &entry) const;

private:
    std::vector<const segment *> by_address_;
};

} // namespace groq::assembly
