// SPDX-License-Identifier: MIT
//
// Instructions: 16 bytes each, described by the tables of hw/groq_isa.h. Encoding,
// decoding, names and legality all follow those tables; nothing here lists them again.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "hw/groq_isa.h"

namespace groq::assembly {

// Spelled as in the tables.
enum class field_kind { COUNT, UINT, SINT, SRAM, STREAM, OPERAND, TARGET, TYPE, BITS };
// SXM: the queues of an SXM that have no unit.
enum class queue_kind {
    ANY,
    MEM,
    VXM,
    MXW,
    MXA,
    MXR,
    SXU,
    SXD,
    SXC,
    SXP,
    SXB,
    SXR,
    SXT,
    SXM,
    C2C
};

struct field {
    std::string_view name;
    unsigned low;  // lowest bit of the 128
    unsigned bits; // at most 32
    field_kind kind;
};

struct operation {
    std::string_view name; // as in GROQ_OPCODE_<name>
    std::uint8_t opcode;
    queue_kind queue;
    std::string_view mnemonic;
    unsigned delay; // functional, in cycles
    std::span<const field> fields;

    // nullptr when the format has no such field.
    const field *find(std::string_view field_name) const;
};

// All of them, in the order of the table.
std::span<const operation> operations();
const operation *find_operation(std::uint8_t opcode);
const operation *find_operation(std::string_view mnemonic);

// Any 16 bytes; defect() tells whether they are an instruction.
struct instruction {
    std::uint64_t low = 0;
    std::uint64_t high = 0;

    std::uint8_t opcode() const { return static_cast<std::uint8_t>(low); }
    const operation *find_operation() const {
        return assembly::find_operation(opcode());
    }
    bool operator==(const instruction &) const = default;
};

using instruction_bytes = std::array<std::byte, GROQ_INSTRUCTION_BYTES>;

instruction_bytes to_bytes(const instruction &code);
instruction from_bytes(std::span<const std::byte, GROQ_INSTRUCTION_BYTES> bytes);

// The value of a field; only SINT is ever negative.
std::int64_t get(const instruction &code, const field &f);
// Throws std::out_of_range, naming the field, unless the value fits its bits.
void set(instruction &code, const field &f, std::int64_t value);

// By name; the instruction's format must have the field (std::invalid_argument).
std::int64_t get(const instruction &code, std::string_view field_name);
void set(instruction &code, std::string_view field_name, std::int64_t value);
// Of a field that is not SINT.
inline unsigned get_unsigned(const instruction &code, std::string_view field_name) {
    return static_cast<unsigned>(get(code, field_name));
}

// Why these bytes do not decode to an instruction: opcode, stray bits, a field
// out of range. Empty when they do.
std::string defect(const instruction &code);

// Why an instruction that decodes is still ILLEGAL in the queue (docs/isa.md section
// 5): of another unit, types, alignment of streams, immediates. Empty when it is legal.
std::string violation(const instruction &code, unsigned icu);

// Whether Repeat may follow it: an instruction of a unit, of a link send and receive.
bool can_repeat(const operation &op);

// Whether it waits for others, so that how long it takes is not known beforehand
// (docs/isa.md section 5.7).
bool aligns(std::uint8_t opcode);

// A field and the field that holds what Repeat adds to it each time.
struct stepping {
    const field *base;
    const field *step;
};
std::span<const stepping> steppings(const operation &op);

// The instruction as it issues for the nth time; fields that leave their range are
// reported by giving nothing.
std::optional<instruction> stepped(const instruction &code, std::uint64_t repetition);

// Streams, operands and types by name: "e3", "w31", "alu7", "f32".
constexpr unsigned east(unsigned stream) {
    return GROQ_STREAM_EAST(stream);
}
constexpr unsigned west(unsigned stream) {
    return GROQ_STREAM_WEST(stream);
}
constexpr unsigned alu(unsigned number) {
    return GROQ_OPERAND_ALU | number;
}
// Whether it is a stream, an ALU or an immediate: GROQ_OPERAND_*.
constexpr bool is_kind(std::int64_t operand, unsigned kind) {
    return (operand & GROQ_OPERAND_KIND) == kind;
}
std::string stream_name(unsigned stream);
std::optional<unsigned> parse_stream(std::string_view name);
std::optional<unsigned> parse_alu(std::string_view name);
std::string_view type_name(unsigned type);
std::optional<unsigned> parse_type(std::string_view name);
unsigned type_bytes(unsigned type);

namespace detail {

constexpr std::int64_t initial(field_kind kind) {
    return kind == field_kind::TARGET  ? GROQ_OPERAND_NONE
           : kind == field_kind::COUNT ? 1
                                       : 0;
}

void store(instruction &code, const field &f, std::int64_t value);

// One aggregate per operation: a member per field of its format, and what puts them
// into an instruction.
template <groq_opcode>
struct fields_of;
#define GROQ_MEMBER(name, low, bits, kind)                                             \
    std::int64_t name = initial(field_kind::kind);
#define GROQ_STORE(name, low, bits, kind)                                              \
    store(code, field{#name, low, bits, field_kind::kind}, name);
#define GROQ_FIELDS_OF(name, opcode, queue, mnemonic, format, delay)                   \
    template <>                                                                        \
    struct fields_of<GROQ_OPCODE_##name> {                                             \
        GROQ_FORMAT_##format(GROQ_MEMBER) void store_in(                               \
            [[maybe_unused]] instruction &code) const {                                \
            GROQ_FORMAT_##format(GROQ_STORE)                                           \
        }                                                                              \
    };
GROQ_ISA(GROQ_FIELDS_OF)
#undef GROQ_FIELDS_OF
#undef GROQ_STORE
#undef GROQ_MEMBER

} // namespace detail

// make<GROQ_OPCODE_READ>({.stream = east(3), .word = 16, .step = 1}): members are the
// fields of the format, in its order; left out, a target is none, a count 1, the rest
// 0. Throws std::out_of_range when a value does not fit.
template <groq_opcode opcode>
instruction make(const detail::fields_of<opcode> &values = {}) {
    instruction code{opcode, 0};
    values.store_in(code);
    return code;
}

} // namespace groq::assembly
