// SPDX-License-Identifier: MIT
// The weights of an MXM plane: the array that multiplies, the buffer for the
// next ones, and what is on its way into the array, docs/isa.md section 5.2.
//
// Products are worked out late. So what is installed stays aside, too, until
// an activation comes that it holds for: whoever sees is_due() finishes the
// products of the array as it was, and then calls settle().
#ifndef GROQ_CHIP_MATRIX_ARRAY_HPP
#define GROQ_CHIP_MATRIX_ARRAY_HPP

#include <array>
#include <bitset>
#include <cstdint>

#include "archive.hpp"
#include "hw/groq_isa.h"
#include "matrix_kernels.hpp"
#include "trouble.hpp"

namespace groq::chip {

class matrix_array {
public:
    static constexpr size_t blocks = matrix_weights::blocks;

    // Everything as at the start of a program: zero.
    void clear();

    // LW: 16 rows of 320 bytes become block @block of the buffer.
    void load(uint32_t block, const uint8_t *const *rows);
    // IW: the buffer becomes the array for every activation from @cycle + 3, with
    // zeros in the input lanes that have no power.
    trouble install(uint64_t cycle, uint32_t powered);
    // IW_STREAM: so do 16 rows, and the rest of the array stays.
    trouble install_block(uint64_t cycle, uint32_t block, const uint8_t *const *rows);

    // Whether activations of @cycle meet other weights than those before.
    bool is_due(uint64_t cycle) const { return next_due_ <= cycle; }
    void settle(uint64_t cycle);

    const matrix_weights &weights();
    // Numbers that are never used again once the weights have changed.
    uint64_t version() const { return version_; }
    uint64_t version(uint32_t block) const { return block_version_[block]; }

    // @cycle: the next one.
    void serialize(archive &a, uint64_t cycle);

private:
    static constexpr uint64_t never = ~uint64_t{0};
    static constexpr uint32_t streamed_max = GROQ_DELAY_MXM_INSTALL;

    struct streamed_block {
        matrix_weights::rows rows;
        uint64_t due;
        uint32_t block;
    };

    matrix_weights &next_array() { return arrays_[1 - active_]; }
    void swap_arrays();
    void store_first_block();
    void note_change(uint32_t block);
    void note_change_of_all();
    void find_next_due();
    void serialize_weights(archive &a);
    void serialize_streamed(archive &a, uint64_t cycle);

    matrix_weights buffer_;
    std::array<matrix_weights, 2> arrays_;
    std::array<streamed_block, streamed_max> streamed_; // the first due first
    std::array<uint64_t, blocks> block_version_{};

    std::bitset<blocks> loaded_;               // of the buffer; the others are zero
    std::array<bool, 2> is_stale_{true, true}; // of an earlier program: means zero
    uint32_t active_ = 0;                      // of the arrays
    uint32_t streamed_count_ = 0;
    uint64_t swap_due_ = never;
    uint64_t next_due_ = never;
    uint64_t version_ = 0;
};

} // namespace groq::chip

#endif
