// SPDX-License-Identifier: MIT
// The arithmetic of a VXM ALU on a whole vector, docs/isa.md section 5.3.
#ifndef GROQ_CHIP_VECTOR_KERNELS_HPP
#define GROQ_CHIP_VECTOR_KERNELS_HPP

#include <cstdint>

#include "hw/groq_isa.h"
#include "lanes.hpp"

namespace groq::chip {

// Those that an operation does not have are any of the others.
struct operands {
    const lanes *a;
    const lanes *b;
    const lanes *condition;
};

// @out is none of the operands.
using vector_operation = void (*)(const operands &in, lanes &out);

// @opcode has @type, as is_vector_type() says; not CONVERT.
vector_operation vector_kernel(groq_opcode opcode, uint32_t type);
vector_operation convert_kernel(uint32_t from, uint32_t to);

} // namespace groq::chip

#endif
