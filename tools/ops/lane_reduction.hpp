// SPDX-License-Identifier: MIT
//
// The maximum or the sum over all 320 lanes of a vector, in every lane.
//
// Lanes are turned in a circle by the permuter and combined with themselves: by 160,
// 80, 40, 20, 10 and 5 lanes, after which a lane has every fifth, then by 1, 2 and 4
// for the five neighbours. Nine sweeps, so that a sum goes through nine additions.
#pragma once

#include <cstdint>

#include "ops/storage.hpp"

namespace groq::ops {

class lane_reduction {
public:
    // Of so many rows of F32 at once, of one vector or more each. It is used for one
    // reduction after the other.
    lane_reduction(storage &sram, unsigned rows);

    // Takes a vector of every row, the first, second, .. of `count`, in a sweep.
    void take(sweep &pipeline, sweep::value vectors, groq_opcode opcode,
              unsigned number, unsigned count) const;

    // GROQ_OPCODE_MAX or GROQ_OPCODE_ADD_MOD, as when they were taken. Returns when the
    // result is there.
    std::uint64_t emit(assembly::schedule &out, std::uint64_t ready,
                       groq_opcode opcode) const;
    // It stays until the next emit().
    const vector_area &result() const { return straight_[1]; }

private:
    unsigned rows_;
    vector_area maps_;
    vector_area partial_[2]; // of rows of several vectors
    vector_area straight_[2];
    vector_area turned_[2];
};

} // namespace groq::ops
