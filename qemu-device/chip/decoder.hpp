// SPDX-License-Identifier: MIT
// From bits to instructions, docs/isa.md section 2: every pattern is exactly
// one instruction of a queue, or illegal.
#ifndef GROQ_CHIP_DECODER_HPP
#define GROQ_CHIP_DECODER_HPP

#include <cstdint>

#include "instruction.hpp"

namespace groq::chip {

// Kinds of instruction queues, as the table of hw/groq_isa.h calls them.
enum class queue_kind : uint8_t {
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
    SXM, // control alone
    C2C,
};

// @icu: 0..GROQ_ICUS_ALL-1
queue_kind kind_of(uint32_t icu);

// False, with @out undefined, when @word is illegal in queue @icu.
bool decode(const instruction_word &word, uint32_t icu, instruction &out);

// Of a functional unit, so that Repeat may follow it; not of control.
constexpr bool is_unit_instruction(groq_opcode opcode) {
    return opcode > GROQ_OPCODE_REPEAT;
}

// Whether @word has an opcode of control, legal or not.
constexpr bool is_control(const instruction_word &word) {
    uint64_t opcode = word.low & 0xff;
    return opcode >= GROQ_OPCODE_NOP && opcode <= GROQ_OPCODE_REPEAT;
}

// Bytes of one lane of a value; @type below GROQ_TYPES.
constexpr uint32_t width_of(uint32_t type) {
    constexpr uint8_t widths[GROQ_TYPES] = {1, 1, 2, 4, 2, 4};
    return widths[type];
}

// The functional delay of the table, in cycles.
uint32_t delay_of(groq_opcode opcode);

// Whether the VXM has @opcode for values of @type.
bool is_vector_type(groq_opcode opcode, uint32_t type);

} // namespace groq::chip

#endif
