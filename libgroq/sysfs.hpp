// SPDX-License-Identifier: MIT
//
// Attributes of the kernel's sysfs: one value a file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace groq {

// Where the kernel shows itself; elsewhere in tests.
struct system_paths {
    std::filesystem::path sys = "/sys";
    std::filesystem::path dev = "/dev";
    std::filesystem::path proc = "/proc";
};

// Nothing where the file is missing, unreadable or, for numbers, holds none.
std::optional<std::string> read_line(const std::filesystem::path &file);
std::optional<std::int64_t> read_number(const std::filesystem::path &file,
                                        int base = 10);

// A number for the C interface: GROQ_UNKNOWN for nothing.
std::int64_t or_unknown(std::optional<std::int64_t> value);

} // namespace groq
