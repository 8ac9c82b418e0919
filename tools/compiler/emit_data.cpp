// SPDX-License-Identifier: MIT
#include "compiler/emitter.hpp"

#include <algorithm>
#include <cstring>
#include <string>

namespace groq::compiler {
namespace {

using assembly::address_of;
using assembly::program_builder;
using byte_string = std::vector<std::byte>;

// Row `row` of a tile, over its input lanes; zero where the layer has no weights.
void copy_weights(const layer &from, unsigned output_tile, unsigned input_tile,
                  unsigned row, std::byte *lanes) {
    const std::size_t output = std::size_t{output_tile} * GROQ_LANES + row;
    const std::size_t input = std::size_t{input_tile} * GROQ_LANES;
    if (output >= from.outputs)
        return;
    std::memcpy(lanes, from.weights.data() + output * from.inputs + input,
                std::min<std::size_t>(GROQ_LANES, from.inputs - input));
}

// What slice `stream` of the weights holds: of each tile the rows 16 b + stream.
byte_string weights_of_stream(const network &source, const layout &where,
                              unsigned stream) {
    byte_string bytes(std::size_t{where.tile_count()} * tile_words * GROQ_VECTOR_BYTES);
    for (std::size_t l = 0; l < source.size(); ++l)
        for (unsigned n = 0; n < tiles(source[l].outputs); ++n)
            for (unsigned k = 0; k < tiles(source[l].inputs); ++k)
                for (unsigned block = 0; block < tile_words; ++block) {
                    const std::size_t word =
                        std::size_t{where.tile(l, n, k)} * tile_words + block;
                    copy_weights(source[l], n, k, block * GROQ_TILE_LANES + stream,
                                 bytes.data() + word * GROQ_VECTOR_BYTES);
                }
    return bytes;
}

void emit_weights(program_builder &builder, const network &source,
                  const layout &where) {
    for (unsigned stream = 0; stream < GROQ_TILE_LANES; ++stream)
        for (const unsigned hemisphere : {GROQ_WEST, GROQ_EAST}) {
            const unsigned slice = where.weight_slice(hemisphere, stream);
            builder.add_data("weights." + assembly::slice_name(slice),
                             address_of(slice, 0),
                             weights_of_stream(source, where, stream));
        }
}

byte_string bias_bytes(const network &source, const layout &where, unsigned byte) {
    byte_string bytes(std::size_t{where.bias_count()} * GROQ_VECTOR_BYTES);
    for (std::size_t l = 0; l < source.size(); ++l)
        for (std::size_t n = 0; n < source[l].outputs; ++n) {
            const auto tile = static_cast<unsigned>(n / GROQ_LANES);
            const auto value = static_cast<std::uint32_t>(source[l].bias[n]);
            bytes[where.bias_word(l, tile) * GROQ_VECTOR_BYTES + n % GROQ_LANES] =
                static_cast<std::byte>(value >> (8 * byte));
        }
    return bytes;
}

void emit_biases(program_builder &builder, const network &source, const layout &where) {
    for (unsigned chain = 0; chain < chain_count; ++chain)
        for (unsigned byte = 0; byte < accumulator_bytes; ++byte) {
            const unsigned slice = where.bias_slice(chain, byte);
            builder.add_data("bias." + assembly::slice_name(slice),
                             address_of(slice, 0), bias_bytes(source, where, byte));
        }
}

// A byte plane of a tensor: a part for each 320 columns, in words side by side.
void add_parts(assembly::tensor &to, unsigned byte, unsigned slice,
               const layout &where) {
    for (unsigned tile = 0; tile < tiles(to.columns); ++tile) {
        const unsigned column = tile * GROQ_LANES;
        to.parts.push_back(
            {byte, column, std::min<unsigned>(GROQ_LANES, to.columns - column),
             address_of(slice, tile), where.stride() * GROQ_VECTOR_BYTES});
    }
}

void emit_tensors(program_builder &builder, const network &source,
                  const layout &where) {
    assembly::tensor images{"images",
                            GROQ_TENSOR_INPUT,
                            GROQ_ELEMENT_I8,
                            where.batch(),
                            static_cast<std::uint32_t>(source.front().inputs),
                            {}};
    add_parts(images, 0, where.input_slice(0), where);
    builder.add_tensor(images);
    assembly::tensor logits{"logits",
                            GROQ_TENSOR_OUTPUT,
                            GROQ_ELEMENT_I32,
                            where.batch(),
                            static_cast<std::uint32_t>(source.back().outputs),
                            {}};
    for (unsigned byte = 0; byte < accumulator_bytes; ++byte)
        add_parts(logits, byte, where.result_slice(byte, 0), where);
    builder.add_tensor(logits);
}

// Both banks, as far as any layer fills them.
void reserve_activations(program_builder &builder, const network &source,
                         const layout &where) {
    for (const row_group &group : where.groups()) {
        std::array<unsigned, 2> words{};
        for (std::size_t l = 0; l + 1 < source.size(); ++l)
            words[l % 2] =
                std::max(words[l % 2], group.rows * tiles(source[l].outputs));
        for (unsigned bank = 0; bank < words.size(); ++bank)
            builder.reserve(address_of(where.activation_slice(group),
                                       where.activation_word(group, bank, 0)),
                            words[bank] * GROQ_VECTOR_BYTES);
    }
}

} // namespace

void emit_data(program_builder &builder, const network &source, const layout &where) {
    emit_weights(builder, source, where);
    emit_biases(builder, source, where);
    emit_tensors(builder, source, where);
    reserve_activations(builder, source, where);
}

} // namespace groq::compiler
