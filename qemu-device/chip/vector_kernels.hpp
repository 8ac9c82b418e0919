// SPDX-License-Identifier: MIT
// The arithmetic of a VXM ALU on a whole vector, docs/isa.md section 5.3.
// Values lie as arrays of their type, 320 lanes each.
#ifndef GROQ_CHIP_VECTOR_KERNELS_HPP
#define GROQ_CHIP_VECTOR_KERNELS_HPP

#include <cstdint>

#include "hw/groq_isa.h"
#include "hw/groq_sram.h"

namespace groq::chip {

// A vector of any type; the widest has 4 bytes per lane.
struct alignas(64) lanes {
    uint8_t bytes[GROQ_LANES * 4];
};

// Operations of one operand ignore @b. @out is neither of the operands.
using vector_operation = void (*)(const lanes &a, const lanes &b, lanes &out);

// @opcode has @type, as is_vector_type() says; not CONVERT.
vector_operation vector_kernel(groq_opcode opcode, uint32_t type);
vector_operation convert_kernel(uint32_t from, uint32_t to);

// Between a value and the streams that carry it: byte 0 of every lane on the
// first. @width 1, 2 or 4.
void join_bytes(const uint8_t *const *streams, uint32_t width, lanes &out);
void split_bytes(const lanes &in, uint32_t width, uint8_t *const *streams);

// The immediate in every lane.
void splat(uint32_t immediate, uint32_t width, lanes &out);

} // namespace groq::chip

#endif
