// SPDX-License-Identifier: MIT
#include "ops/lane_reduction.hpp"

#include <array>
#include <vector>

namespace groq::ops {
namespace {

constexpr std::array<unsigned, 9> distances{160, 80, 40, 20, 10, 5, 1, 2, 4};
constexpr unsigned to_every_fifth = 6; // of them

std::vector<std::uint16_t> turning_maps() {
    std::vector<std::uint16_t> maps;
    for (const unsigned distance : distances)
        for (unsigned lane = 0; lane < GROQ_LANES; ++lane)
            maps.push_back(static_cast<std::uint16_t>((lane + distance) % GROQ_LANES));
    return maps;
}

} // namespace

lane_reduction::lane_reduction(storage &sram, unsigned rows)
    : rows_(rows),
      maps_(sram.constant(GROQ_EAST, "turns", GROQ_TYPE_I16, turning_maps())) {
    for (vector_area *each : {partial_, straight_, turned_})
        for (unsigned i = 0; i < 2; ++i)
            each[i] = sram.scratch(GROQ_EAST, GROQ_TYPE_F32, rows);
}

void lane_reduction::take(sweep &pipeline, sweep::value vectors, groq_opcode opcode,
                          unsigned number, unsigned count) const {
    if (number != 0)
        vectors =
            pipeline.apply(opcode, {vectors, pipeline.load(partial_[1 - number % 2])});
    if (number + 1 == count)
        pipeline.store(vectors, {straight_[0], turned_[0]});
    else
        pipeline.store(vectors, {partial_[number % 2]});
}

std::uint64_t lane_reduction::emit(assembly::schedule &out, std::uint64_t ready,
                                   groq_opcode opcode) const {
    const auto turn = [&](unsigned step, const vector_area &straight,
                          const vector_area &turned,
                          std::initializer_list<vector_area> to) {
        sweep pipeline(rows_);
        const auto a = pipeline.load(straight);
        const auto b = pipeline.load_permuted(turned, maps_ + step);
        pipeline.store(pipeline.apply(opcode, {a, b}), to);
        ready = pipeline.emit(out, ready);
    };
    for (unsigned step = 0; step <= to_every_fifth; ++step) {
        const unsigned from = step % 2, to = 1 - from;
        turn(step, straight_[from], turned_[from], {straight_[to], turned_[to]});
    }
    // Of the lanes 0 and 1 with 2 and 3, and these with 4, which is still there.
    turn(to_every_fifth + 1, straight_[1], turned_[1], {straight_[0]});
    turn(to_every_fifth + 2, straight_[0], turned_[0], {straight_[1]});
    return ready;
}

} // namespace groq::ops
