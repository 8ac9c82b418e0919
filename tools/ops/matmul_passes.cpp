// SPDX-License-Identifier: MIT
#include "ops/matmul_emitter.hpp"
#include "ops/tile.hpp"

namespace groq::ops {
namespace {

using namespace assembly;

// One pass, on all engines.
class pass_emitter {
public:
    pass_emitter(schedule &out, const matmul_plan &plan, const pass &p)
        : out_(out), transfers_(out), plan_(plan), numbers_(plan.numbers()),
          product_(plan.products()[p.product]), pass_(p) {}

    void emit() {
        for (const unsigned hemisphere : {GROQ_WEST, GROQ_EAST})
            if (has_tile(hemisphere))
                load(hemisphere);
        for (const engine &own : plan_.engines())
            if (has_tile(own.hemisphere))
                multiply(own);
    }

private:
    // The hemispheres' shares may differ by a tile.
    bool has_tile(unsigned hemisphere) const {
        return pass_.output_tile < tiles(product_.outputs_of(hemisphere));
    }

    // Both planes take the same tile, or one byte plane of it each.
    void load(unsigned hemisphere) {
        const unsigned count =
            blocks(lanes_of(pass_.output_tile, product_.outputs_of(hemisphere)));
        for (unsigned byte = 0; byte < numbers_.operand_bytes; ++byte) {
            const std::uint64_t when = pass_.load + std::uint64_t{byte} * GROQ_TILES;
            read_weights(hemisphere, byte, count, when);
            for (unsigned plane = 0; plane < GROQ_MXM_PLANES; ++plane)
                if (numbers_.operand_bytes == 1 || plane == byte)
                    load_plane({hemisphere, plane}, count, when);
        }
    }

    void read_weights(unsigned hemisphere, unsigned byte, unsigned count,
                      std::uint64_t when) {
        const engine any{hemisphere, 0};
        for (unsigned stream = 0; stream < GROQ_TILE_LANES; ++stream)
            transfers_.read(plan_.weights(product_, hemisphere, pass_.output_tile,
                                          pass_.inner_tile, byte, stream),
                            {count}, any.outward(stream), {any.position(), when});
    }

    void load_plane(const engine &to, unsigned count, std::uint64_t when) {
        const unsigned queue = to.queue(GROQ_MXM_QUEUE_WEIGHTS(to.plane));
        out_.at(when, queue,
                make<GROQ_OPCODE_LW>({.stream = to.outward(0), .step = count > 1}),
                {count - 1, 1});
        out_.at(pass_.install, queue, make<GROQ_OPCODE_IW>());
    }

    vector_run run() const { return {pass_.rows, numbers_.row_cycles}; }

    void multiply(const engine &own) {
        for (unsigned byte = 0; byte < numbers_.operand_bytes; ++byte)
            transfers_.read(
                plan_.vectors(product_, own, byte, pass_.inner_tile) + pass_.first,
                run(), own.vector_stream() + byte, {own.position(), pass_.start});
        out_.at(pass_.start, own.queue(GROQ_MXM_QUEUE_ACTIVATIONS(own.plane)),
                make<GROQ_OPCODE_ABC>({own.vector_stream(), numbers_.operand}),
                {run().count - 1, run().interval});
        accumulate(own);
    }

    void accumulate(const engine &own) {
        const std::uint64_t when = pass_.start + GROQ_DELAY_MXM_MULTIPLY;
        const bool last = pass_.inner_tile + 1 == tiles(product_.inner);
        out_.at(when, own.queue(GROQ_MXM_QUEUE_RESULTS(own.plane)),
                make<GROQ_OPCODE_ACC>({.stream = last ? own.sum_stream() : 0,
                                       .add = pass_.inner_tile != 0,
                                       .emit = last,
                                       .type = numbers_.sum,
                                       .step = run().count > 1}),
                {run().count - 1, run().interval});
        for (unsigned byte = 0; last && byte < sum_bytes; ++byte)
            transfers_.write(plan_.sums(product_, own, byte, pass_.output_tile) +
                                 pass_.first,
                             run(), own.sum_stream() + byte,
                             {own.position(), when + GROQ_DELAY_MXM_ACCUMULATE});
    }

    schedule &out_;
    transfers transfers_;
    const matmul_plan &plan_;
    const arithmetic &numbers_;
    const product &product_;
    const pass &pass_;
};

} // namespace

void emit_passes(schedule &out, const matmul_plan &plan) {
    for (const pass &p : plan.passes())
        pass_emitter(out, plan, p).emit();
}

} // namespace groq::ops
