// SPDX-License-Identifier: MIT
//
// A program as assembly that gives the same file again.
#pragma once

#include <map>
#include <string>

#include "asm/program.hpp"

namespace groq::assembly {

// When the instruction at an SRAM address issues first; of one entry point.
using issue_cycles = std::map<std::uint32_t, std::uint64_t>;

// Every section, note and symbol. Text carries the cycles as comments.
std::string disassemble(const program &source);

// One section alone, the same way.
std::string disassemble(const program &source, const segment &section,
                        const issue_cycles &cycles);

// Over all entry points.
issue_cycles first_issues(const program &source);

} // namespace groq::assembly
