// SPDX-License-Identifier: MIT
//
// The ELF side of a program file: loadable segments and notes, checked to lie
// inside the file. What they mean is program_reader's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "byte_source.hpp"

namespace groq {

struct elf_segment {
    std::uint64_t address;
    std::uint64_t offset;     // in the file
    std::uint64_t file_bytes; // there
    std::uint64_t size;       // in memory; zero after those
    std::uint32_t flags;      // PF_*

    std::uint64_t file_end() const { return offset + file_bytes; }
};

struct elf_note {
    std::uint32_t type;
    std::uint64_t offset;            // of `data` in the file
    std::span<const std::byte> data; // any alignment
};

struct elf_file {
    std::vector<elf_segment> segments;
    std::vector<elf_note> notes;
};

// Reads headers and notes alone; views into `file`, which `name` stands for in
// messages.
result<elf_file> read_elf(byte_source &file, const std::string &name);

} // namespace groq
