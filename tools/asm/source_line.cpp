// SPDX-License-Identifier: MIT
#include "asm/source_line.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <limits>
#include <optional>

#include "asm/instruction.hpp"
#include "asm/queue.hpp"

namespace groq::assembly {
namespace {

bool is_word_start(char c) {
    return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.';
}
bool is_digit(char c) {
    return std::isdigit(static_cast<unsigned char>(c)) != 0;
}
bool is_word_part(char c) {
    return is_word_start(c) || is_digit(c);
}

class tokenizer {
public:
    explicit tokenizer(std::string_view line) : line_(line) {}

    std::vector<token> run() {
        std::vector<token> tokens;
        while (skip_space())
            tokens.push_back(next());
        tokens.push_back({token_kind::end, column(), "", 0, 0});
        return tokens;
    }

private:
    unsigned column() const { return static_cast<unsigned>(at_ + 1); }

    // False at the end or a comment.
    bool skip_space() {
        while (at_ < line_.size() &&
               (line_[at_] == ' ' || line_[at_] == '\t' || line_[at_] == '\r'))
            ++at_;
        return at_ < line_.size() && line_[at_] != ';';
    }

    token next() {
        const char c = line_[at_];
        if (is_word_start(c))
            return take_word();
        if (is_digit(c))
            return take_digits();
        if (c == '"')
            return take_text();
        return take_mark();
    }

    token take_word() {
        const std::size_t start = at_;
        while (at_ < line_.size() && is_word_part(line_[at_]))
            ++at_;
        return {token_kind::word, static_cast<unsigned>(start + 1),
                std::string(line_.substr(start, at_ - start)), 0, 0};
    }

    token take_digits() {
        const std::size_t start = at_;
        const bool hexadecimal = line_.substr(at_).starts_with("0x");
        while (at_ < line_.size() &&
               (is_word_part(line_[at_]) || (!hexadecimal && at_is_exponent_sign())))
            ++at_;
        token result{token_kind::integer, static_cast<unsigned>(start + 1),
                     std::string(line_.substr(start, at_ - start)), 0, 0};
        if (!hexadecimal && result.text.find_first_of(".e") != std::string::npos)
            read_real(result);
        else
            read_integer(result);
        return result;
    }

    bool at_is_exponent_sign() const {
        return (line_[at_] == '-' || line_[at_] == '+') && line_[at_ - 1] == 'e';
    }

    static void read_real(token &t) {
        const char *end = t.text.data() + t.text.size();
        const auto [stop, error] = std::from_chars(t.text.data(), end, t.real);
        if (error != std::errc() || stop != end)
            throw source_error(t.column, "bad number " + t.text);
        t.kind = token_kind::real;
    }

    static void read_integer(token &t) {
        std::string_view digits = t.text;
        int base = 10;
        if (digits.starts_with("0x") || digits.starts_with("0b")) {
            base = digits[1] == 'x' ? 16 : 2;
            digits.remove_prefix(2);
        }
        const char *end = digits.data() + digits.size();
        const auto [stop, error] = std::from_chars(digits.data(), end, t.integer, base);
        if (error == std::errc::result_out_of_range)
            throw source_error(t.column, "number " + t.text + " does not fit 64 bits");
        if (error != std::errc() || stop != end)
            throw source_error(t.column, "bad number " + t.text);
    }

    token take_text() {
        token result{token_kind::text, column(), "", 0, 0};
        for (++at_; at_ < line_.size() && line_[at_] != '"'; ++at_)
            result.text += line_[at_] == '\\' ? take_escape() : line_[at_];
        if (at_ == line_.size())
            throw source_error(result.column, "text without closing quote");
        ++at_;
        return result;
    }

    // \\ \" \xNN; leaves the last character to the caller.
    char take_escape() {
        const std::string_view rest = line_.substr(at_ + 1);
        if (rest.starts_with('\\') || rest.starts_with('"'))
            return line_[++at_];
        unsigned value = 0;
        if (rest.size() >= 3 && rest[0] == 'x') {
            const char *digits = rest.data() + 1;
            const auto [stop, error] = std::from_chars(digits, digits + 2, value, 16);
            if (error == std::errc() && stop == digits + 2) {
                at_ += 3;
                return static_cast<char>(value);
            }
        }
        throw source_error(column(), "unknown escape");
    }

    token take_mark() {
        static constexpr std::array<std::string_view, 3> pairs{"->", "<<", ">>"};
        const std::string_view rest = line_.substr(at_);
        const bool pair = std::ranges::find(pairs, rest.substr(0, 2)) != pairs.end();
        token result{token_kind::mark, column(),
                     std::string(rest.substr(0, pair ? 2 : 1)), 0, 0};
        at_ += result.text.size();
        return result;
    }

    std::string_view line_;
    std::size_t at_ = 0;
};

// Binds tighter the higher; 0: no operator.
unsigned precedence(const token &t) {
    static constexpr std::array<std::string_view, 10> marks{"|", "^", "&", "<<", ">>",
                                                            "+", "-", "*", "/",  "%"};
    static constexpr std::array<unsigned, 10> levels{1, 2, 3, 4, 4, 5, 5, 6, 6, 6};
    const auto found = std::ranges::find(marks, t.text);
    if (t.kind != token_kind::mark || found == marks.end())
        return 0;
    return levels[static_cast<std::size_t>(found - marks.begin())];
}

[[noreturn]] void fail_overflow(const token &op) {
    source_line::fail_at(op, "the result of " + op.text + " does not fit 64 bits");
}

std::int64_t shift(const token &op, std::int64_t left, std::int64_t right) {
    if (right < 0 || right > 63)
        source_line::fail_at(op,
                             "shift by " + std::to_string(right) + ", must be 0..63");
    if (op.text == ">>")
        return left >> right;
    const auto result =
        static_cast<std::int64_t>(static_cast<std::uint64_t>(left) << right);
    if (result >> right != left)
        fail_overflow(op);
    return result;
}

std::int64_t divide(const token &op, std::int64_t left, std::int64_t right) {
    if (right == 0)
        source_line::fail_at(op, "division by zero");
    if (right == -1 && left == std::numeric_limits<std::int64_t>::min())
        fail_overflow(op);
    return op.text == "/" ? left / right : left % right;
}

std::int64_t apply(const token &op, std::int64_t left, std::int64_t right) {
    std::int64_t result = 0;
    bool overflows = false;
    switch (op.text[0]) {
    case '|':
        return left | right;
    case '^':
        return left ^ right;
    case '&':
        return left & right;
    case '<':
    case '>':
        return shift(op, left, right);
    case '+':
        overflows = __builtin_add_overflow(left, right, &result);
        break;
    case '-':
        overflows = __builtin_sub_overflow(left, right, &result);
        break;
    case '*':
        overflows = __builtin_mul_overflow(left, right, &result);
        break;
    default:
        return divide(op, left, right);
    }
    if (overflows)
        fail_overflow(op);
    return result;
}

} // namespace

source_line::source_line(std::string_view line, const symbol_values &symbols,
                         bool tentative)
    : tokens_(tokenizer(line).run()), symbols_(symbols), tentative_(tentative) {}

const token &source_line::peek(std::size_t ahead) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
}

token source_line::take() {
    token result = peek();
    at_ = std::min(at_ + 1, tokens_.size() - 1);
    return result;
}

bool source_line::at_mark(std::string_view mark, std::size_t ahead) const {
    return peek(ahead).kind == token_kind::mark && peek(ahead).text == mark;
}

bool source_line::at_word(std::string_view word) const {
    return peek().kind == token_kind::word && peek().text == word;
}

bool source_line::accept(std::string_view mark) {
    const bool found = at_mark(mark);
    if (found)
        take();
    return found;
}

void source_line::expect(std::string_view mark) {
    if (!accept(mark))
        fail("expected \"" + std::string(mark) + "\"");
}

void source_line::expect_end() {
    if (!at_end())
        fail("unexpected \"" + peek().text + "\"");
}

std::string source_line::take_name(const char *what) {
    if (peek().kind != token_kind::word && peek().kind != token_kind::text)
        fail(std::string("expected ") + what);
    return take().text;
}

std::int64_t source_line::take_expression() {
    return take_binary(1);
}

std::int64_t source_line::take_number(const char *what, std::int64_t least,
                                      std::int64_t most) {
    const token start = peek();
    const std::int64_t value = take_expression();
    if (value < least || value > most)
        fail_at(start, std::string(what) + " is " + std::to_string(value) +
                           ", must be " + std::to_string(least) + ".." +
                           std::to_string(most));
    return value;
}

void source_line::fail(const std::string &message) const {
    fail_at(peek(), message);
}

void source_line::fail_at(const token &where, const std::string &message) {
    throw source_error(where.column, message);
}

std::int64_t source_line::take_binary(unsigned least_precedence) {
    std::int64_t value = take_unary();
    for (unsigned level = precedence(peek()); level >= least_precedence;
         level = precedence(peek())) {
        const token op = take();
        value = apply(op, value, take_binary(level + 1));
    }
    return value;
}

// Every way into a nested expression leads through here.
std::int64_t source_line::take_unary() {
    if (nesting_ == most_nesting)
        fail("expressions nest at most " + std::to_string(most_nesting) + " deep");
    ++nesting_;
    const token op = peek();
    const std::int64_t value = accept("-")   ? apply(op, 0, take_unary())
                               : accept("~") ? ~take_unary()
                                             : take_primary();
    --nesting_;
    return value;
}

std::int64_t source_line::take_primary() {
    if (accept("(")) {
        const std::int64_t value = take_expression();
        expect(")");
        return value;
    }
    if (peek().kind == token_kind::integer)
        return take().integer;
    if (peek().kind == token_kind::word)
        return take_symbol();
    fail("expected a number");
}

std::int64_t source_line::take_symbol() {
    const token name = take();
    if (const auto slice = parse_slice(name.text); slice && accept("[")) {
        const std::int64_t word = take_number("word", 0, GROQ_SLICE_WORDS - 1);
        expect("]");
        return address_of(*slice, static_cast<unsigned>(word));
    }
    if (name.text == "word" && accept("(")) {
        const auto address = take_number("address", 0, GROQ_SRAM_BYTES - 1);
        expect(")");
        return word_of(static_cast<std::uint32_t>(address));
    }
    const auto found = symbols_.find(name.text);
    if (found == symbols_.end() && !tentative_)
        fail_at(name, "unknown name " + name.text);
    return found == symbols_.end() ? 0 : found->second;
}

bool is_reserved(std::string_view word) {
    return parse_stream(word) || parse_alu(word) || parse_type(word) ||
           parse_slice(word) || parse_queue(word) || find_operation(word) != nullptr ||
           word == "bits" || word == "word" || word == "inf" || word.starts_with('.');
}

} // namespace groq::assembly
