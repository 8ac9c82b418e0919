// SPDX-License-Identifier: MIT
//
// Floats of the instruction set as text: binary16 and binary32 by GROQ_TYPE_*.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "asm/source_line.hpp"
#include "hw/groq_isa.h"

namespace groq::assembly {

constexpr bool is_float(unsigned type) {
    return type == GROQ_TYPE_F16 || type == GROQ_TYPE_F32;
}

// The bits of the nearest binary16, ties to even; infinity where it is too large.
std::uint16_t to_half(double value);
double from_half(std::uint16_t bits);

// The shortest decimal that is read back as the same bits; nothing for a NaN, which
// has no such name.
std::optional<std::string> float_text(std::uint32_t bits, unsigned type);

// A number, "inf", or an integer expression, as the bits of the type. Throws
// source_error for what does not fit the type.
std::uint32_t take_float(source_line &line, unsigned type);

} // namespace groq::assembly
