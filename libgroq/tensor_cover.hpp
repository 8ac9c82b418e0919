// SPDX-License-Identifier: MIT
//
// Checks that the parts of a program's tensors lie inside its SRAM ranges, keep
// off each other, and hold every byte of every element exactly once.
#pragma once

#include "program_reader.hpp"
#include "refusal.hpp"

namespace groq {

result<void> check_cover(const program_contents &program, const refusal &refuse);

} // namespace groq
