// SPDX-License-Identifier: MIT
#include "ops/layer_norm.hpp"

#include <optional>
#include <stdexcept>

#include "asm/program_builder.hpp"
#include "ops/lane_reduction.hpp"
#include "ops/tile.hpp"

namespace groq::ops {
namespace {

class layer_norm {
public:
    layer_norm(assembly::program_builder &builder, const layer_norm_shape &shape)
        : sram_(builder), epsilon_(shape.epsilon), rows_(shape.rows),
          columns_(static_cast<unsigned>(shape.gain.size())), tiles_(tiles(columns_)),
          x_(sram_.tensor(GROQ_WEST, "x", GROQ_TENSOR_INPUT, shape.input, rows_,
                          columns_)),
          y_(sram_.tensor(GROQ_WEST, "y", GROQ_TENSOR_OUTPUT, GROQ_TYPE_F32, rows_,
                          columns_)),
          centred_(sram_.scratch_matrix(GROQ_WEST, GROQ_TYPE_F32, rows_, columns_)),
          gain_(sram_.constant_row(GROQ_EAST, "gain", shape.gain)),
          offset_(sram_.constant_row(GROQ_EAST, "offset", shape.offset)),
          reduction_(sram_, rows_) {
        if (const unsigned lanes = columns_ % GROQ_LANES; lanes != 0)
            lanes_of_last_ = sram_.lane_mask(GROQ_EAST, lanes);
    }

    void emit(assembly::schedule &out) {
        std::uint64_t ready = 0;
        for (unsigned tile = 0; tile < tiles_; ++tile)
            ready = emit_sum(out, ready, tile);
        ready = reduction_.emit(out, ready, GROQ_OPCODE_ADD_MOD);
        for (unsigned tile = 0; tile < tiles_; ++tile)
            ready = emit_centred(out, ready, tile);
        ready = reduction_.emit(out, ready, GROQ_OPCODE_ADD_MOD);
        for (unsigned tile = 0; tile < tiles_; ++tile)
            ready = emit_normal(out, ready, tile);
    }

private:
    sweep::value load_input(sweep &pipeline, unsigned tile) const {
        const auto x = pipeline.load(x_.tile(tile));
        return x_.area.type == GROQ_TYPE_F32 ? x : pipeline.convert(x, GROQ_TYPE_F32);
    }

    // Of the row, from the sum over it.
    sweep::value load_mean(sweep &pipeline) const {
        return pipeline.apply(GROQ_OPCODE_MUL_MOD,
                              {pipeline.load(reduction_.result()),
                               pipeline.constant(1 / static_cast<float>(columns_))});
    }

    // Lanes past the last column are zero in x.
    std::uint64_t emit_sum(assembly::schedule &out, std::uint64_t ready,
                           unsigned tile) const {
        sweep pipeline(rows_);
        reduction_.take(pipeline, load_input(pipeline, tile), GROQ_OPCODE_ADD_MOD, tile,
                        tiles_);
        return pipeline.emit(out, ready);
    }

    std::uint64_t emit_centred(assembly::schedule &out, std::uint64_t ready,
                               unsigned tile) const {
        sweep pipeline(rows_);
        const auto mean = load_mean(pipeline);
        auto centred =
            pipeline.apply(GROQ_OPCODE_SUB_MOD, {load_input(pipeline, tile), mean});
        if (lanes_of_last_ && tile + 1 == tiles_)
            centred = pipeline.apply(GROQ_OPCODE_MASK,
                                     {centred, pipeline.load_same(*lanes_of_last_)});
        pipeline.store(centred, {centred_.tile(tile)});
        const auto square = pipeline.apply(GROQ_OPCODE_MUL_MOD, {centred, centred});
        reduction_.take(pipeline, square, GROQ_OPCODE_ADD_MOD, tile, tiles_);
        return pipeline.emit(out, ready);
    }

    std::uint64_t emit_normal(assembly::schedule &out, std::uint64_t ready,
                              unsigned tile) const {
        sweep pipeline(rows_);
        const auto variance = pipeline.apply(
            GROQ_OPCODE_ADD_MOD, {load_mean(pipeline), pipeline.constant(epsilon_)});
        const auto inverse = pipeline.apply(GROQ_OPCODE_RSQRT, {variance});
        const auto normal = pipeline.apply(
            GROQ_OPCODE_MUL_MOD, {pipeline.load(centred_.tile(tile)), inverse});
        const auto scaled = pipeline.apply(
            GROQ_OPCODE_MUL_MOD, {normal, pipeline.load_same(gain_.tile(tile))});
        pipeline.store(pipeline.apply(GROQ_OPCODE_ADD_MOD,
                                      {scaled, pipeline.load_same(offset_.tile(tile))}),
                       {y_.tile(tile)});
        return pipeline.emit(out, ready);
    }

    storage sram_;
    float epsilon_;
    unsigned rows_, columns_, tiles_;
    row_matrix x_, y_, centred_;
    row_matrix gain_, offset_;
    lane_reduction reduction_;
    std::optional<vector_area> lanes_of_last_; // when it is not full
};

} // namespace

assembly::program make_layer_norm(const layer_norm_shape &shape) {
    if (shape.gain.size() != shape.offset.size())
        throw std::invalid_argument("gain and offset have different sizes");
    assembly::program_builder builder;
    layer_norm(builder, shape).emit(builder.add_entry("main"));
    return builder.link();
}

} // namespace groq::ops
