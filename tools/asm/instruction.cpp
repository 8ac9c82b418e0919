// SPDX-License-Identifier: MIT
#include "asm/instruction.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <vector>

#include "hw/groq_sram.h"

namespace groq::assembly {
namespace {

#define GROQ_FIELD(name, low, bits, kind) field{#name, low, bits, field_kind::kind},
#define GROQ_OPERATION(name, opcode, queue, mnemonic, format, delay)                   \
    []() -> operation {                                                                \
        static constexpr auto fields = std::to_array<field>(                           \
            {GROQ_FORMAT_##format(GROQ_FIELD) field{"", 0, 0, field_kind::BITS}});     \
        return {#name,                                                                 \
                opcode,                                                                \
                queue_kind::queue,                                                     \
                mnemonic,                                                              \
                GROQ_DELAY_##delay,                                                    \
                std::span(fields).first(fields.size() - 1)};                           \
    }(),

std::uint64_t mask(unsigned bits) {
    return (std::uint64_t{1} << bits) - 1;
}

// A field of at most 32 bits lies in one or two of the 32-bit quarters.
std::uint64_t raw(const instruction &code, unsigned low, unsigned bits) {
    const std::uint64_t word =
        low < 64 ? code.low >> low | (low != 0 ? code.high << (64 - low) : 0)
                 : code.high >> (low - 64);
    return word & mask(bits);
}

void put(instruction &code, unsigned low, unsigned bits, std::uint64_t value) {
    for (unsigned i = 0; i < bits; ++i) {
        std::uint64_t &half = low + i < 64 ? code.low : code.high;
        const std::uint64_t bit = std::uint64_t{1} << ((low + i) % 64);
        half = (value >> i & 1) != 0 ? half | bit : half & ~bit;
    }
}

bool operand_is_valid(std::int64_t value, bool target) {
    const auto number = value & GROQ_OPERAND_NUMBER;
    switch (value & GROQ_OPERAND_KIND) {
    case GROQ_OPERAND_STREAM:
        return true;
    case GROQ_OPERAND_ALU:
        return !target && number < GROQ_VXM_ALUS;
    case GROQ_OPERAND_IMMEDIATE:
        return !target && number == 0;
    default:
        return target && number == 0;
    }
}

bool field_is_valid(const field &f, std::int64_t value) {
    switch (f.kind) {
    case field_kind::COUNT:
        return value != 0;
    case field_kind::SRAM:
        return value % GROQ_TEXT_BYTES == 0;
    case field_kind::TYPE:
        return value < GROQ_TYPES;
    case field_kind::OPERAND:
    case field_kind::TARGET:
        return operand_is_valid(value, f.kind == field_kind::TARGET);
    default:
        return true;
    }
}

instruction without_fields(const operation &op, instruction code) {
    put(code, 0, 8, 0);
    for (const field &f : op.fields)
        put(code, f.low, f.bits, 0);
    return code;
}

struct named_type {
    std::string_view name;
    unsigned bytes;
};
// By GROQ_TYPE_*.
constexpr std::array<named_type, GROQ_TYPES> types{
    {{"i8", 1}, {"u8", 1}, {"i16", 2}, {"i32", 4}, {"f16", 2}, {"f32", 4}}};

std::optional<unsigned> parse_numbered(std::string_view name, std::string_view prefix,
                                       unsigned limit) {
    if (!name.starts_with(prefix))
        return {};
    name.remove_prefix(prefix.size());
    unsigned number = 0;
    const char *end = name.data() + name.size();
    const auto [stop, error] = std::from_chars(name.data(), end, number);
    const bool canonical = name == "0" || (!name.empty() && name[0] != '0');
    if (error != std::errc() || stop != end || !canonical || number >= limit)
        return {};
    return number;
}

} // namespace

std::span<const operation> operations() {
    static const auto table = std::to_array<operation>({GROQ_ISA(GROQ_OPERATION)});
    return table;
}
#undef GROQ_OPERATION
#undef GROQ_FIELD

const operation *find_operation(std::uint8_t opcode) {
    static const auto by_opcode = [] {
        std::array<const operation *, 256> index{};
        for (const operation &op : operations())
            index[op.opcode] = &op;
        return index;
    }();
    return by_opcode[opcode];
}

const operation *find_operation(std::string_view mnemonic) {
    const auto found = std::ranges::find(operations(), mnemonic, &operation::mnemonic);
    return found == operations().end() ? nullptr : &*found;
}

const field *operation::find(std::string_view field_name) const {
    const auto found = std::ranges::find(fields, field_name, &field::name);
    return found == fields.end() ? nullptr : &*found;
}

instruction_bytes to_bytes(const instruction &code) {
    instruction_bytes bytes;
    for (unsigned i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<std::byte>(raw(code, 8 * i, 8));
    return bytes;
}

instruction from_bytes(std::span<const std::byte, GROQ_INSTRUCTION_BYTES> bytes) {
    instruction code;
    for (unsigned i = 0; i < bytes.size(); ++i)
        put(code, 8 * i, 8, std::to_integer<std::uint64_t>(bytes[i]));
    return code;
}

std::int64_t get(const instruction &code, const field &f) {
    const auto value = static_cast<std::int64_t>(raw(code, f.low, f.bits));
    const std::int64_t sign = std::int64_t{1} << (f.bits - 1);
    return f.kind == field_kind::SINT && (value & sign) != 0 ? value - 2 * sign : value;
}

void set(instruction &code, const field &f, std::int64_t value) {
    const std::int64_t range = std::int64_t{1} << f.bits;
    const bool is_signed = f.kind == field_kind::SINT;
    const std::int64_t least = is_signed ? -range / 2 : 0;
    const std::int64_t most = is_signed ? range / 2 - 1 : range - 1;
    if (value < least || value > most)
        throw std::out_of_range(std::string(f.name) + " is " + std::to_string(value) +
                                ", must be " + std::to_string(least) + ".." +
                                std::to_string(most));
    put(code, f.low, f.bits, static_cast<std::uint64_t>(value));
}

void detail::store(instruction &code, const field &f, std::int64_t value) {
    set(code, f, value);
}

namespace {

const field &require(const instruction &code, std::string_view name) {
    const operation *op = code.find_operation();
    const field *f = op == nullptr ? nullptr : op->find(name);
    if (f == nullptr)
        throw std::invalid_argument("no field " + std::string(name));
    return *f;
}

} // namespace

std::int64_t get(const instruction &code, std::string_view field_name) {
    return get(code, require(code, field_name));
}

void set(instruction &code, std::string_view field_name, std::int64_t value) {
    set(code, require(code, field_name), value);
}

std::string defect(const instruction &code) {
    const operation *op = code.find_operation();
    if (op == nullptr)
        return "unknown opcode " + std::to_string(code.opcode());
    for (const field &f : op->fields)
        if (!field_is_valid(f, get(code, f)))
            return std::string(op->mnemonic) + ": " + std::string(f.name) +
                   " is out of range";
    if (without_fields(*op, code) != instruction{})
        return std::string(op->mnemonic) + ": bits set outside its fields";
    return {};
}

std::span<const stepping> steppings(const operation &op) {
    static const auto by_opcode = [] {
        std::array<std::vector<stepping>, 256> index;
        for (const operation &each : operations())
            for (std::size_t i = 1; i < each.fields.size(); ++i)
                if (each.fields[i].name.ends_with("step"))
                    index[each.opcode].push_back(
                        {&each.fields[i - 1], &each.fields[i]});
        return index;
    }();
    return by_opcode[op.opcode];
}

std::optional<instruction> stepped(const instruction &code, std::uint64_t repetition) {
    instruction result = code;
    const operation *op = code.find_operation();
    if (op == nullptr || repetition == 0)
        return result;
    for (const auto &[base, step] : steppings(*op)) {
        const std::int64_t value =
            get(code, *base) + static_cast<std::int64_t>(repetition) * get(code, *step);
        if (value < 0 || value > static_cast<std::int64_t>(mask(base->bits)))
            return {};
        set(result, *base, value);
    }
    return result;
}

std::string stream_name(unsigned stream) {
    return ((stream & GROQ_STREAM_IS_WEST) != 0 ? "w" : "e") +
           std::to_string(stream & GROQ_STREAM_NUMBER);
}

std::optional<unsigned> parse_stream(std::string_view name) {
    if (const auto number = parse_numbered(name, "e", GROQ_STREAMS))
        return east(*number);
    if (const auto number = parse_numbered(name, "w", GROQ_STREAMS))
        return west(*number);
    return {};
}

std::optional<unsigned> parse_alu(std::string_view name) {
    return parse_numbered(name, "alu", GROQ_VXM_ALUS);
}

std::string_view type_name(unsigned type) {
    return types.at(type).name;
}

std::optional<unsigned> parse_type(std::string_view name) {
    const auto found = std::ranges::find(types, name, &named_type::name);
    if (found == types.end())
        return {};
    return static_cast<unsigned>(found - types.begin());
}

unsigned type_bytes(unsigned type) {
    return types.at(type).bytes;
}

} // namespace groq::assembly
