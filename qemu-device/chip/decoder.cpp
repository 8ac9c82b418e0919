// SPDX-License-Identifier: MIT
#include "decoder.hpp"

#include <array>

#include "hw/groq_sram.h"

namespace groq::chip {

constexpr uint32_t i8 = 1u << GROQ_TYPE_I8;
constexpr uint32_t u8 = 1u << GROQ_TYPE_U8;
constexpr uint32_t i16 = 1u << GROQ_TYPE_I16;
constexpr uint32_t i32 = 1u << GROQ_TYPE_I32;
constexpr uint32_t f32 = 1u << GROQ_TYPE_F32;
constexpr uint32_t integers = i8 | u8 | i16 | i32;
constexpr uint32_t signed_numbers = i8 | i16 | i32 | f32;
constexpr uint32_t executed = integers | f32; // F16 has only its code so far

static uint32_t types_of(groq_opcode opcode) {
    switch (opcode) {
    case GROQ_OPCODE_NEG:
    case GROQ_OPCODE_RELU:
        return signed_numbers;
    case GROQ_OPCODE_ADD_SAT:
    case GROQ_OPCODE_SUB_SAT:
    case GROQ_OPCODE_MUL_SAT:
    case GROQ_OPCODE_SHL:
    case GROQ_OPCODE_SHR:
        return integers;
    default:
        return executed;
    }
}

bool is_vector_type(groq_opcode opcode, uint32_t type) {
    return types_of(opcode) >> type & 1;
}

queue_kind kind_of(uint32_t icu) {
    if (icu < GROQ_ICU_VXM(0))
        return queue_kind::MEM;
    if (icu < GROQ_ICU_SXM(GROQ_WEST, 0))
        return queue_kind::VXM;
    if (icu < GROQ_ICU_MXM(GROQ_WEST, 0))
        return queue_kind::SXM;
    if (icu >= GROQ_ICU_C2C(0))
        return queue_kind::C2C;
    constexpr queue_kind of_plane[] = {queue_kind::MXW, queue_kind::MXA,
                                       queue_kind::MXR};
    return of_plane[(icu - GROQ_ICU_MXM(GROQ_WEST, 0)) % 3];
}

static bool is_west_of_center(uint32_t icu) {
    return icu < GROQ_ICU_MXM(GROQ_EAST, 0);
}

static bool is_operand(uint32_t operand) {
    uint32_t number = operand & GROQ_OPERAND_NUMBER;
    switch (operand & GROQ_OPERAND_KIND) {
    case GROQ_OPERAND_STREAM:
        return true;
    case GROQ_OPERAND_ALU:
        return number < GROQ_VXM_ALUS;
    case GROQ_OPERAND_IMMEDIATE:
        return number == 0;
    default:
        return false;
    }
}

static bool is_target(uint32_t target) {
    return (target & GROQ_OPERAND_KIND) == GROQ_OPERAND_STREAM ||
           target == GROQ_OPERAND_NONE;
}

static bool is_in_range(uint32_t value, field_kind kind) {
    switch (kind) {
    case field_kind::COUNT:
        return value != 0;
    case field_kind::OPERAND:
        return is_operand(value);
    case field_kind::TARGET:
        return is_target(value);
    case field_kind::TYPE:
        return value < GROQ_TYPES && (executed >> value & 1);
    default:
        return true;
    }
}

// A value of several bytes takes an aligned group of streams.
static bool is_aligned(uint32_t operand, uint32_t width) {
    return (operand & GROQ_OPERAND_KIND) != GROQ_OPERAND_STREAM || operand % width == 0;
}

static bool is_immediate(uint32_t operand) {
    return operand == GROQ_OPERAND_IMMEDIATE;
}

// Bits above the type's are zero, and all are when no operand is an immediate.
static bool fits(uint32_t immediate, uint32_t type, bool is_used) {
    uint32_t bits = is_used ? width_of(type) * 8 : 0;
    return (uint64_t{immediate} >> bits) == 0;
}

// What the fields of one format must be together.
static bool is_legal(groq_opcode, const none_fields &, uint32_t) {
    return true;
}
static bool is_legal(groq_opcode, const nop_fields &, uint32_t) {
    return true;
}
static bool is_legal(groq_opcode, const repeat_fields &, uint32_t) {
    return true;
}
static bool is_legal(groq_opcode, const memory_fields &, uint32_t) {
    return true;
}
static bool is_legal(groq_opcode, const memory_pair_fields &, uint32_t) {
    return true;
}

static bool is_legal(groq_opcode, const ifetch_fields &f, uint32_t) {
    return f.text % GROQ_TEXT_BYTES == 0;
}

static bool is_legal(groq_opcode opcode, const unary_fields &f, uint32_t) {
    uint32_t width = width_of(f.type);
    return is_vector_type(opcode, f.type) && is_aligned(f.target, width) &&
           is_aligned(f.a, width) && fits(f.immediate, f.type, is_immediate(f.a));
}

static bool is_legal(groq_opcode opcode, const binary_fields &f, uint32_t) {
    uint32_t width = width_of(f.type);
    bool has_immediate = is_immediate(f.a) || is_immediate(f.b);
    return is_vector_type(opcode, f.type) && is_aligned(f.target, width) &&
           is_aligned(f.a, width) && is_aligned(f.b, width) &&
           fits(f.immediate, f.type, has_immediate);
}

static bool is_legal(groq_opcode, const convert_fields &f, uint32_t) {
    return is_aligned(f.target, width_of(f.to)) && is_aligned(f.a, width_of(f.type)) &&
           fits(f.immediate, f.type, is_immediate(f.a));
}

static bool is_legal(groq_opcode, const load_weights_fields &f, uint32_t) {
    return f.stream % GROQ_TILE_LANES == 0 && f.block < GROQ_LANES / GROQ_TILE_LANES;
}

static bool is_legal(groq_opcode, const activate_fields &f, uint32_t) {
    return f.type == GROQ_TYPE_I8 || f.type == GROQ_TYPE_U8;
}

static bool is_legal(groq_opcode, const accumulate_fields &f, uint32_t icu) {
    bool runs_west = f.stream & GROQ_STREAM_IS_WEST;
    bool to_center = runs_west != is_west_of_center(icu);
    bool drives_well = f.emit ? to_center && f.stream % 4 == 0 : f.stream == 0;
    return f.type == GROQ_TYPE_I32 && drives_well;
}

template <class Fields>
Fields fields_of(Fields instruction::*);

template <auto member>
static bool decode_as(const instruction_word &word, uint32_t icu, instruction &out) {
    using Fields = decltype(fields_of(member));
    constexpr instruction_word occupied = occupied_bits<Fields>();
    if ((word.low & ~occupied.low) || (word.high & ~occupied.high))
        return false;
    Fields fields = extract<Fields>(word);
    bool in_range = true;
    Fields::each(fields, [&](const auto &value, field f) {
        in_range = in_range && is_in_range(static_cast<uint32_t>(value), f.kind);
    });
    out.*member = fields;
    return in_range && is_legal(out.opcode, fields, icu);
}

struct row {
    queue_kind queue;
    bool (*decode)(const instruction_word &, uint32_t, instruction &) = nullptr;
};

static constexpr std::array<row, 256> rows = [] {
    std::array<row, 256> table{};
#define GROQ_ROW(name, opcode, queue, mnemonic, fields)                                \
    table[opcode] = {queue_kind::queue, decode_as<format::fields>};
    GROQ_ISA(GROQ_ROW)
#undef GROQ_ROW
    return table;
}();

bool decode(const instruction_word &word, uint32_t icu, instruction &out) {
    const row &r = rows[word.low & 0xff];
    if (!r.decode || (r.queue != queue_kind::ANY && r.queue != kind_of(icu)))
        return false;
    out.opcode = static_cast<groq_opcode>(word.low & 0xff);
    return r.decode(word, icu, out);
}

} // namespace groq::chip
