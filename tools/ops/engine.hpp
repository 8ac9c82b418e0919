// SPDX-License-Identifier: MIT
//
// What multiplies vectors by an array: a plane of the MXM for int8, both planes of a
// hemisphere for f16.
#pragma once

#include "asm/queue.hpp"

namespace groq::ops {

// Kinds of matrix product; the numbers are those of docs/isa.md section 5.2.
struct arithmetic {
    unsigned operand;       // GROQ_TYPE_* of the vectors
    unsigned operand_bytes; // of vectors and weights
    unsigned sum;           // GROQ_TYPE_* of results
    unsigned engines;       // on the chip
    unsigned row_cycles;    // from one vector to the next

    unsigned engines_of_hemisphere() const { return engines / GROQ_HEMISPHERES; }
    bool operator==(const arithmetic &) const = default;
};

inline constexpr unsigned planes_of_chip = GROQ_HEMISPHERES * GROQ_MXM_PLANES;
inline constexpr unsigned sum_bytes = 4;
inline constexpr arithmetic i8_by_i8{GROQ_TYPE_I8, 1, GROQ_TYPE_I32, planes_of_chip, 1};
inline constexpr arithmetic u8_by_i8{GROQ_TYPE_U8, 1, GROQ_TYPE_I32, planes_of_chip, 1};
inline constexpr arithmetic f16_by_f16{GROQ_TYPE_F16, 2, GROQ_TYPE_F32,
                                       GROQ_HEMISPHERES, GROQ_MXM_F16_CYCLES};

struct engine {
    unsigned hemisphere;
    unsigned plane; // the first of its planes

    // GROQ_MXM_QUEUE_*(plane), of any plane of the hemisphere.
    unsigned queue(unsigned number) const { return GROQ_ICU_MXM(hemisphere, number); }
    int position() const { return assembly::position_of(queue(0)); }
    // Streams towards the MXM and away from it.
    unsigned outward(unsigned stream) const {
        return hemisphere == GROQ_WEST ? assembly::west(stream)
                                       : assembly::east(stream);
    }
    unsigned inward(unsigned stream) const {
        return hemisphere == GROQ_WEST ? assembly::east(stream)
                                       : assembly::west(stream);
    }
    // Of the streams: 0..15 outward are weights.
    unsigned vector_stream() const { return outward(16 + plane); }
    unsigned sum_stream() const { return inward(20 + sum_bytes * plane); }
};

} // namespace groq::ops
