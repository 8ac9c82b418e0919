// SPDX-License-Identifier: MIT
// One plane of an MXM: 320x320 int8 weights, a buffer for the next ones, 512
// accumulators, docs/isa.md section 5.2.
//
// Products are worked out late: an activation waits until its result leaves
// the array, and then everything that waits is multiplied in one go, which
// costs a fraction of doing it one by one.
#ifndef GROQ_CHIP_MATRIX_PLANE_HPP
#define GROQ_CHIP_MATRIX_PLANE_HPP

#include <array>
#include <bitset>
#include <cstdint>

#include "archive.hpp"
#include "hw/groq_isa.h"
#include "matrix_kernels.hpp"
#include "trouble.hpp"
#include "vector_kernels.hpp"

namespace groq::chip {

class matrix_plane {
public:
    // Everything as at the start of a program: zero.
    void clear();

    // LW: 16 rows of 320 bytes become block @block of the buffer.
    void load(uint32_t block, const uint8_t *const *rows);
    // IW: the buffer becomes the array for every activation from @cycle + 3.
    trouble install(uint64_t cycle);
    // ABC: @type GROQ_TYPE_I8 or U8.
    void activate(uint64_t cycle, uint32_t type, const uint8_t *activations);
    // Whether a result leaves the array in @cycle and nobody has taken it.
    bool has_result(uint64_t cycle) const;
    // ACC: takes the result of this cycle; the accumulator's new value.
    trouble accumulate(uint64_t cycle, int32_t entry, bool add, const lanes *&value);
    uint32_t results_under_way() const;

    // @cycle: the next one; results leave in its future.
    void serialize(archive &a, uint64_t cycle);

private:
    static constexpr size_t blocks = matrix_weights::blocks;
    static constexpr uint32_t ring_size = 16;
    static_assert(GROQ_DELAY_MXM_MULTIPLY < ring_size);

    enum class result_stage : uint8_t { empty, waiting, multiplied };

    struct result {
        matrix_activations activations; // signed ones with their top bit flipped
        matrix_sums sums;
        uint64_t leaves;
        result_stage stage = result_stage::empty;
        bool is_signed;
    };

    const matrix_weights &fresh_array();
    matrix_weights &next_array() { return arrays_[1 - active_]; }
    void finish_install(uint64_t cycle);
    void multiply_waiting();
    void correct_sign(result &r);
    const matrix_sums &row_sums();
    void serialize_ring(archive &a, uint64_t cycle);
    void serialize_accumulators(archive &a);

    matrix_weights buffer_;
    std::array<matrix_weights, 2> arrays_;
    // Of the active array: what 128 in every lane gives; worked out on demand.
    matrix_sums row_sums_;
    std::array<result, ring_size> ring_;
    std::array<lanes, GROQ_MXM_ACCUMULATORS> accumulators_;

    std::bitset<blocks> loaded_;               // of the buffer; the others are zero
    std::bitset<GROQ_MXM_ACCUMULATORS> live_;  // the others are zero
    std::array<bool, 2> is_stale_{true, true}; // of an earlier program: means zero
    bool has_row_sums_ = false;
    bool installing_ = false;
    uint32_t active_ = 0; // of the arrays
    uint64_t installed_at_ = 0;
    matrix_multiply multiply_ = fastest_matrix_multiply();
};

} // namespace groq::chip

#endif
