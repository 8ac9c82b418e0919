// SPDX-License-Identifier: MIT
#include "sysfs.hpp"

#include <charconv>
#include <fstream>

#include <groq/groq.h>

namespace groq {

std::optional<std::string> read_line(const std::filesystem::path &file) {
    std::ifstream stream(file);
    std::string line;
    if (!std::getline(stream, line))
        return std::nullopt;
    return line;
}

// All 64 bits of a number without sign may be used.
std::optional<std::int64_t> read_number(const std::filesystem::path &file, int base) {
    const auto line = read_line(file);
    if (!line)
        return std::nullopt;
    const auto *begin = line->data(), *end = begin + line->size();
    if (base == 16 && line->starts_with("0x"))
        begin += 2;
    std::int64_t value = 0;
    if (std::from_chars(begin, end, value, base).ec == std::errc{})
        return value;
    std::uint64_t large = 0;
    if (std::from_chars(begin, end, large, base).ec == std::errc{})
        return std::int64_t(large);
    return std::nullopt;
}

std::int64_t or_unknown(std::optional<std::int64_t> value) {
    return value.value_or(GROQ_UNKNOWN);
}

} // namespace groq
