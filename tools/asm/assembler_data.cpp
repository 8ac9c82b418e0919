// SPDX-License-Identifier: MIT
#include "asm/assembler_pass.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <system_error>

#include "asm/bytes.hpp"
#include "asm/elf_file.hpp"
#include "asm/float_text.hpp"

namespace groq::assembly {

std::vector<std::byte> &assembler_pass::section_bytes(const source_line &line) {
    if (!section_)
        line.fail("bytes stand in a .data or .section");
    return section_->bytes;
}

void assembler_pass::add_launch(source_line &line) {
    std::vector<std::byte> &bytes = section_bytes(line);
    groq_launch entry{};
    entry.icu = static_cast<std::uint16_t>(take_queue(line));
    line.expect(",");
    entry.text = take_address(line);
    line.expect(",");
    entry.count = static_cast<std::uint32_t>(line.take_number("count", 0, most_u32));
    append(bytes, entry);
}

template <class T>
void assembler_pass::add_numbers(source_line &line) {
    std::vector<std::byte> &bytes = section_bytes(line);
    do
        append(bytes,
               static_cast<T>(line.take_number("value", std::numeric_limits<T>::min(),
                                               std::numeric_limits<T>::max())));
    while (line.accept(","));
}

template <class T, unsigned type>
void assembler_pass::add_floats(source_line &line) {
    std::vector<std::byte> &bytes = section_bytes(line);
    do
        append(bytes, static_cast<T>(take_float(line, type)));
    while (line.accept(","));
}

void assembler_pass::add_hex(source_line &line) {
    std::vector<std::byte> &bytes = section_bytes(line);
    const token digits = line.take();
    if (digits.kind != token_kind::text || digits.text.size() % 2 != 0)
        source_line::fail_at(digits, "expected pairs of hexadecimal digits in quotes");
    for (std::size_t i = 0; i < digits.text.size(); i += 2) {
        unsigned value = 0;
        const char *pair = digits.text.data() + i;
        if (std::from_chars(pair, pair + 2, value, 16).ptr != pair + 2)
            source_line::fail_at(digits, "bad digit in pair " + std::to_string(i / 2));
        bytes.push_back(static_cast<std::byte>(value));
    }
}

void assembler_pass::add_file(source_line &line) {
    std::vector<std::byte> &bytes = section_bytes(line);
    const token name = line.take();
    if (name.kind != token_kind::text)
        source_line::fail_at(name, "expected a file name in quotes");
    std::vector<std::byte> content;
    try {
        content = read_file(options_.directory / name.text);
    } catch (const std::system_error &error) {
        source_line::fail_at(name, error.what());
    }
    const auto all = static_cast<std::int64_t>(content.size());
    std::int64_t offset = 0;
    if (line.accept(","))
        offset = line.take_number("offset", 0, all);
    std::int64_t size = all - offset;
    if (line.accept(","))
        size = line.take_number("size", 0, all - offset);
    bytes.insert(bytes.end(), content.begin() + offset,
                 content.begin() + offset + size);
}

void assembler_pass::add_zeroes(source_line &line) {
    std::vector<std::byte> &bytes = section_bytes(line);
    const std::uint64_t end = section_->address + bytes.size();
    const auto room = GROQ_SRAM_BYTES - std::min<std::uint64_t>(end, GROQ_SRAM_BYTES);
    const auto count = line.take_number("count", 0, static_cast<std::int64_t>(room));
    bytes.resize(bytes.size() + static_cast<std::size_t>(count));
}

template void assembler_pass::add_numbers<std::int8_t>(source_line &);
template void assembler_pass::add_numbers<std::uint8_t>(source_line &);
template void assembler_pass::add_numbers<std::int16_t>(source_line &);
template void assembler_pass::add_numbers<std::int32_t>(source_line &);
template void assembler_pass::add_floats<std::uint16_t, GROQ_TYPE_F16>(source_line &);
template void assembler_pass::add_floats<std::uint32_t, GROQ_TYPE_F32>(source_line &);

} // namespace groq::assembly
