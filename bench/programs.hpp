// SPDX-License-Identifier: MIT
//
// Programs that are made to be measured. None computes anything of use.
#pragma once

#include <cstddef>

#include <asm/program.hpp>

namespace bench {

// The shortest legal program: a queue that waits for one cycle.
groq::assembly::program make_empty_program();

// The empty program with so many bytes of data, a multiple of 320, beside it.
groq::assembly::program make_synthetic_program(std::size_t data_bytes);

// One queue does something at the beginning and at the end of two million cycles.
groq::assembly::program make_idle_program();

// 64 slices put a word on a stream of their own in every cycle.
groq::assembly::program make_reading_program();

// `planes` (1, 2 or 4) arrays take an activation vector in every cycle.
groq::assembly::program make_dense_program(unsigned planes);

// Cycles for which the last two go on without a pause.
inline constexpr unsigned busy_cycles = 1 << 17;

} // namespace bench
