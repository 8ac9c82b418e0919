// SPDX-License-Identifier: MIT
//
// One pass of the assembler over its source; assembler.cpp drives it, and
// assembler_directives.cpp and assembler_data.cpp have the directives.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "asm/assembler.hpp"
#include "asm/diagnostic.hpp"
#include "asm/program_builder.hpp"
#include "asm/source_line.hpp"

namespace groq::assembly {

// The first pass finds the labels, and does not mind names that
// it has not met yet; the second builds the program.
class assembler_pass {
public:
    assembler_pass(const assembly_options &options, symbol_values labels, bool final)
        : options_(options), labels_(std::move(labels)), final_(final) {}

    void run(std::string_view source);
    program link();
    void check(const program &image);

    const symbol_values &labels() const { return labels_; }
    std::vector<source_diagnostic> take_diagnostics() {
        return std::move(diagnostics_);
    }
    bool failed() const {
        return std::ranges::any_of(diagnostics_, &source_diagnostic::error);
    }

private:
    using directive = void (assembler_pass::*)(source_line &);
    static const std::map<std::string_view, directive> &directives();

    void statement(source_line &line);
    void place_before(const std::vector<token> &labels, source_line &line);
    void define_label(const token &name);
    void define(const token &name, std::int64_t value);

    void set_constant(source_line &line);
    void check_is_defined(const token &constant, const token &used) const;
    void set_target(source_line &line);
    void add_range(source_line &line);
    void reserve(source_line &line);
    void set_text(source_line &line);
    void begin_section(source_line &line);
    void begin_data(source_line &line);
    void begin_entry(source_line &line);
    void begin_queue(source_line &line);
    void add_tensor(source_line &line);
    void add_part(source_line &line);
    void add_symbol(source_line &line);
    void add_launch(source_line &line);
    template <class T>
    void add_numbers(source_line &line);
    template <class T, unsigned type>
    void add_floats(source_line &line);
    void add_hex(source_line &line);
    void add_file(source_line &line);
    void add_zeroes(source_line &line);

    void set_cycle(source_line &line);
    void place(source_line &line);
    void check_cycle(const token &where) const;
    void repeat_last(source_line &line, const instruction &code);
    void place_pending();
    std::vector<std::byte> &section_bytes(const source_line &line);
    void end_section();
    void end_tensor();
    void end_block();
    void begin_block(const source_line &line);
    template <class F>
    void add_block(F add);
    std::string take_unique_name(source_line &line, std::set<std::string> &names);

    struct source_place {
        unsigned line = 0;
        unsigned column = 0;
    };
    void report(const diagnostic &each);
    void report(const source_place &where, const std::string &message);
    void report(unsigned column, const std::string &message, bool error = true);

    const assembly_options &options_;
    symbol_values labels_; // of the pass before, then of this one
    symbol_values defined_;
    bool final_;
    unsigned line_number_ = 0;
    std::vector<source_diagnostic> diagnostics_;
    program_builder builder_;

    std::optional<segment> section_;
    std::vector<symbol> section_symbols_; // labels in it
    std::optional<tensor> tensor_;
    schedule *schedule_ = nullptr;
    std::optional<unsigned> icu_;
    std::optional<std::uint64_t> cycle_; // of the next instruction; none after a sync
    std::optional<burst> pending_;       // placed when no repeat follows
    source_place block_;                 // where section or tensor began
    std::set<std::string> entry_names_;
    std::set<std::string> tensor_names_;
    // Entry point, queue, cycle.
    std::map<std::tuple<std::string, unsigned, std::uint64_t>, source_place> places_;
};

inline constexpr std::int64_t most_u32 = 0xffffffff;

unsigned take_queue(source_line &line);
std::uint32_t take_address(source_line &line);

} // namespace groq::assembly
