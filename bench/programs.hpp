// SPDX-License-Identifier: MIT
//
// Programs that are made to be measured. None computes anything of use.
#pragma once

#include <cstddef>

#include <asm/program.hpp>
#include <hw/groq_sram.h>

namespace bench {

// The shortest legal program: a queue that waits for one cycle.
groq::assembly::program make_empty_program();

// The empty program with so many bytes of data, a multiple of 320, beside it.
groq::assembly::program make_synthetic_program(std::size_t data_bytes);

// One queue does something at the beginning and at the end of two million cycles.
groq::assembly::program make_idle_program();

// 64 slices put a word on a stream of their own in every cycle, and each takes one
// from the slice that it faces: bank 0 goes over to bank 1 on all 64 streams.
groq::assembly::program make_moving_program();
inline constexpr unsigned moved_per_cycle = 2 * GROQ_STREAMS * GROQ_VECTOR_BYTES;

// `planes` (1, 2 or 4) arrays take an int8 activation vector in every cycle.
groq::assembly::program make_dense_program(unsigned planes);

// All four arrays take a binary16 activation vector, two each, in every other cycle.
groq::assembly::program make_half_program();

// All 16 ALUs add to binary32 numbers, each to the result of the one before it.
groq::assembly::program make_chain_program();

// 32 slices put another word on a stream in every fourth cycle, and no instruction
// is repeated.
groq::assembly::program make_straight_program();

// Cycles for which those go on without a pause.
inline constexpr unsigned busy_cycles = 1 << 16;

} // namespace bench
