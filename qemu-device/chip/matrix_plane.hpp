// SPDX-License-Identifier: MIT
// One plane of an MXM: its weights, the results on their way through the array,
// and 512 accumulators, docs/isa.md section 5.2.
//
// Products are worked out late: an activation waits until its result leaves
// the array, and then everything that waits is multiplied in one go, which
// costs a fraction of doing it one by one.
#ifndef GROQ_CHIP_MATRIX_PLANE_HPP
#define GROQ_CHIP_MATRIX_PLANE_HPP

#include <array>
#include <bitset>
#include <cstdint>
#include <span>

#include "archive.hpp"
#include "hw/groq_isa.h"
#include "lanes.hpp"
#include "matrix_array.hpp"
#include "matrix_kernels.hpp"
#include "trouble.hpp"

namespace groq::chip {

// Of one ABC.
struct matrix_result {
    enum class stage : uint8_t { empty, waiting, multiplied };

    bool waits_for_bytes() const {
        return at == stage::waiting && type != GROQ_TYPE_F16;
    }
    bool waits_for_halves() const {
        return at == stage::waiting && type == GROQ_TYPE_F16;
    }

    matrix_activations low;  // I8 with the top bit flipped
    matrix_activations high; // F16 alone: the second bytes
    matrix_sums sums;        // of F16: the bits of floats
    uint64_t leaves;
    uint32_t powered; // lanes, of the ABC: the first ones
    stage at = stage::empty;
    uint8_t type;
};

// What an ACC does with the result that leaves.
struct accumulation {
    int32_t entry;
    bool add;
    uint32_t powered; // lanes, the first ones
};

class matrix_plane {
public:
    static constexpr uint32_t ring_size = 16;

    // Everything as at the start of a program: zero.
    void clear();

    matrix_array &array() { return array_; }

    // ABC. @streams: as many as @type has bytes.
    void activate(uint64_t cycle, uint32_t type, const uint8_t *const *streams,
                  uint32_t powered);
    // Whether a result leaves the array in @cycle and nobody has taken it.
    bool has_result(uint64_t cycle) const;
    // The one that leaves in @cycle, if has_result().
    const matrix_result &result(uint64_t cycle) const;
    // Takes it, multiplied, into an accumulator that there is; the new value.
    const lanes &accumulate(uint64_t cycle, const accumulation &how);
    uint32_t results_under_way() const;

    // I8 and U8; those of F16 are found in results().
    void multiply_waiting_bytes();
    std::span<matrix_result, ring_size> results() { return ring_; }

    // @cycle: the next one; results leave in its future.
    void serialize(archive &a, uint64_t cycle);

private:
    static_assert(GROQ_DELAY_MXM_MULTIPLY < ring_size);

    void correct_sign(matrix_result &r);
    const matrix_sums &row_sums();
    void serialize_ring(archive &a, uint64_t cycle);
    void serialize_accumulators(archive &a);

    matrix_array array_;
    // Of the array: what 128 in every lane gives; worked out on demand.
    matrix_sums row_sums_;
    uint64_t row_sums_version_ = 0;
    std::array<matrix_result, ring_size> ring_;
    std::array<lanes, GROQ_MXM_ACCUMULATORS> accumulators_;
    std::bitset<GROQ_MXM_ACCUMULATORS> live_; // the others are zero
    matrix_multiply multiply_ = fastest_matrix_multiply();
};

} // namespace groq::chip

#endif
