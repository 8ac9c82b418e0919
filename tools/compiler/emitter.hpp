// SPDX-License-Identifier: MIT
//
// A plan as instructions at their cycles, and the data they find in SRAM.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "asm/program_builder.hpp"
#include "compiler/layout.hpp"
#include "compiler/pass_plan.hpp"

namespace groq::compiler {

// Weights, biases, tensors, and SRAM for activations.
void emit_data(assembly::program_builder &builder, const network &source,
               const layout &where);

// The instructions of the passes.
void emit_passes(assembly::schedule &out, const network &source, const layout &where,
                 const std::vector<pass> &passes);

} // namespace groq::compiler
