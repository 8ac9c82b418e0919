// SPDX-License-Identifier: MIT
#include "ops/transfers.hpp"

#include <algorithm>

namespace groq::ops {
namespace {

using namespace assembly;

repetition repeated(vector_run run) {
    return {run.count - 1, run.interval};
}

unsigned step_of(vector_run run) {
    return run.count > 1 ? 1 : 0;
}

// Calls visit(place, run, vectors before it) for the piece in each slice.
template <class F>
void for_each_slice(word_place first, vector_run run, F visit) {
    for (unsigned done = 0; done < run.count;) {
        const word_place place = first + done;
        const unsigned count =
            std::min(run.count - done, GROQ_SLICE_WORDS - place.word);
        visit(place, vector_run{count, run.interval}, done);
        done += count;
    }
}

} // namespace

void transfers::read(word_place from, vector_run run, unsigned stream, passage to) {
    for_each_slice(from, run, [&](word_place place, vector_run piece, unsigned done) {
        const std::uint64_t cycle = to.cycle + std::uint64_t{done} * run.interval -
                                    GROQ_DELAY_MEM_READ -
                                    hops(position_of(place.slice), to.position);
        out_.at(cycle, place.slice,
                make<GROQ_OPCODE_READ>({stream, place.word, step_of(piece)}),
                repeated(piece));
    });
}

void transfers::read_same(word_place from, vector_run run, unsigned stream,
                          passage to) {
    const std::uint64_t cycle =
        to.cycle - GROQ_DELAY_MEM_READ - hops(position_of(from.slice), to.position);
    out_.at(cycle, from.slice, make<GROQ_OPCODE_READ>({stream, from.word}),
            repeated(run));
}

void transfers::write(word_place to, vector_run run, unsigned stream, passage from) {
    for_each_slice(to, run, [&](word_place place, vector_run piece, unsigned done) {
        const std::uint64_t cycle = from.cycle + std::uint64_t{done} * run.interval +
                                    hops(from.position, position_of(place.slice));
        out_.at(cycle, place.slice,
                make<GROQ_OPCODE_WRITE>({stream, place.word, step_of(piece)}),
                repeated(piece));
    });
}

} // namespace groq::ops
