// SPDX-License-Identifier: MIT
// Any bytes as an attribute of the kernel's: a number is what the C library takes it
// for, and everything else is none.
#include <cctype>
#include <cerrno>
#include <optional>

#include "file_of.hpp"
#include "sysfs.hpp"

namespace {

// Both take fewer bits of a number with a sign.
std::optional<std::int64_t> number_by_c(const std::string &line) {
    const std::size_t sign = line[0] == '-';
    if (!std::isdigit(static_cast<unsigned char>(line[sign])))
        return std::nullopt;
    errno = 0;
    const auto number = std::strtoll(line.c_str(), nullptr, 10);
    if (errno == 0)
        return number;
    errno = 0;
    const auto large = std::strtoull(line.c_str(), nullptr, 10);
    return errno == 0 && sign == 0 ? std::optional(std::int64_t(large)) : std::nullopt;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const auto file = file_of(data, size);
    const auto line = groq::read_line(file);
    require(line.has_value() == (size > 0));
    if (line) {
        require(line->find('\n') == line->npos);
        require(groq::read_number(file) == number_by_c(*line));
    }
    groq::read_number(file, 16);
    return 0;
}
