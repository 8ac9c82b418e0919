// SPDX-License-Identifier: MIT
#include "adder.hpp"

#include <asm/elf_file.hpp>
#include <asm/program_builder.hpp>

namespace groq::soak {
namespace {

using namespace groq::assembly;

// Each slot has one group of slices in each hemisphere. Those next to the VXM stay
// free: there the driver finds ranges for those who ask for no place.
constexpr unsigned first_group = 3;

tensor bytes_in(const char *name, std::uint32_t direction, unsigned slice,
                unsigned rows) {
    const std::uint32_t address =
        GROQ_SRAM_ADDRESS(slice / GROQ_SLICES, slice % GROQ_SLICES, 0);
    return {name, direction,  GROQ_ELEMENT_U8,
            rows, GROQ_LANES, {{0, 0, GROQ_LANES, address, GROQ_VECTOR_BYTES}}};
}

} // namespace

std::vector<std::byte> adder(unsigned slot, unsigned rows, unsigned addend) {
    const unsigned hops = first_group + slot;
    const unsigned in = GROQ_ICU_MEM(GROQ_WEST, hops * GROQ_SLICES_PER_HOP);
    const unsigned out = GROQ_ICU_MEM(GROQ_EAST, hops * GROQ_SLICES_PER_HOP);
    const std::uint64_t to_vxm = GROQ_DELAY_MEM_READ + GROQ_DELAY_HOP * (1 + hops);
    const std::uint64_t to_write =
        to_vxm + GROQ_DELAY_VXM + GROQ_DELAY_HOP * (1 + hops);
    const repetition again{rows - 1, 1};
    program_builder builder;
    builder.add_tensor(bytes_in("in", GROQ_TENSOR_INPUT, in, rows));
    builder.add_tensor(bytes_in("out", GROQ_TENSOR_OUTPUT, out, rows));
    builder.set_text_slices({in + 1, in + 2, in + 3});
    schedule &plan = builder.add_entry("main");
    plan.at(0, in, make<GROQ_OPCODE_READ>({.stream = east(0), .step = 1}), again);
    plan.at(to_vxm, GROQ_ICU_VXM(0),
            make<GROQ_OPCODE_ADD_MOD>({.type = GROQ_TYPE_U8,
                                       .target = east(4),
                                       .a = east(0),
                                       .b = GROQ_OPERAND_IMMEDIATE,
                                       .immediate = addend}),
            again);
    plan.at(to_write, out, make<GROQ_OPCODE_WRITE>({.stream = east(4), .step = 1}),
            again);
    return write_elf(builder.link());
}

} // namespace groq::soak
