// SPDX-License-Identifier: MIT
#include "programs.hpp"

#include <algorithm>

#include <asm/elf_file.hpp>
#include <asm/program_builder.hpp>

namespace groq::contract {
namespace {

using namespace groq::assembly;

constexpr unsigned in_slice = GROQ_ICU_MEM(GROQ_WEST, 0);
constexpr unsigned out_slice = GROQ_ICU_MEM(GROQ_EAST, 0);

std::uint32_t address(unsigned slice, unsigned word) {
    return GROQ_SRAM_ADDRESS(slice / GROQ_SLICES, slice % GROQ_SLICES, word);
}

// A slice west of the VXM to one east of it: read, a hop, operate, a hop, write.
constexpr std::uint64_t to_vxm = GROQ_DELAY_MEM_READ + GROQ_DELAY_HOP;
constexpr std::uint64_t to_write = to_vxm + GROQ_DELAY_VXM + GROQ_DELAY_HOP;

// Streams `rows` words, `planes` bytes wide, through `operation` of ALU 0. Plane p is
// in slices in + 4p and out + 4p, which are p hops further away.
void stream_through(schedule &plan, unsigned in, unsigned out, unsigned planes,
                    unsigned word, unsigned rows, const instruction &operation) {
    const repetition again{rows - 1, 1};
    for (unsigned p = 0; p < planes; ++p) {
        plan.at(planes - 1 - p, in + 4 * p,
                make<GROQ_OPCODE_READ>({.stream = east(p), .word = word, .step = 1}),
                again);
        plan.at(
            planes - 1 + to_write + p, out + 4 * p,
            make<GROQ_OPCODE_WRITE>({.stream = east(4 + p), .word = word, .step = 1}),
            again);
    }
    plan.at(planes - 1 + to_vxm, GROQ_ICU_VXM(0), operation, again);
}

instruction add(unsigned type, unsigned addend) {
    if (type == GROQ_TYPE_I32)
        return make<GROQ_OPCODE_ADD_SAT>({.type = type,
                                          .target = east(4),
                                          .a = east(0),
                                          .b = GROQ_OPERAND_IMMEDIATE,
                                          .immediate = addend});
    return make<GROQ_OPCODE_ADD_MOD>({.type = type,
                                      .target = east(4),
                                      .a = east(0),
                                      .b = GROQ_OPERAND_IMMEDIATE,
                                      .immediate = addend});
}

tensor make_tensor(const char *name, std::uint32_t direction, std::uint32_t element,
                   unsigned slice, unsigned rows, unsigned columns, unsigned planes) {
    tensor made{name, direction, element, rows, columns, {}};
    for (unsigned p = 0; p < planes; ++p)
        made.parts.push_back(
            {p, 0, columns, address(slice + 4 * p, 0), GROQ_VECTOR_BYTES});
    return made;
}

segment code_segment(const char *name, std::uint32_t address) {
    segment made;
    made.name = name;
    made.address = address;
    made.text = true;
    return made;
}

template <class T>
void append(segment &to, const T &value) {
    const auto *bytes = reinterpret_cast<const std::byte *>(&value);
    to.bytes.insert(to.bytes.end(), bytes, bytes + sizeof value);
    to.memory_bytes = std::uint32_t(to.bytes.size());
}

program_builder adder_builder(unsigned rows, unsigned addend) {
    program_builder builder;
    builder.add_tensor(make_tensor("in", GROQ_TENSOR_INPUT, GROQ_ELEMENT_U8, in_slice,
                                   rows, GROQ_LANES, 1));
    builder.add_tensor(make_tensor("out", GROQ_TENSOR_OUTPUT, GROQ_ELEMENT_U8,
                                   out_slice, rows, GROQ_LANES, 1));
    stream_through(builder.add_entry("main"), in_slice, out_slice, 1, 0, rows,
                   add(GROQ_TYPE_U8, addend));
    return builder;
}

} // namespace

file adder(unsigned rows, unsigned addend) {
    return write_elf(adder_builder(rows, addend).link());
}

file wide_adder(unsigned rows, unsigned columns, std::int32_t addend) {
    program_builder builder;
    builder.add_tensor(make_tensor("in", GROQ_TENSOR_INPUT, GROQ_ELEMENT_I32, in_slice,
                                   rows, columns, 4));
    builder.add_tensor(make_tensor("out", GROQ_TENSOR_OUTPUT, GROQ_ELEMENT_I32,
                                   out_slice, rows, columns, 4));
    stream_through(builder.add_entry("main"), in_slice, out_slice, 4, 0, rows,
                   add(GROQ_TYPE_I32, std::uint32_t(addend)));
    return write_elf(builder.link());
}

// From "in" to a second pair of words, where the sum is made, and from there to "out".
file split_adder(unsigned rows, unsigned addend) {
    const instruction hand_on =
        make<GROQ_OPCODE_COPY>({.type = GROQ_TYPE_U8, .target = east(4), .a = east(0)});
    const unsigned far = 8; // slices, and 2 hops
    program_builder builder;
    builder.add_tensor(make_tensor("in", GROQ_TENSOR_INPUT, GROQ_ELEMENT_U8, in_slice,
                                   rows, GROQ_LANES, 1));
    builder.add_tensor(make_tensor("out", GROQ_TENSOR_OUTPUT, GROQ_ELEMENT_U8,
                                   out_slice + far, rows, GROQ_LANES, 1));
    builder.reserve(address(out_slice, 0), rows * GROQ_VECTOR_BYTES);
    builder.reserve(address(in_slice + far, 0), rows * GROQ_VECTOR_BYTES);
    stream_through(builder.add_entry("take", GROQ_ENTRY_INPUT), in_slice, out_slice, 1,
                   0, rows, hand_on);
    // Back west, the way it came, with the sum.
    schedule &compute = builder.add_entry("add", GROQ_ENTRY_COMPUTE);
    const repetition again{rows - 1, 1};
    compute.at(0, out_slice, make<GROQ_OPCODE_READ>({.stream = west(0), .step = 1}),
               again);
    compute.at(to_vxm, GROQ_ICU_VXM(0),
               make<GROQ_OPCODE_ADD_MOD>({.type = GROQ_TYPE_U8,
                                          .target = west(4),
                                          .a = west(0),
                                          .b = GROQ_OPERAND_IMMEDIATE,
                                          .immediate = addend}),
               again);
    compute.at(to_write + far / GROQ_SLICES_PER_HOP, in_slice + far,
               make<GROQ_OPCODE_WRITE>({.stream = west(4), .step = 1}), again);
    schedule &give = builder.add_entry("give", GROQ_ENTRY_OUTPUT);
    give.at(0, in_slice + far, make<GROQ_OPCODE_READ>({.stream = east(0), .step = 1}),
            again);
    give.at(to_vxm + far / GROQ_SLICES_PER_HOP, GROQ_ICU_VXM(0), hand_on, again);
    give.at(to_write + 2 * (far / GROQ_SLICES_PER_HOP), out_slice + far,
            make<GROQ_OPCODE_WRITE>({.stream = east(4), .step = 1}), again);
    return write_elf(builder.link());
}

file faulty() {
    program_builder builder;
    builder.add_tensor(make_tensor("out", GROQ_TENSOR_OUTPUT, GROQ_ELEMENT_U8,
                                   out_slice, 1, GROQ_LANES, 1));
    builder.add_entry("main").at(
        fault_cycle, GROQ_ICU_VXM(3),
        make<GROQ_OPCODE_COPY>(
            {.type = GROQ_TYPE_U8, .target = east(4), .a = east(7)}));
    return write_elf(builder.link());
}

// Every ALU issues the same text: twenty additions, each repeated as often as can be.
file lengthy(unsigned slice) {
    const instruction add_on = make<GROQ_OPCODE_ADD_MOD>({.type = GROQ_TYPE_F32,
                                                          .a = GROQ_OPERAND_IMMEDIATE,
                                                          .b = GROQ_OPERAND_IMMEDIATE});
    const instruction again = make<GROQ_OPCODE_REPEAT>({.times = 65535, .interval = 1});
    segment text = code_segment(".text", address(slice, 0));
    for (unsigned i = 0; i < GROQ_TEXT_INSTRUCTIONS; ++i)
        append(text, to_bytes(i % 2 ? again : add_on));
    segment launch = code_segment(".launch", address(slice, 2));
    for (unsigned alu = 0; alu < GROQ_VXM_ALUS; ++alu)
        append(launch, groq_launch{std::uint16_t(GROQ_ICU_VXM(alu)), 0, text.address,
                                   GROQ_TEXT_INSTRUCTIONS, 0});
    assembly::program made;
    made.sram_bytes = (slice + 1) * GROQ_SLICE_BYTES;
    made.ranges = {{text.address, 3 * GROQ_VECTOR_BYTES}};
    made.segments = {text, launch};
    made.entries = {entry_point{
        .name = "main", .launch = launch.address, .launch_count = GROQ_VXM_ALUS}};
    return write_elf(made);
}

file claiming(const file &plain, std::uint64_t cycles) {
    auto made = read_elf(plain);
    for (auto &entry : made.entries)
        entry.cycles = cycles;
    return write_elf(made);
}

file with_data(const file &plain, const file &data) {
    auto made = read_elf(plain);
    segment weights;
    weights.name = ".weights";
    weights.address = data_at;
    weights.bytes = data;
    weights.memory_bytes = std::uint32_t(data.size());
    made.segments.push_back(std::move(weights));
    const auto vectors = (data.size() + GROQ_VECTOR_BYTES - 1) / GROQ_VECTOR_BYTES;
    made.ranges.push_back({data_at, std::uint32_t(vectors * GROQ_VECTOR_BYTES)});
    std::sort(made.ranges.begin(), made.ranges.end(),
              [](const auto &a, const auto &b) { return a.address < b.address; });
    made.sram_bytes = GROQ_SRAM_BYTES;
    return write_elf(made);
}

file for_larger_card() {
    auto builder = adder_builder(1, 0);
    builder.set_sram_bytes(std::uint64_t{GROQ_SRAM_BYTES} + GROQ_SLICE_BYTES);
    return write_elf(builder.link());
}

} // namespace groq::contract
