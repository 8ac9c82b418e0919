// SPDX-License-Identifier: MIT
//
// Programs as ELF files (docs/program-format.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "asm/program.hpp"

namespace groq::assembly {

// The file: a function of the program alone. Throws std::invalid_argument for names
// that do not fit into their notes.
std::vector<std::byte> write_elf(const program &source);

// Checks what reading needs: every offset and length, notes, checksum. Whether the
// program makes sense is the business of libgroq's loader and of check.hpp. Throws
// std::runtime_error or std::out_of_range that says what is wrong and where.
program read_elf(std::span<const std::byte> file);

// Throw std::system_error that names the file.
std::vector<std::byte> read_file(const std::filesystem::path &path);
void write_file(const std::filesystem::path &path, std::span<const std::byte> bytes);

// Whether the output, a regular file, is the input under any of its names. "-" as
// input is standard input.
bool would_overwrite(const std::filesystem::path &output,
                     const std::filesystem::path &input);

// CRC-32 of a file whose checksum field, at the offset, counts as zero.
std::uint32_t checksum(std::span<const std::byte> file, std::size_t field_offset);

} // namespace groq::assembly
