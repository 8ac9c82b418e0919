// SPDX-License-Identifier: MIT
//
// Instructions as text: a mnemonic and the fields of its format, told apart by their
// kinds (docs/assembly.md).
#pragma once

#include <string>

#include "asm/instruction.hpp"
#include "asm/source_line.hpp"

namespace groq::assembly {

// Of an instruction without defect(); reading it back gives the same bits.
std::string to_text(const instruction &code);

// Mnemonic and fields to the end of the line. Fields fit their bits; whether the
// instruction is legal is not looked at.
instruction take_instruction(source_line &line);

} // namespace groq::assembly
