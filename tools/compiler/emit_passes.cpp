// SPDX-License-Identifier: MIT
#include "compiler/emitter.hpp"

#include <bit>

namespace groq::compiler {
namespace {

using namespace assembly;

constexpr unsigned first_activation_stream = 16;
constexpr unsigned first_bias_stream = 8;
constexpr unsigned first_result_stream = 20;
constexpr unsigned streams_of_sum = 4;

class emitter {
public:
    emitter(schedule &out, const network &source, const layout &where, const pass &p)
        : out_(out), layer_(source[p.layer]), where_(where),
          pass_(p), plane_{p.group.plane}, again_{p.group.rows - 1, 1} {}

    void emit() {
        if (pass_.reads_weights)
            read_weights();
        load_weights();
        read_input();
        multiply();
        if (!pass_.emits)
            return;
        read_bias();
        if (pass_.last_layer)
            emit_results();
        else
            requantise();
    }

private:
    // So that the word is on its stream where it is wanted, when it is wanted.
    void read(std::uint64_t when, int position, unsigned slice, unsigned stream,
              unsigned word, unsigned step, repetition again) {
        const std::uint64_t cycle =
            when - GROQ_DELAY_MEM_READ - hops(position_of(slice), position);
        out_.at(cycle, slice,
                make<GROQ_OPCODE_READ>({stream, word, again.times != 0 ? step : 0}),
                again);
    }

    // What passes the VXM at `when`.
    void write(std::uint64_t when, unsigned slice, unsigned stream, unsigned word,
               unsigned step) {
        const std::uint64_t cycle = when + hops(GROQ_POSITION_VXM, position_of(slice));
        out_.at(cycle, slice,
                make<GROQ_OPCODE_WRITE>({stream, word, again_.times != 0 ? step : 0}),
                again_);
    }

    int mxm_position() const { return position_of(plane_.queue(0)); }

    void read_weights() {
        const unsigned tile =
            where_.tile(pass_.layer, pass_.output_tile, pass_.input_tile);
        for (unsigned stream = 0; stream < GROQ_TILE_LANES; ++stream)
            read(pass_.load, mxm_position(),
                 where_.weight_slice(plane_.hemisphere(), stream),
                 plane_.outward(stream), tile * tile_words, 1, {tile_words - 1, 1});
    }

    void load_weights() {
        const unsigned queue = plane_.queue(GROQ_MXM_QUEUE_WEIGHTS(0));
        out_.at(pass_.load, queue,
                make<GROQ_OPCODE_LW>({.stream = plane_.outward(0), .step = 1}),
                {GROQ_TILES - 1, 1});
        out_.at(pass_.install, queue, make<GROQ_OPCODE_IW>());
    }

    unsigned activation_stream() const {
        return plane_.outward(first_activation_stream + plane_.within());
    }

    void read_input() {
        const row_group &group = pass_.group;
        if (pass_.layer == 0)
            read(pass_.start, mxm_position(), where_.input_slice(group.plane),
                 activation_stream(), where_.row_word(group.first) + pass_.input_tile,
                 where_.stride(), again_);
        else
            read(pass_.start, mxm_position(), where_.activation_slice(group),
                 activation_stream(),
                 where_.activation_word(group, pass_.layer - 1, pass_.input_tile), 1,
                 again_);
    }

    void multiply() {
        out_.at(pass_.start, plane_.queue(GROQ_MXM_QUEUE_ACTIVATIONS(0)),
                make<GROQ_OPCODE_ABC>({activation_stream(), GROQ_TYPE_I8}), again_);
        out_.at(pass_.start + GROQ_DELAY_MXM_MULTIPLY,
                plane_.queue(GROQ_MXM_QUEUE_RESULTS(0)),
                make<GROQ_OPCODE_ACC>({.stream = pass_.emits ? sum_stream() : 0,
                                       .add = pass_.input_tile != 0,
                                       .emit = pass_.emits,
                                       .type = GROQ_TYPE_I32,
                                       .entry = 0,
                                       .step = again_.times != 0 ? 1 : 0}),
                again_);
    }

    unsigned sum_stream() const {
        return plane_.inward(streams_of_sum * plane_.within());
    }
    unsigned bias_stream() const {
        return east(first_bias_stream + accumulator_bytes * pass_.chain);
    }
    unsigned result_stream() const {
        return first_result_stream + accumulator_bytes * pass_.chain;
    }

    std::uint64_t at_vxm() const { return pass_.start + to_vxm; }

    void read_bias() {
        const unsigned word = where_.bias_word(pass_.layer, pass_.output_tile);
        for (unsigned byte = 0; byte < accumulator_bytes; ++byte)
            read(at_vxm(), GROQ_POSITION_VXM, where_.bias_slice(pass_.chain, byte),
                 bias_stream() + byte, word, 0, again_);
    }

    unsigned chain_alu(unsigned link) const { return chain_alus * pass_.chain + link; }

    // The nth operation of the chain.
    void compute(unsigned link, const instruction &code) {
        out_.at(at_vxm() + link * GROQ_DELAY_VXM_OP, GROQ_ICU_VXM(chain_alu(link)),
                code, again_);
    }

    instruction add_bias(unsigned target) const {
        return make<GROQ_OPCODE_ADD_MOD>(
            {GROQ_TYPE_I32, target, sum_stream(), bias_stream()});
    }

    void requantise() {
        const unsigned target = plane_.outward(result_stream());
        compute(0, add_bias(GROQ_OPERAND_NONE));
        compute(1, make<GROQ_OPCODE_CONVERT>({.type = GROQ_TYPE_I32,
                                              .to = GROQ_TYPE_F32,
                                              .a = alu(chain_alu(0))}));
        compute(2, make<GROQ_OPCODE_MUL_MOD>(
                       {.type = GROQ_TYPE_F32,
                        .a = alu(chain_alu(1)),
                        .b = GROQ_OPERAND_IMMEDIATE,
                        .immediate = std::bit_cast<std::uint32_t>(layer_.scale)}));
        compute(3, make<GROQ_OPCODE_CONVERT>({.type = GROQ_TYPE_F32,
                                              .to = GROQ_TYPE_I8,
                                              .a = alu(chain_alu(2))}));
        compute(4,
                make<GROQ_OPCODE_RELU>(
                    {.type = GROQ_TYPE_I8, .target = target, .a = alu(chain_alu(3))}));
        write(at_vxm() + requantise_delay + GROQ_DELAY_VXM,
              where_.activation_slice(pass_.group), target,
              where_.activation_word(pass_.group, pass_.layer, pass_.output_tile), 1);
    }

    void emit_results() {
        const unsigned target = east(result_stream());
        compute(0, add_bias(target));
        for (unsigned byte = 0; byte < accumulator_bytes; ++byte)
            write(at_vxm() + GROQ_DELAY_VXM,
                  where_.result_slice(byte, pass_.group.plane), target + byte,
                  where_.row_word(pass_.group.first) + pass_.output_tile,
                  where_.stride());
    }

    schedule &out_;
    const layer &layer_;
    const layout &where_;
    const pass &pass_;
    plane plane_;
    repetition again_; // once more for each further row
};

} // namespace

void emit_passes(schedule &out, const network &source, const layout &where,
                 const std::vector<pass> &passes) {
    for (const pass &p : passes)
        emitter(out, source, where, p).emit();
}

} // namespace groq::compiler
