// SPDX-License-Identifier: MIT
#include "asm/disassembler.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include "asm/bytes.hpp"
#include "asm/instruction_text.hpp"
#include "asm/queue.hpp"
#include "asm/timeline.hpp"

namespace groq::assembly {
namespace {

using byte_view = std::span<const std::byte>;

constexpr std::size_t hex_line_bytes = 32;
constexpr std::size_t worth_a_zero = 8; // shorter runs of zeroes are written out
constexpr std::size_t comment_column = 48;

std::string line(const std::string &directive, const std::string &rest) {
    std::string text = "        " + directive;
    text.resize(std::max<std::size_t>(text.size() + 1, 16), ' ');
    return text + rest + "\n";
}

std::string hex_digits(byte_view bytes) {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const std::byte b : bytes) {
        text += digits[std::to_integer<unsigned>(b) >> 4];
        text += digits[std::to_integer<unsigned>(b) & 15];
    }
    return text;
}

std::string quoted(const std::string &name) {
    std::string text = "\"";
    for (const char c : name)
        if (c == '"' || c == '\\')
            text += std::string("\\") + c;
        else if (std::isprint(static_cast<unsigned char>(c)) != 0)
            text += c;
        else
            text += "\\x" + hex_digits(std::as_bytes(std::span(&c, 1)));
    return text + "\"";
}

std::string join(std::initializer_list<std::string> items) {
    std::string text;
    for (const std::string &item : items)
        text += (text.empty() ? "" : ", ") + item;
    return text;
}

std::size_t zero_run(byte_view bytes) {
    const auto end =
        std::ranges::find_if(bytes, [](std::byte b) { return b != std::byte{0}; });
    return static_cast<std::size_t>(end - bytes.begin());
}

// How many bytes come before the next run of zeroes worth a line of its own.
std::size_t hex_run(byte_view bytes) {
    std::size_t length = 0;
    while (length < std::min(bytes.size(), hex_line_bytes)) {
        const std::size_t zeroes = zero_run(bytes.subspan(length));
        if (zeroes >= worth_a_zero || length + zeroes == bytes.size())
            break;
        length += zeroes + 1;
    }
    return std::min(std::max<std::size_t>(length, 1), hex_line_bytes);
}

std::string data_text(byte_view bytes) {
    std::string text;
    while (!bytes.empty()) {
        const std::size_t zeroes = zero_run(bytes);
        const bool worth = zeroes >= worth_a_zero || zeroes == bytes.size();
        const std::size_t length = worth ? zeroes : hex_run(bytes);
        text += worth ? line(".zero", std::to_string(zeroes))
                      : line(".hex", "\"" + hex_digits(bytes.first(length)) + "\"");
        bytes = bytes.subspan(length);
    }
    return text;
}

std::string with_comment(std::string text, const std::string &comment) {
    text.pop_back(); // newline
    text.resize(std::max(text.size() + 1, comment_column), ' ');
    return text + "; " + comment + "\n";
}

std::string code_text(const segment &section, const issue_cycles &cycles) {
    std::string text;
    byte_view rest = section.bytes;
    std::uint32_t address = section.address;
    while (rest.size() >= GROQ_INSTRUCTION_BYTES) {
        const instruction code = from_bytes(rest.first<GROQ_INSTRUCTION_BYTES>());
        if (zero_run(rest) == rest.size())
            break;
        std::string next = defect(code).empty()
                               ? "        " + to_text(code) + "\n"
                               : data_text(rest.first(GROQ_INSTRUCTION_BYTES));
        if (const auto cycle = cycles.find(address); cycle != cycles.end())
            next = with_comment(next, "@" + std::to_string(cycle->second));
        text += next;
        rest = rest.subspan(GROQ_INSTRUCTION_BYTES);
        address += GROQ_INSTRUCTION_BYTES;
    }
    return text + data_text(rest);
}

std::string launch_text(byte_view bytes) {
    std::string text;
    for (std::size_t at = 0; at < bytes.size(); at += sizeof(groq_launch)) {
        const auto entry = read<groq_launch>(bytes, at, "launch entry");
        text += line(".launch", join({queue_name(entry.icu), address_text(entry.text),
                                      std::to_string(entry.count)}));
    }
    return text;
}

// Whether .launch lines give these bytes.
bool is_launch_table(const program &source, const segment &section) {
    const bool named = std::ranges::any_of(source.entries, [&](const entry_point &e) {
        return e.launch == section.address &&
               e.launch_count * sizeof(groq_launch) == section.bytes.size();
    });
    for (std::size_t at = 0; named && at < section.bytes.size();
         at += sizeof(groq_launch)) {
        const auto entry = read<groq_launch>(section.bytes, at, "launch entry");
        if (entry.icu >= GROQ_ICUS_ALL || entry.reserved0 != 0 ||
            entry.reserved1 != 0 || entry.text >= GROQ_SRAM_BYTES)
            return false;
    }
    return named;
}

std::string section_line(const segment &section) {
    std::string rest = quoted(section.name) + ", " + address_text(section.address);
    if (section.text)
        rest += ", text";
    if (section.writable)
        rest += ", writable";
    if (section.memory_bytes != section.bytes.size())
        rest += ", memory=" + std::to_string(section.memory_bytes);
    return line(".section", rest);
}

std::string entry_line(const entry_point &entry) {
    static constexpr std::array kinds{"monolithic", "input", "compute", "output"};
    return line(".entry", join({quoted(entry.name), kinds.at(entry.kind),
                                "launch=" + address_text(entry.launch),
                                "count=" + std::to_string(entry.launch_count),
                                "cycles=" + std::to_string(entry.cycles)}));
}

std::string tensor_lines(const tensor &t) {
    static constexpr std::array directions{"input", "output"};
    std::string text =
        line(".tensor", join({quoted(t.name), directions.at(t.direction),
                              std::string(type_name(t.element)), std::to_string(t.rows),
                              std::to_string(t.columns)}));
    for (const groq_tensor_part &part : t.parts)
        text +=
            line(".part", join({std::to_string(part.plane), std::to_string(part.column),
                                std::to_string(part.lanes), address_text(part.sram),
                                std::to_string(part.stride)}));
    return text;
}

std::string symbol_line(const symbol &s) {
    return line(".symbol",
                join({quoted(s.name), address_text(s.address), std::to_string(s.bytes),
                      s.function ? "function" : "object"}));
}

} // namespace

issue_cycles first_issues(const program &source) {
    issue_cycles cycles;
    timeline time(source);
    for (const entry_point &entry : source.entries) {
        findings found(entry.name);
        time.follow(entry, found, [&](const issue &each) {
            cycles.try_emplace(each.text, each.cycle);
        });
    }
    return cycles;
}

std::string disassemble(const program &source, const segment &section,
                        const issue_cycles &cycles) {
    if (is_launch_table(source, section))
        return section_line(section) + launch_text(section.bytes);
    return section_line(section) +
           (section.text ? code_text(section, cycles) : data_text(section.bytes));
}

std::string disassemble(const program &source) {
    std::string text = line(".target", std::to_string(source.sram_bytes));
    for (const groq_note_sram &range : source.ranges)
        text += line(".sram",
                     join({address_text(range.address), std::to_string(range.size)}));
    for (const entry_point &entry : source.entries)
        text += entry_line(entry);
    for (const tensor &t : source.tensors)
        text += tensor_lines(t);
    const issue_cycles cycles = first_issues(source);
    for (const segment &section : source.segments)
        text += "\n" + disassemble(source, section, cycles);
    if (!source.symbols.empty())
        text += "\n";
    for (const symbol &s : source.symbols)
        text += symbol_line(s);
    return text;
}

} // namespace groq::assembly
