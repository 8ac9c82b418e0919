// SPDX-License-Identifier: MIT
#include "ops/matmul.hpp"

#include <algorithm>
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
    emit_data(builder, plan, b);
    emit_passes(builder.add_entry("main"), plan);
    return builder.link();
}

std::vector<tensor_bytes> split_a(const matmul_plan &plan,
                                  std::span<const std::byte> a) {
    const std::size_t row_bytes =
        std::size_t{plan.shape().inner} * plan.numbers().operand_bytes;
    std::vector<tensor_bytes> all;
    // Rows from `first` on, up to a multiple of so many.
    const auto add = [&](const char *name, std::size_t first, std::size_t rows,
                         std::size_t multiple) {
        const auto from = a.subspan(first * row_bytes, rows * row_bytes);
        std::vector<std::byte> bytes(from.begin(), from.end());
        bytes.resize((rows + multiple - 1) / multiple * multiple * row_bytes);
        all.push_back({name, std::move(bytes)});
    };
    for (const product &each : plan.products())
        if (!each.transposed) {
            add("a", 0, plan.shape().rows, plan.numbers().engines);
        } else {
            const unsigned west = each.outputs_of(GROQ_WEST);
            add("a.west", 0, west, GROQ_TILE_LANES);
            if (each.outputs_of(GROQ_EAST) != 0)
                add("a.east", west, each.outputs_of(GROQ_EAST), GROQ_TILE_LANES);
        }
    return all;
}

std::vector<std::byte> join_c(const matmul_plan &plan, std::span<const std::byte> c,
                              std::span<const std::byte> rest) {
    const matmul_shape &shape = plan.shape();
    const std::size_t straight = plan.straight_columns();
    std::vector<std::byte> joined(std::size_t{shape.rows} * shape.columns * sum_bytes);
    for (std::size_t m = 0; m < shape.rows; ++m) {
        std::byte *row = joined.data() + m * shape.columns * sum_bytes;
        std::copy_n(c.begin() + m * straight * sum_bytes, straight * sum_bytes, row);
        for (std::size_t n = straight; n < shape.columns; ++n)
            std::copy_n(rest.begin() + ((n - straight) * shape.rows + m) * sum_bytes,
                        sum_bytes, row + n * sum_bytes);
    }
    return joined;
}

} // namespace groq::ops
