// SPDX-License-Identifier: MIT
#include "ops/lstm_cell.hpp"

#include <algorithm>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>

#include "asm/program_builder.hpp"
#include "ops/matmul_emitter.hpp"
#include "ops/matmul_plan.hpp"
#include "ops/storage.hpp"
#include "ops/tile.hpp"

namespace groq::ops {
namespace {

enum gate { INPUT, FORGET, CANDIDATE, OUTPUT, GATES };

unsigned padded(unsigned width) {
    return tiles(width) * GROQ_LANES;
}

// x and h end in whole tiles, and so does every gate.
matmul_plan plan_gates(const lstm_cell_shape &shape) {
    return {{shape.sequences, padded(shape.inputs) + padded(shape.outputs),
             GATES * padded(shape.outputs), f16_by_f16},
            false};
}

// The weights in their places, zeroes between them.
std::vector<std::uint16_t> spread_weights(const lstm_cell_shape &shape) {
    const std::size_t columns = std::size_t{GATES} * padded(shape.outputs);
    std::vector<std::uint16_t> spread((padded(shape.inputs) + padded(shape.outputs)) *
                                      columns);
    auto from = shape.weights.begin();
    for (std::size_t k = 0; k < shape.inputs + shape.outputs; ++k) {
        const std::size_t row =
            k < shape.inputs ? k : k - shape.inputs + padded(shape.inputs);
        for (unsigned gate = 0; gate < GATES; ++gate, from += shape.outputs)
            std::copy_n(from, shape.outputs,
                        spread.data() + row * columns +
                            std::size_t{gate} * padded(shape.outputs));
    }
    return spread;
}

// What a hemisphere has of the sequences.
struct half {
    engine own;
    row_matrix bias; // of the gates
    // Vectors in the order of tiles.
    vector_area c, next_c, next_h, next_h_f16;
    vector_area gated; // i g, of one tile
};

class lstm_cell {
public:
    lstm_cell(assembly::program_builder &builder, const lstm_cell_shape &shape)
        : builder_(builder), shape_(shape), plan_(plan_gates(shape)),
          product_(plan_.products().front()), tiles_(tiles(shape.outputs)),
          sram_(builder, plan_.first_free_slice(), matmul_plan::end_of_free_slices()) {
        const auto weights = spread_weights(shape);
        emit_right(builder, plan_, std::as_bytes(std::span(weights)));
        for (const engine &own : plan_.engines())
            halves_.push_back(place(own));
        reserve_sums();
        add_inputs();
        add_state("c", GROQ_TENSOR_INPUT, &half::c);
        add_state("c.next", GROQ_TENSOR_OUTPUT, &half::next_c);
        add_state("h.next", GROQ_TENSOR_OUTPUT, &half::next_h);
        add_state("h.next.f16", GROQ_TENSOR_OUTPUT, &half::next_h_f16);
    }

    void emit(assembly::schedule &out) const {
        emit_passes(out, plan_);
        std::uint64_t ready = plan_.cycles();
        for (unsigned tile = 0; tile < tiles_; ++tile)
            for (const auto step : {&lstm_cell::take_input, &lstm_cell::take_candidate,
                                    &lstm_cell::update_cell, &lstm_cell::give_output}) {
                sweep pipeline(product_.rows);
                for (const half &each : halves_)
                    (this->*step)(pipeline, each, tile);
                ready = pipeline.emit(out, ready);
            }
    }

private:
    half place(const engine &own) {
        const unsigned vectors = product_.rows * tiles_;
        const auto take = [&](unsigned type) {
            return sram_.take(own.hemisphere, type, vectors);
        };
        return {own,
                place_bias(own.hemisphere),
                take(GROQ_TYPE_F32),
                take(GROQ_TYPE_F32),
                take(GROQ_TYPE_F32),
                take(GROQ_TYPE_F16),
                sram_.scratch(own.hemisphere, GROQ_TYPE_F32, product_.rows)};
    }

    row_matrix place_bias(unsigned hemisphere) {
        std::vector<float> spread(std::size_t{GATES} * padded(shape_.outputs));
        for (unsigned gate = 0; gate < GATES; ++gate)
            std::copy_n(shape_.bias.data() + std::size_t{gate} * shape_.outputs,
                        shape_.outputs,
                        spread.data() + std::size_t{gate} * padded(shape_.outputs));
        return sram_.constant_row(
            hemisphere, hemisphere == GROQ_WEST ? "bias.west" : "bias.east", spread);
    }

    void reserve_sums() {
        for (const half &each : halves_)
            for (unsigned byte = 0; byte < sum_bytes; ++byte)
                builder_.reserve(plan_.sums(product_, each.own, byte, 0).address(),
                                 product_.rows * tiles(product_.outputs) *
                                     GROQ_VECTOR_BYTES);
    }

    // A matrix of `columns` for each of two sequences in a row of the tensor.
    void add_tensor(const char *name, std::uint32_t direction, unsigned type,
                    unsigned columns,
                    const std::function<word_place(unsigned half, unsigned byte,
                                                   unsigned tile)> &place) {
        assembly::tensor description{
            name, direction, type, product_.rows, GROQ_HEMISPHERES * columns, {}};
        for (unsigned number = 0; number < halves_.size(); ++number)
            for (unsigned byte = 0; byte < assembly::type_bytes(type); ++byte)
                for (unsigned tile = 0; tile < tiles(columns); ++tile)
                    description.parts.push_back(
                        {byte, number * columns + tile * GROQ_LANES,
                         lanes_of(tile, columns), place(number, byte, tile).address(),
                         GROQ_VECTOR_BYTES});
        builder_.add_tensor(std::move(description));
    }

    void add_inputs() {
        const auto add = [&](const char *name, unsigned columns, unsigned first_tile) {
            add_tensor(name, GROQ_TENSOR_INPUT, GROQ_TYPE_F16, columns,
                       [&](unsigned number, unsigned byte, unsigned tile) {
                           return plan_.vectors(product_, halves_[number].own, byte,
                                                first_tile + tile);
                       });
        };
        add("x", shape_.inputs, 0);
        add("h", shape_.outputs, tiles(shape_.inputs));
    }

    void add_state(const char *name, std::uint32_t direction,
                   vector_area half::*state) {
        add_tensor(name, direction, (halves_.front().*state).type, shape_.outputs,
                   [&](unsigned number, unsigned byte, unsigned tile) {
                       return tile_of(halves_[number].*state, tile).plane(byte);
                   });
    }

    vector_area tile_of(const vector_area &area, unsigned tile) const {
        return area + tile * product_.rows;
    }

    // W [x h] + b of a gate.
    sweep::value load_sum(sweep &pipeline, const half &own, gate of,
                          unsigned tile) const {
        const unsigned output_tile = of * tiles_ + tile;
        const vector_area sums{GROQ_TYPE_F32,
                               plan_.sums(product_, own.own, 0, output_tile),
                               plan_.slices_per_sum_byte()};
        return pipeline.apply(
            GROQ_OPCODE_ADD_MOD,
            {pipeline.load(sums), pipeline.load_same(own.bias.tile(output_tile))});
    }

    sweep::value load_gate(sweep &pipeline, const half &own, gate of,
                           unsigned tile) const {
        const auto middle = pipeline.constant(0.5F);
        const auto z = pipeline.apply(GROQ_OPCODE_MUL_MOD,
                                      {load_sum(pipeline, own, of, tile), middle});
        const auto t = pipeline.apply(GROQ_OPCODE_TANH, {z});
        const auto s = pipeline.apply(GROQ_OPCODE_MUL_MOD, {t, middle});
        return pipeline.apply(GROQ_OPCODE_ADD_MOD, {s, middle});
    }

    // i waits where h' will be.
    void take_input(sweep &pipeline, const half &own, unsigned tile) const {
        pipeline.store(load_gate(pipeline, own, INPUT, tile),
                       {tile_of(own.next_h, tile)});
    }

    void take_candidate(sweep &pipeline, const half &own, unsigned tile) const {
        const auto g = pipeline.apply(GROQ_OPCODE_TANH,
                                      {load_sum(pipeline, own, CANDIDATE, tile)});
        const auto i = pipeline.load(tile_of(own.next_h, tile));
        pipeline.store(pipeline.apply(GROQ_OPCODE_MUL_MOD, {i, g}), {own.gated});
    }

    void update_cell(sweep &pipeline, const half &own, unsigned tile) const {
        const auto f = load_gate(pipeline, own, FORGET, tile);
        const auto kept = pipeline.apply(GROQ_OPCODE_MUL_MOD,
                                         {f, pipeline.load(tile_of(own.c, tile))});
        pipeline.store(
            pipeline.apply(GROQ_OPCODE_ADD_MOD, {kept, pipeline.load(own.gated)}),
            {tile_of(own.next_c, tile)});
    }

    void give_output(sweep &pipeline, const half &own, unsigned tile) const {
        const auto o = load_gate(pipeline, own, OUTPUT, tile);
        const auto t = pipeline.apply(GROQ_OPCODE_TANH,
                                      {pipeline.load(tile_of(own.next_c, tile))});
        const auto h = pipeline.apply(GROQ_OPCODE_MUL_MOD, {o, t});
        pipeline.store(h, {tile_of(own.next_h, tile)});
        pipeline.store(pipeline.convert(h, GROQ_TYPE_F16),
                       {tile_of(own.next_h_f16, tile)});
    }

    assembly::program_builder &builder_;
    const lstm_cell_shape &shape_;
    matmul_plan plan_;
    const product &product_;
    unsigned tiles_; // of outputs
    storage sram_;
    std::vector<half> halves_;
};

void check(const lstm_cell_shape &shape) {
    if (shape.sequences == 0 || shape.inputs == 0 || shape.outputs == 0)
        throw std::runtime_error("a cell without sequences, inputs or outputs");
    const std::size_t columns = std::size_t{GATES} * shape.outputs;
    if (shape.weights.size() != (std::size_t{shape.inputs} + shape.outputs) * columns)
        throw std::invalid_argument("weights must have inputs + outputs rows of " +
                                    std::to_string(columns) + " columns");
    if (shape.bias.size() != columns)
        throw std::invalid_argument("the bias must have " + std::to_string(columns) +
                                    " numbers");
}

} // namespace

assembly::program make_lstm_cell(const lstm_cell_shape &shape) {
    check(shape);
    assembly::program_builder builder;
    lstm_cell(builder, shape).emit(builder.add_entry("main"));
    return builder.link();
}

} // namespace groq::ops
