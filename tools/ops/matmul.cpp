// SPDX-License-Identifier: MIT
#include "ops/matmul.hpp"

#include <stdexcept>

#include "asm/program_builder.hpp"
#include "ops/matmul_emitter.hpp"

namespace groq::ops {

assembly::program make_matmul(const matmul_plan &plan, std::span<const std::byte> b) {
    const matmul_shape &shape = plan.shape();
    if (b.size() !=
        std::size_t{shape.inner} * shape.columns * plan.numbers().operand_bytes)
        throw std::invalid_argument("B has another size than the plan");
    assembly::program_builder builder;
    emit_right(builder, plan, b);
    emit_tensors(builder, plan);
    emit_passes(builder.add_entry("main"), plan);
    return builder.link();
}

} // namespace groq::ops
