// SPDX-License-Identifier: MIT
#include "instruction_text.hpp"

#include <algorithm>
#include <span>

namespace groq::tracing {
namespace {

enum class field_kind { COUNT, UINT, SINT, SRAM, STREAM, OPERAND, TARGET, TYPE, BITS };

struct field {
    std::string_view name;
    uint32_t lowest; // bit
    uint32_t bits;   // at most 32
    field_kind kind;
};

struct operation {
    uint8_t opcode;
    std::string_view mnemonic;
    std::span<const field> fields;

    const field *find(std::string_view name) const {
        auto found = std::ranges::find(fields, name, &field::name);
        return found == fields.end() ? nullptr : &*found;
    }
};

// The field at the end keeps an array of a format without fields from being empty.
#define GROQ_FIELD(name, lowest, bits, kind)                                           \
    field{#name, lowest, bits, field_kind::kind},
#define GROQ_FIELDS(name, opcode, queue, mnemonic, format, delay)                      \
    constexpr field fields_of_##name[] = {GROQ_FORMAT_##format(GROQ_FIELD)             \
                                              field{"", 0, 0, field_kind::BITS}};
#define GROQ_OPERATION(name, opcode, queue, mnemonic, format, delay)                   \
    operation{opcode, mnemonic,                                                        \
              std::span(fields_of_##name).first(std::size(fields_of_##name) - 1)},
GROQ_ISA(GROQ_FIELDS)
constexpr operation operations[] = {GROQ_ISA(GROQ_OPERATION)};
#undef GROQ_OPERATION
#undef GROQ_FIELDS
#undef GROQ_FIELD

constexpr auto by_opcode = [] {
    std::array<const operation *, 256> index{};
    for (const operation &op : operations)
        index[op.opcode] = &op;
    return index;
}();

const operation *find_operation(const instruction &code) {
    return by_opcode[code[0]];
}

uint64_t value_of(const instruction &code, const field &f) {
    uint32_t first = f.lowest / 8, last = (f.lowest + f.bits - 1) / 8;
    uint64_t value = 0;
    for (uint32_t byte = last + 1; byte-- > first;)
        value = value << 8 | code[byte];
    return value >> f.lowest % 8 & ((uint64_t{1} << f.bits) - 1);
}

int64_t sign_extended(uint64_t value, uint32_t bits) {
    uint64_t sign = uint64_t{1} << (bits - 1);
    return static_cast<int64_t>((value ^ sign) - sign);
}

std::string stream_name(uint64_t stream) {
    std::string name(1, stream & GROQ_STREAM_IS_WEST ? 'w' : 'e');
    return name += std::to_string(stream & GROQ_STREAM_NUMBER);
}

std::string type_name(uint64_t type) {
    constexpr const char *names[GROQ_TYPES] = {"i8", "u8", "i16", "i32", "f16", "f32"};
    return type < GROQ_TYPES ? names[type] : std::to_string(type);
}

std::string operand_name(const instruction &code, uint64_t operand) {
    switch (operand & GROQ_OPERAND_KIND) {
    case GROQ_OPERAND_STREAM:
        return stream_name(operand);
    case GROQ_OPERAND_ALU:
        return "alu" + std::to_string(operand & GROQ_OPERAND_NUMBER);
    case GROQ_OPERAND_IMMEDIATE:
        return hexadecimal_text(field_value(code, "immediate"));
    default:
        return "none";
    }
}

void add_field(json_object &to, const instruction &code, const field &f) {
    uint64_t value = value_of(code, f);
    switch (f.kind) {
    case field_kind::COUNT:
    case field_kind::UINT:
        to.number(f.name, value);
        break;
    case field_kind::SINT:
        to.number(f.name, sign_extended(value, f.bits));
        break;
    case field_kind::SRAM:
        to.hexadecimal(f.name, value);
        break;
    case field_kind::STREAM:
        to.text(f.name, stream_name(value));
        break;
    case field_kind::OPERAND:
    case field_kind::TARGET:
        to.text(f.name, operand_name(code, value));
        break;
    case field_kind::TYPE:
        to.text(f.name, type_name(value));
        break;
    case field_kind::BITS:
        break; // an immediate: told where it is the operand
    }
}

} // namespace

std::string mnemonic(const instruction &code) {
    const operation *op = find_operation(code);
    return op ? std::string(op->mnemonic) : hexadecimal_text(code[0]);
}

json_object fields(const instruction &code) {
    json_object all;
    if (const operation *op = find_operation(code))
        for (const field &f : op->fields)
            add_field(all, code, f);
    return all;
}

uint64_t field_value(const instruction &code, std::string_view name) {
    const operation *op = find_operation(code);
    const field *f = op ? op->find(name) : nullptr;
    return f ? value_of(code, *f) : 0;
}

} // namespace groq::tracing
