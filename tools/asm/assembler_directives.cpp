// SPDX-License-Identifier: MIT
#include "asm/assembler_pass.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "asm/queue.hpp"

namespace groq::assembly {
namespace {

template <std::size_t n>
std::uint32_t take_choice(source_line &line, const char *what,
                          const std::array<std::string_view, n> &names) {
    const token word = line.peek();
    const auto found = std::ranges::find(names, word.text);
    if (word.kind != token_kind::word || found == names.end())
        line.fail(std::string("expected ") + what);
    line.take();
    return static_cast<std::uint32_t>(found - names.begin());
}

// By GROQ_ENTRY_* and GROQ_TENSOR_*.
constexpr std::array<std::string_view, 4> entry_kinds{"monolithic", "input", "compute",
                                                      "output"};
constexpr std::array<std::string_view, 2> directions{"input", "output"};

// name=number, after a comma; 0 when it is not there.
std::uint64_t take_option(source_line &line, std::string_view name, std::int64_t most) {
    if (!line.at_mark(",") || line.peek(1).text != name || !line.at_mark("=", 2))
        return 0;
    for (int i = 0; i < 3; ++i)
        line.take();
    return static_cast<std::uint64_t>(line.take_number("value", 0, most));
}

bool take_flag(source_line &line, std::string_view name) {
    if (!line.at_mark(",") || line.peek(1).text != name || line.at_mark("=", 2))
        return false;
    line.take();
    line.take();
    return true;
}

} // namespace

unsigned take_queue(source_line &line) {
    const token name = line.peek();
    const auto icu = parse_queue(line.take_name("an instruction queue"));
    if (!icu)
        source_line::fail_at(name, "no instruction queue " + name.text);
    return *icu;
}

std::uint32_t take_address(source_line &line) {
    return static_cast<std::uint32_t>(
        line.take_number("address", 0, GROQ_SRAM_BYTES - 1));
}

void assembler_pass::set_constant(source_line &line) {
    const token name = line.peek();
    line.take_name("a name");
    line.expect(",");
    for (std::size_t i = 0; final_ && line.peek(i).kind != token_kind::end; ++i)
        check_is_defined(name, line.peek(i));
    define(name, line.take_expression());
}

// A constant counts from the line that defines it on, so this pass must have met all
// that it is made of.
void assembler_pass::check_is_defined(const token &constant, const token &used) const {
    if (used.kind != token_kind::word || defined_.contains(used.text) ||
        !labels_.contains(used.text))
        return;
    source_line::fail_at(used, used.text == constant.text
                                   ? used.text + " depends on itself"
                                   : used.text + " is defined later");
}

void assembler_pass::set_target(source_line &line) {
    builder_.set_sram_bytes(
        static_cast<std::uint64_t>(line.take_number("size", 1, GROQ_SRAM_BYTES)));
}

void assembler_pass::add_range(source_line &line) {
    const std::uint32_t address = take_address(line);
    line.expect(",");
    const auto size = line.take_number("size", 1, GROQ_SRAM_BYTES);
    builder_.add_range({address, static_cast<std::uint32_t>(size)});
}

void assembler_pass::reserve(source_line &line) {
    const std::uint32_t address = take_address(line);
    line.expect(",");
    const auto words =
        line.take_number("words", 1, GROQ_SRAM_BYTES / GROQ_VECTOR_BYTES);
    builder_.reserve(address, static_cast<std::uint32_t>(words * GROQ_VECTOR_BYTES));
}

void assembler_pass::set_text(source_line &line) {
    std::vector<unsigned> slices;
    do {
        const token name = line.peek();
        const auto slice = parse_slice(line.take_name("a slice"));
        if (!slice)
            source_line::fail_at(name, "no slice " + name.text);
        slices.push_back(*slice);
    } while (line.accept(","));
    builder_.set_text_slices(std::move(slices));
}

void assembler_pass::begin_section(source_line &line) {
    begin_block(line);
    segment section;
    section.name = line.take_name("a section's name");
    line.expect(",");
    section.address = take_address(line);
    section.text = take_flag(line, "text");
    section.writable = take_flag(line, "writable");
    section.memory_bytes =
        static_cast<std::uint32_t>(take_option(line, "memory", GROQ_SRAM_BYTES));
    section_ = std::move(section);
}

void assembler_pass::begin_data(source_line &line) {
    begin_block(line);
    const std::uint32_t address = take_address(line);
    section_ = segment{".data", address, {}, 0, false, take_flag(line, "writable")};
}

void assembler_pass::begin_entry(source_line &line) {
    end_block();
    schedule_ = nullptr;
    const std::string name = take_unique_name(line, entry_names_);
    std::uint32_t kind = GROQ_ENTRY_MONOLITHIC;
    if (line.at_mark(",") && !line.at_mark("=", 2)) {
        line.take();
        kind = take_choice(line, "monolithic, input, compute or output", entry_kinds);
    }
    if (!line.at_mark(",")) {
        schedule_ = &builder_.add_entry(name, kind);
        return;
    }
    entry_point entry{name, kind, 0, 0, 0};
    entry.launch =
        static_cast<std::uint32_t>(take_option(line, "launch", GROQ_SRAM_BYTES));
    entry.launch_count =
        static_cast<std::uint32_t>(take_option(line, "count", GROQ_ICUS_ALL));
    entry.cycles =
        take_option(line, "cycles", std::numeric_limits<std::int64_t>::max());
    builder_.add_entry(entry);
}

void assembler_pass::begin_queue(source_line &line) {
    end_block();
    if (schedule_ == nullptr)
        line.fail("no .entry before this .queue");
    icu_ = take_queue(line);
    cycle_ = 0;
}

void assembler_pass::add_tensor(source_line &line) {
    begin_block(line);
    tensor result;
    result.name = take_unique_name(line, tensor_names_);
    line.expect(",");
    result.direction = take_choice(line, "input or output", directions);
    line.expect(",");
    const token type = line.peek();
    const auto element = parse_type(line.take_name("a type"));
    if (!element)
        source_line::fail_at(type, "no type " + type.text);
    result.element = *element;
    line.expect(",");
    result.rows = static_cast<std::uint32_t>(line.take_number("rows", 1, most_u32));
    line.expect(",");
    result.columns =
        static_cast<std::uint32_t>(line.take_number("columns", 1, most_u32));
    tensor_ = std::move(result);
}

void assembler_pass::add_part(source_line &line) {
    if (!tensor_)
        line.fail("no .tensor before this .part");
    groq_tensor_part part{};
    part.plane = static_cast<std::uint32_t>(line.take_number("byte plane", 0, 3));
    line.expect(",");
    part.column = static_cast<std::uint32_t>(line.take_number("column", 0, most_u32));
    line.expect(",");
    part.lanes = static_cast<std::uint32_t>(line.take_number("lanes", 1, GROQ_LANES));
    line.expect(",");
    part.sram = static_cast<std::uint32_t>(line.take_number("address", 0, most_u32));
    line.expect(",");
    part.stride =
        static_cast<std::uint32_t>(line.take_number("stride", 1, GROQ_SRAM_BYTES));
    tensor_->parts.push_back(part);
}

void assembler_pass::add_symbol(source_line &line) {
    static constexpr std::array<std::string_view, 2> kinds{"object", "function"};
    symbol result;
    result.name = line.take_name("a name");
    line.expect(",");
    result.address =
        static_cast<std::uint32_t>(line.take_number("address", 0, most_u32));
    line.expect(",");
    result.bytes = static_cast<std::uint32_t>(line.take_number("size", 0, most_u32));
    line.expect(",");
    result.function = take_choice(line, "object or function", kinds) == 1;
    builder_.add_symbol(result);
}

} // namespace groq::assembly
