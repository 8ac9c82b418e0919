// SPDX-License-Identifier: MIT
#include "decoder.hpp"

#include <array>

#include "hw/groq_sram.h"

namespace groq::chip {

constexpr uint32_t i8 = 1u << GROQ_TYPE_I8;
constexpr uint32_t u8 = 1u << GROQ_TYPE_U8;
constexpr uint32_t i16 = 1u << GROQ_TYPE_I16;
constexpr uint32_t i32 = 1u << GROQ_TYPE_I32;
constexpr uint32_t f16 = 1u << GROQ_TYPE_F16;
constexpr uint32_t f32 = 1u << GROQ_TYPE_F32;
constexpr uint32_t floats = f16 | f32;
constexpr uint32_t integers = i8 | u8 | i16 | i32;
constexpr uint32_t signed_numbers = i8 | i16 | i32 | floats;

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
    case GROQ_OPCODE_AND:
    case GROQ_OPCODE_OR:
    case GROQ_OPCODE_XOR:
        return integers;
    case GROQ_OPCODE_TANH:
    case GROQ_OPCODE_EXP:
    case GROQ_OPCODE_RSQRT:
        return floats;
    default:
        return integers | floats;
    }
}

bool is_vector_type(groq_opcode opcode, uint32_t type) {
    return types_of(opcode) >> type & 1;
}

static queue_kind kind_in_sxm(uint32_t queue) {
    using enum queue_kind;
    constexpr queue_kind kinds[GROQ_SXM_ICUS] = {SXU, SXD, SXC, SXP, SXB, SXB, SXB,
                                                 SXB, SXR, SXT, SXT, SXM, SXM, SXM};
    return kinds[queue];
}

queue_kind kind_of(uint32_t icu) {
    if (icu < GROQ_ICU_VXM(0))
        return queue_kind::MEM;
    if (icu < GROQ_ICU_SXM(GROQ_WEST, 0))
        return queue_kind::VXM;
    if (icu < GROQ_ICU_MXM(GROQ_WEST, 0))
        return kind_in_sxm((icu - GROQ_ICU_SXM(GROQ_WEST, 0)) % GROQ_SXM_ICUS);
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
        return value < GROQ_TYPES;
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

static bool is_legal(groq_opcode, const link_stream_fields &, uint32_t) {
    return true;
}
static bool is_legal(groq_opcode, const await_fields &, uint32_t) {
    return true;
}
static bool is_legal(groq_opcode, const delay_fields &, uint32_t) {
    return true;
}

static bool is_legal(groq_opcode, const config_fields &f, uint32_t) {
    return f.superlanes <= GROQ_TILES;
}

static bool is_legal(groq_opcode, const indirect_fields &f, uint32_t) {
    return is_aligned(f.map, width_of(GROQ_TYPE_I16));
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

static bool is_legal(groq_opcode opcode, const ternary_fields &f, uint32_t) {
    uint32_t width = width_of(f.type);
    bool has_immediate =
        is_immediate(f.a) || is_immediate(f.b) || is_immediate(f.condition);
    return is_vector_type(opcode, f.type) && is_aligned(f.target, width) &&
           is_aligned(f.a, width) && is_aligned(f.b, width) &&
           is_aligned(f.condition, width) && fits(f.immediate, f.type, has_immediate);
}

static bool is_legal(groq_opcode, const convert_fields &f, uint32_t) {
    return is_aligned(f.target, width_of(f.to)) && is_aligned(f.a, width_of(f.type)) &&
           fits(f.immediate, f.type, is_immediate(f.a));
}

static bool is_legal(groq_opcode, const load_weights_fields &f, uint32_t) {
    return f.stream % GROQ_TILE_LANES == 0 && f.block < GROQ_LANES / GROQ_TILE_LANES;
}

// F16 takes both planes of a hemisphere, and goes by the queues of the first.
static bool is_first_plane(uint32_t icu) {
    return (icu - GROQ_ICU_MXM(GROQ_WEST, 0)) % GROQ_MXM_ICUS <
           GROQ_MXM_QUEUE_WEIGHTS(1);
}

static bool is_legal(groq_opcode, const activate_fields &f, uint32_t icu) {
    if (f.type == GROQ_TYPE_F16)
        return is_first_plane(icu) && is_aligned(f.stream, width_of(f.type));
    return f.type == GROQ_TYPE_I8 || f.type == GROQ_TYPE_U8;
}

static bool is_legal(groq_opcode, const accumulate_fields &f, uint32_t icu) {
    bool runs_west = f.stream & GROQ_STREAM_IS_WEST;
    bool to_center = runs_west != is_west_of_center(icu);
    bool drives_well = f.emit ? to_center && f.stream % 4 == 0 : f.stream == 0;
    bool is_sum =
        f.type == GROQ_TYPE_I32 || (f.type == GROQ_TYPE_F32 && is_first_plane(icu));
    return is_sum && drives_well;
}

static bool is_legal(groq_opcode, const shift_fields &f, uint32_t) {
    uint32_t width = width_of(f.type);
    return f.lanes < GROQ_LANES && is_aligned(f.from, width) && is_aligned(f.to, width);
}

static bool is_legal(groq_opcode, const select_fields &f, uint32_t) {
    uint32_t width = width_of(f.type);
    return is_aligned(f.from, width) && is_aligned(f.north, width) &&
           is_aligned(f.south, width) && is_aligned(f.to, width);
}

static bool is_legal(groq_opcode opcode, const rearrange_fields &f, uint32_t) {
    uint32_t width = width_of(f.type);
    uint32_t map_type = opcode == GROQ_OPCODE_PERMUTE ? GROQ_TYPE_I16 : GROQ_TYPE_I8;
    return is_aligned(f.from, width) && is_aligned(f.to, width) &&
           is_aligned(f.map, width_of(map_type));
}

static bool is_legal(groq_opcode, const rotate_fields &f, uint32_t) {
    return (f.n == 3 || f.n == 4) && f.from % 4 == 0 && f.to % GROQ_TILE_LANES == 0;
}

static bool is_legal(groq_opcode, const transpose_fields &f, uint32_t) {
    return f.from % GROQ_TILE_LANES == 0 && f.to % GROQ_TILE_LANES == 0;
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

static constexpr std::array<uint8_t, 256> delays = [] {
    std::array<uint8_t, 256> table{};
#define GROQ_DELAY(name, opcode, queue, mnemonic, fields, delay)                       \
    table[opcode] = GROQ_DELAY_##delay;
    GROQ_ISA(GROQ_DELAY)
#undef GROQ_DELAY
    return table;
}();

uint32_t delay_of(groq_opcode opcode) {
    return delays[opcode];
}

static constexpr std::array<row, 256> rows = [] {
    std::array<row, 256> table{};
#define GROQ_ROW(name, opcode, queue, mnemonic, fields, delay)                         \
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
