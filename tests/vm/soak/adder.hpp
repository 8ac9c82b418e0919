// SPDX-License-Identifier: MIT
//
// A program file: adds `addend`, modulo 256, to each byte of "in" (rows x 320) and
// gives "out". Those of different slots have no SRAM in common.
#pragma once

#include <cstddef>
#include <vector>

namespace groq::soak {

constexpr unsigned slots_max = 8;

std::vector<std::byte> adder(unsigned slot, unsigned rows, unsigned addend);

} // namespace groq::soak
