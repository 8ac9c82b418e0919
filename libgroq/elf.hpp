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

#include "error.hpp"

namespace groq {

struct elf_segment {
    std::uint64_t address;
    std::span<const std::byte> bytes; // of the file
    std::uint64_t size;               // in memory; zero after `bytes`
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

// Views into `file`. `name` stands for it in messages.
result<elf_file> read_elf(std::span<const std::byte> file, const std::string &name);

} // namespace groq
