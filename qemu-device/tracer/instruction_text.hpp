// SPDX-License-Identifier: MIT
// Instructions as JSON: mnemonics and fields straight from the table of
// hw/groq_isa.h, values as docs/assembly.md writes them.
#ifndef GROQ_TRACER_INSTRUCTION_TEXT_HPP
#define GROQ_TRACER_INSTRUCTION_TEXT_HPP

#include <array>
#include <cstdint>
#include <string>

#include "hw/groq_isa.h"
#include "json.hpp"

namespace groq::tracing {

using instruction = std::array<uint8_t, GROQ_INSTRUCTION_BYTES>;

// "read"; of an unknown opcode "0x7f".
std::string mnemonic(const instruction &code);

// A member for each field that the instruction has.
json_object fields(const instruction &code);

// Of a field of the instruction, by name; 0 if it has none.
uint64_t field_value(const instruction &code, std::string_view name);

} // namespace groq::tracing

#endif
