// SPDX-License-Identifier: MIT
//
// One line of assembly as tokens, and expressions in it (docs/assembly.md).
#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace groq::assembly {

// What is wrong with a line; columns count from 1.
class source_error : public std::runtime_error {
public:
    source_error(unsigned column, const std::string &message)
        : std::runtime_error(message), column_(column) {}
    unsigned column() const { return column_; }

private:
    unsigned column_;
};

enum class token_kind { word, integer, real, text, mark, end };

struct token {
    token_kind kind = token_kind::end;
    unsigned column = 1;
    std::string text; // of a text without quotes and escapes
    std::int64_t integer = 0;
    double real = 0;
};

// Names of the program: labels, and constants of .set.
using symbol_values = std::map<std::string, std::int64_t, std::less<>>;

// Reads a line from front to back. What does not fit throws source_error.
class source_line {
public:
    // Names that are not known count as 0 when `tentative`, else they are errors.
    source_line(std::string_view line, const symbol_values &symbols, bool tentative);

    const token &peek(std::size_t ahead = 0) const;
    token take();
    bool at_end() const { return peek().kind == token_kind::end; }
    bool at_mark(std::string_view mark, std::size_t ahead = 0) const;
    bool at_word(std::string_view word) const;
    bool accept(std::string_view mark);
    void expect(std::string_view mark);
    void expect_end();

    // A bare word or a quoted text.
    std::string take_name(const char *what);
    std::int64_t take_expression();
    // Between bounds, inclusive.
    std::int64_t take_number(const char *what, std::int64_t least, std::int64_t most);

    [[noreturn]] void fail(const std::string &message) const;
    [[noreturn]] static void fail_at(const token &where, const std::string &message);

private:
    std::int64_t take_binary(unsigned least_precedence);
    std::int64_t take_unary();
    std::int64_t take_primary();
    std::int64_t take_symbol();

    std::vector<token> tokens_;
    std::size_t at_ = 0;
    static constexpr unsigned most_nesting = 200;
    unsigned nesting_ = 0; // of operands being taken; an error ends the line
    const symbol_values &symbols_;
    bool tentative_;
};

// Words that mean something by themselves and cannot name a label.
bool is_reserved(std::string_view word);

} // namespace groq::assembly
