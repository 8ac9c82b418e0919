// SPDX-License-Identifier: MIT
#include "collectives/card_memory.hpp"

#include "ops/tile.hpp"

namespace groq::collectives {

unsigned payload::blocks() const {
    return ops::tiles(columns);
}

void card_memory::add_tensor(const std::string &name, std::uint32_t direction,
                             unsigned type, unsigned rows, unsigned columns,
                             const std::vector<ops::vector_area> &blocks) {
    assembly::tensor description{name, direction, type, rows, columns, {}};
    for (unsigned block = 0; block < ops::tiles(columns); ++block)
        for (unsigned byte = 0; byte < assembly::type_bytes(type); ++byte)
            description.parts.push_back(
                {byte, block * GROQ_LANES, ops::lanes_of(block, columns),
                 blocks.at(block).plane(byte).address(), GROQ_VECTOR_BYTES});
    builder_.add_tensor(std::move(description));
}

void card_memory::add_tensors(const payload &data, const ops::vector_area &x,
                              const ops::vector_area &y) {
    std::vector<ops::vector_area> from, to;
    for (unsigned block = 0; block < data.blocks(); ++block) {
        from.push_back(x + block * data.rows);
        to.push_back(y + block * data.rows);
    }
    add_tensor("x", GROQ_TENSOR_INPUT, data.type, data.rows, data.columns, from);
    add_tensor("y", GROQ_TENSOR_OUTPUT, data.type, data.rows, data.columns, to);
}

} // namespace groq::collectives
