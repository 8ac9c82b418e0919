// SPDX-License-Identifier: MIT
//
// A plan as data in SRAM and as instructions at their cycles.
#pragma once

#include <cstddef>
#include <span>

#include "asm/program_builder.hpp"
#include "ops/matmul_plan.hpp"

namespace groq::ops {

// B, as weights or vectors.
void emit_right(assembly::program_builder &builder, const matmul_plan &plan,
                std::span<const std::byte> b);

// A and C, as matmul.hpp describes them.
void emit_tensors(assembly::program_builder &builder, const matmul_plan &plan);

void emit_passes(assembly::schedule &out, const matmul_plan &plan);

} // namespace groq::ops
