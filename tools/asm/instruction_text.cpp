// SPDX-License-Identifier: MIT
#include "asm/instruction_text.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

#include "asm/float_text.hpp"
#include "asm/queue.hpp"

namespace groq::assembly {
namespace {

bool is_step(const field &f) {
    return f.name.ends_with("step");
}
bool is_flag(const field &f) {
    return f.kind == field_kind::UINT && f.bits == 1;
}

// Written by itself, without a name.
bool is_number(const field &f) {
    return !is_step(f) && !is_flag(f) &&
           (f.kind == field_kind::COUNT || f.kind == field_kind::UINT ||
            f.kind == field_kind::SINT || f.kind == field_kind::SRAM);
}

bool has_immediate_operand(const instruction &code, const operation &op) {
    return std::ranges::any_of(op.fields, [&](const field &f) {
        return f.kind == field_kind::OPERAND &&
               is_kind(get(code, f), GROQ_OPERAND_IMMEDIATE);
    });
}

std::string hexadecimal(std::uint64_t value) {
    std::array<char, 16> digits;
    const auto end = std::to_chars(digits.begin(), digits.end(), value, 16).ptr;
    return "0x" + std::string(digits.begin(), end);
}

// The least and the most of an integer type.
struct integer_range {
    std::int64_t least;
    std::int64_t most;
};

integer_range range_of(unsigned type) {
    const std::int64_t values = std::int64_t{1} << (8 * type_bytes(type));
    if (type == GROQ_TYPE_U8)
        return {0, values - 1};
    return {-values / 2, values / 2 - 1};
}

std::string immediate_text(std::uint32_t bits, unsigned type) {
    const unsigned width = 8 * type_bytes(type);
    const bool fits = std::uint64_t{bits} >> width == 0;
    if (const auto text =
            is_float(type) && fits ? float_text(bits, type) : std::nullopt)
        return *text;
    if (is_float(type) || !fits)
        return "bits(" + hexadecimal(bits) + ")";
    std::int64_t value = bits;
    if (value > range_of(type).most)
        value -= std::int64_t{1} << width;
    return std::to_string(value);
}

std::string field_text(const instruction &code, const operation &op, const field &f) {
    const std::int64_t value = get(code, f);
    const auto bits = static_cast<unsigned>(value);
    switch (f.kind) {
    case field_kind::STREAM:
        return stream_name(bits);
    case field_kind::TYPE:
        return std::string(type_name(bits));
    case field_kind::SRAM:
        return address_text(bits);
    case field_kind::OPERAND:
        if (is_kind(value, GROQ_OPERAND_STREAM))
            return stream_name(bits);
        if (is_kind(value, GROQ_OPERAND_ALU))
            return "alu" + std::to_string(bits & GROQ_OPERAND_NUMBER);
        return immediate_text(
            static_cast<std::uint32_t>(get(code, *op.find("immediate"))),
            get_unsigned(code, "type"));
    case field_kind::BITS:
        return std::string(f.name) + "=" +
               hexadecimal(static_cast<std::uint64_t>(value));
    default:
        break;
    }
    if (is_flag(f))
        return std::string(f.name);
    return (is_step(f) ? std::string(f.name) + "=" : "") + std::to_string(value);
}

// Whether a field goes without saying.
bool is_silent(const instruction &code, const operation &op, const field &f) {
    const bool zero = get(code, f) == 0;
    if (f.kind == field_kind::TARGET)
        return true; // comes last
    if (f.kind == field_kind::BITS)
        return zero || has_immediate_operand(code, op);
    if (f.kind == field_kind::STREAM && op.find("emit") != nullptr)
        return zero && get(code, "emit") == 0;
    return zero && (is_step(f) || is_flag(f));
}

// Gives the operands of one instruction to the fields of its format.
class field_taker {
public:
    field_taker(source_line &line, const token &mnemonic, const operation &op)
        : line_(line), mnemonic_(mnemonic), op_(op),
          taken_(op.fields.size()), code_{op.opcode, 0} {
        for (const field &f : op.fields)
            if (f.kind == field_kind::TARGET)
                set(code_, f, GROQ_OPERAND_NONE);
    }

    instruction take() {
        if (!line_.at_end() && !line_.at_mark("->"))
            do
                take_operand();
            while (line_.accept(","));
        if (line_.accept("->"))
            take_target();
        line_.expect_end();
        check_complete();
        return code_;
    }

private:
    void take_operand() {
        const token start = line_.peek();
        if (start.kind == token_kind::word) {
            if (line_.at_mark("=", 1))
                return take_named();
            if (take_word(start))
                return;
        }
        if (const field *f = next(
                [](const field &each) { return each.kind == field_kind::OPERAND; }))
            return take_immediate(*f);
        const field *f = next(is_number);
        if (f == nullptr)
            source_line::fail_at(start, std::string(op_.mnemonic) +
                                            " has no place for this operand");
        store(*f, start, line_.take_expression());
    }

    // Flags, streams, ALUs and types by name. False for other words.
    bool take_word(const token &start) {
        const field *f = op_.find(start.text);
        std::optional<std::int64_t> value;
        if (f != nullptr && is_flag(*f)) {
            value = 1;
        } else if (const auto stream = parse_stream(start.text)) {
            f = next([](const field &each) {
                return each.kind == field_kind::STREAM ||
                       each.kind == field_kind::OPERAND;
            });
            value = *stream;
        } else if (const auto number = parse_alu(start.text)) {
            f = next([](const field &e) { return e.kind == field_kind::OPERAND; });
            value = alu(*number);
        } else if (const auto type = parse_type(start.text)) {
            f = next([](const field &e) { return e.kind == field_kind::TYPE; });
            value = *type;
        }
        if (!value)
            return false;
        if (f == nullptr)
            source_line::fail_at(start, std::string(op_.mnemonic) +
                                            " has no place for " + start.text);
        line_.take();
        store(*f, start, *value);
        return true;
    }

    void take_named() {
        const token name = line_.take();
        const field *f = op_.find(name.text);
        if (f == nullptr)
            source_line::fail_at(name, std::string(op_.mnemonic) + " has no field " +
                                           name.text);
        line_.expect("=");
        const token start = line_.peek();
        if (f->kind == field_kind::OPERAND)
            source_line::fail_at(start, "operands are written without a name");
        std::optional<unsigned> value;
        if (start.kind == token_kind::word)
            value = f->kind == field_kind::TYPE ? parse_type(start.text)
                                                : parse_stream(start.text);
        if (value)
            line_.take();
        store(*f, start, value ? *value : line_.take_expression());
    }

    void take_immediate(const field &operand) {
        const token start = line_.peek();
        const std::int64_t bits = take_immediate_bits();
        const field &immediate = *op_.find("immediate");
        if (is_taken(immediate) && get(code_, immediate) != bits)
            source_line::fail_at(start, "an instruction has one immediate");
        taken_[index_of(immediate)] = true;
        store(operand, start, GROQ_OPERAND_IMMEDIATE);
        set(code_, immediate, bits);
    }

    std::int64_t take_immediate_bits() {
        const token start = line_.peek();
        if (!is_taken(*op_.find("type")))
            source_line::fail_at(start, "the type comes before an immediate");
        if (line_.at_word("bits")) {
            line_.take();
            line_.expect("(");
            const auto bits = line_.take_number("immediate", 0, 0xffffffff);
            line_.expect(")");
            return bits;
        }
        const auto type = get_unsigned(code_, "type");
        if (is_float(type))
            return take_float(line_, type);
        const auto [least, most] = range_of(type);
        const std::int64_t value = line_.take_number("immediate", least, most);
        return value & ((std::int64_t{1} << (8 * type_bytes(type))) - 1);
    }

    void take_target() {
        const token start = line_.take();
        const auto found =
            std::ranges::find(op_.fields, field_kind::TARGET, &field::kind);
        const auto stream = parse_stream(start.text);
        if (found == op_.fields.end() || !stream)
            source_line::fail_at(start,
                                 found == op_.fields.end()
                                     ? std::string(op_.mnemonic) + " has no target"
                                     : "a target is a stream, e0..e31 or w0..w31");
        store(*found, start, *stream);
    }

    template <class F>
    const field *next(F is_wanted) const {
        for (const field &f : op_.fields)
            if (!is_taken(f) && is_wanted(f))
                return &f;
        return nullptr;
    }

    std::size_t index_of(const field &f) const {
        return static_cast<std::size_t>(&f - op_.fields.data());
    }
    bool is_taken(const field &f) const { return taken_[index_of(f)]; }

    // What a field can hold, or what of that is legal when the value is neither.
    integer_range range_of_field(const field &f) const {
        const std::int64_t values = std::int64_t{1} << f.bits;
        if (f.kind == field_kind::SINT)
            return {-values / 2, values / 2 - 1};
        if (op_.opcode == GROQ_OPCODE_CONFIG)
            return {0, GROQ_TILES};
        if (f.name == "lanes")
            return {0, GROQ_LANES - 1};
        return {f.kind == field_kind::COUNT ? 1 : 0, values - 1};
    }

    [[noreturn]] void fail_range(const field &f, const token &where,
                                 std::int64_t value) const {
        const auto [least, most] = range_of_field(f);
        source_line::fail_at(
            where, std::string(f.name) + " is " + std::to_string(value) + ", must be " +
                       std::to_string(least) + ".." + std::to_string(most));
    }

    void store(const field &f, const token &where, std::int64_t value) {
        if (is_taken(f))
            source_line::fail_at(where, std::string(f.name) + " is given twice");
        taken_[index_of(f)] = true;
        if (f.kind == field_kind::COUNT && value == 0)
            fail_range(f, where, value);
        try {
            set(code_, f, value);
        } catch (const std::out_of_range &) {
            fail_range(f, where, value);
        }
    }

    void check_complete() const {
        for (const field &f : op_.fields) {
            const bool silent = f.kind == field_kind::STREAM &&
                                op_.find("emit") != nullptr && get(code_, "emit") == 0;
            const bool needed = is_number(f) || f.kind == field_kind::TYPE ||
                                f.kind == field_kind::OPERAND ||
                                f.kind == field_kind::STREAM;
            if (needed && !silent && !is_taken(f))
                source_line::fail_at(mnemonic_, std::string(op_.mnemonic) + ": no " +
                                                    std::string(f.name));
        }
        if (const std::string reason = defect(code_); !reason.empty())
            source_line::fail_at(mnemonic_, reason);
    }

    source_line &line_;
    token mnemonic_;
    const operation &op_;
    std::vector<bool> taken_;
    instruction code_;
};

} // namespace

std::string to_text(const instruction &code) {
    const operation &op = *code.find_operation();
    std::string text(op.mnemonic);
    const char *separator = " ";
    for (const field &f : op.fields)
        if (!is_silent(code, op, f)) {
            text += separator + field_text(code, op, f);
            separator = ", ";
        }
    for (const field &f : op.fields)
        if (f.kind == field_kind::TARGET && get(code, f) != GROQ_OPERAND_NONE)
            text += " -> " + stream_name(static_cast<unsigned>(get(code, f)));
    return text;
}

instruction take_instruction(source_line &line) {
    const token mnemonic = line.take();
    const operation *op = find_operation(mnemonic.text);
    if (mnemonic.kind != token_kind::word || op == nullptr)
        source_line::fail_at(mnemonic, "unknown instruction " + mnemonic.text);
    return field_taker(line, mnemonic, *op).take();
}

} // namespace groq::assembly
