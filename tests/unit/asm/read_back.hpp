// SPDX-License-Identifier: MIT
// One instruction from its text.
#pragma once

#include <string>

#include "asm/instruction_text.hpp"

namespace groq::assembly::test {

inline instruction read_back(const std::string &text) {
    const symbol_values none;
    source_line line(text, none, false);
    return take_instruction(line);
}

} // namespace groq::assembly::test
