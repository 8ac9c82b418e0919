// SPDX-License-Identifier: MIT
//
// From the bytes of a program file to what they say, with everything checked
// that docs/program-format.md lists.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <groq/program_format.h>

#include "elf.hpp"
#include "file_checksum.hpp"

namespace groq {

struct sram_range {
    std::uint64_t address;
    std::uint64_t size;

    std::uint64_t end() const { return address + size; }
    bool operator==(const sram_range &) const = default;
};

struct program_entry {
    std::string name;
    std::uint32_t kind; // GROQ_ENTRY_*
    std::uint32_t launch;
    std::uint32_t launch_count;
    std::uint64_t cycles; // 0 if unknown
};

struct program_tensor {
    std::string name;
    std::uint32_t direction; // GROQ_TENSOR_*
    std::uint32_t element;   // GROQ_ELEMENT_*
    std::uint32_t rows;
    std::uint32_t columns;
    std::vector<groq_tensor_part> parts;

    std::uint32_t element_bytes() const;
    std::uint64_t bytes() const;        // on the host
    std::uint64_t packed_bytes() const; // part after part, a vector per row
};

struct program_contents {
    std::uint64_t sram_bytes; // that the card must have
    std::vector<sram_range> ranges;
    std::vector<elf_segment> segments;  // by address
    std::vector<program_entry> entries; // the monolithic one, or input, compute, output
    std::vector<program_tensor> tensors;
};

constexpr std::uint32_t vector_bytes = 320;

struct program_outline {
    program_contents contents;
    checksum_field checksum;
    // What is wrong with a file whose checksum is right; contents are of no use then.
    std::optional<error> flaw;
};

// All but the bytes of the segments, and the sum: errors are those that come before
// the question of damage. `name` stands for the file in messages.
result<program_outline> read_outline(byte_source &file, const std::string &name);
// Why a file is refused that has passed through `sum`, if it is.
result<void> check_file(const program_outline &outline, const file_checksum &sum,
                        const std::string &name);

// Both, of a file in memory; and what it is known by.
struct read_file {
    program_contents contents;
    checksum_field checksum;
    std::uint64_t size; // of the file
    content_hash hash;
};
result<read_file> read_program(std::span<const std::byte> file,
                               const std::string &name);

} // namespace groq
