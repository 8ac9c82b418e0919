// SPDX-License-Identifier: MIT
#include "ops/softmax.hpp"

#include <limits>
#include <optional>

#include "asm/program_builder.hpp"
#include "ops/lane_reduction.hpp"
#include "ops/tile.hpp"

namespace groq::ops {
namespace {

class softmax {
public:
    softmax(assembly::program_builder &builder, const softmax_shape &shape)
        : sram_(builder), rows_(shape.rows), tiles_(tiles(shape.columns)),
          x_(sram_.tensor(GROQ_WEST, "x", GROQ_TENSOR_INPUT, shape.input, shape.rows,
                          shape.columns)),
          y_(sram_.tensor(GROQ_WEST, "y", GROQ_TENSOR_OUTPUT, GROQ_TYPE_F32, shape.rows,
                          shape.columns)),
          powers_(sram_.scratch_matrix(GROQ_WEST, GROQ_TYPE_F32, shape.rows,
                                       shape.columns)),
          reduction_(sram_, shape.rows) {
        if (const unsigned lanes = shape.columns % GROQ_LANES; lanes != 0)
            lanes_of_last_ = sram_.lane_mask(GROQ_EAST, lanes);
    }

    void emit(assembly::schedule &out) {
        std::uint64_t ready = 0;
        for (unsigned tile = 0; tile < tiles_; ++tile)
            ready = emit_maximum(out, ready, tile);
        ready = reduction_.emit(out, ready, GROQ_OPCODE_MAX);
        for (unsigned tile = 0; tile < tiles_; ++tile)
            ready = emit_power(out, ready, tile);
        ready = reduction_.emit(out, ready, GROQ_OPCODE_ADD_MOD);
        for (unsigned tile = 0; tile < tiles_; ++tile)
            ready = emit_quotient(out, ready, tile);
    }

private:
    bool is_short(unsigned tile) const { return lanes_of_last_ && tile + 1 == tiles_; }

    sweep::value load_input(sweep &pipeline, unsigned tile) const {
        const auto x = pipeline.load(x_.tile(tile));
        return x_.area.type == GROQ_TYPE_F32 ? x : pipeline.convert(x, GROQ_TYPE_F32);
    }

    std::uint64_t emit_maximum(assembly::schedule &out, std::uint64_t ready,
                               unsigned tile) const {
        sweep pipeline(rows_);
        auto x = load_input(pipeline, tile);
        if (is_short(tile)) {
            const auto least =
                pipeline.constant(-std::numeric_limits<float>::infinity());
            x = pipeline.apply(GROQ_OPCODE_BLEND,
                               {x, least, pipeline.load_same(*lanes_of_last_)});
        }
        reduction_.take(pipeline, x, GROQ_OPCODE_MAX, tile, tiles_);
        return pipeline.emit(out, ready);
    }

    std::uint64_t emit_power(assembly::schedule &out, std::uint64_t ready,
                             unsigned tile) const {
        sweep pipeline(rows_);
        const auto x = load_input(pipeline, tile);
        const auto maximum = pipeline.load(reduction_.result());
        const auto below = pipeline.apply(GROQ_OPCODE_SUB_MOD, {x, maximum});
        auto power = pipeline.apply(GROQ_OPCODE_EXP, {below});
        if (is_short(tile))
            power = pipeline.apply(GROQ_OPCODE_MASK,
                                   {power, pipeline.load_same(*lanes_of_last_)});
        pipeline.store(power, {powers_.tile(tile)});
        power = pipeline.apply(GROQ_OPCODE_COPY, {power}); // its streams go east
        reduction_.take(pipeline, power, GROQ_OPCODE_ADD_MOD, tile, tiles_);
        return pipeline.emit(out, ready);
    }

    std::uint64_t emit_quotient(assembly::schedule &out, std::uint64_t ready,
                                unsigned tile) const {
        sweep pipeline(rows_);
        const auto sum = pipeline.load(reduction_.result());
        const auto root = pipeline.apply(GROQ_OPCODE_RSQRT, {sum});
        const auto inverse = pipeline.apply(GROQ_OPCODE_MUL_MOD, {root, root});
        const auto power = pipeline.load(powers_.tile(tile));
        pipeline.store(pipeline.apply(GROQ_OPCODE_MUL_MOD, {power, inverse}),
                       {y_.tile(tile)});
        return pipeline.emit(out, ready);
    }

    storage sram_;
    unsigned rows_, tiles_;
    row_matrix x_, y_, powers_;
    lane_reduction reduction_;
    std::optional<vector_area> lanes_of_last_; // when it is not full
};

} // namespace

assembly::program make_softmax(const softmax_shape &shape) {
    assembly::program_builder builder;
    softmax(builder, shape).emit(builder.add_entry("main"));
    return builder.link();
}

} // namespace groq::ops
