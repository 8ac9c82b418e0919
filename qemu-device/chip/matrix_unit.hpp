// SPDX-License-Identifier: MIT
// The MXM of a hemisphere: two planes, each by itself for bytes, both in tandem
// for F16, whose weights have their low bytes in plane 0 and their high bytes in
// plane 1, docs/isa.md section 5.2.
#ifndef GROQ_CHIP_MATRIX_UNIT_HPP
#define GROQ_CHIP_MATRIX_UNIT_HPP

#include <array>
#include <cstdint>

#include "half_kernels.hpp"
#include "matrix_plane.hpp"

namespace groq::chip {

class matrix_unit {
public:
    // Everything as at the start of a program: zero.
    void clear();

    // LW, IW, IW_STREAM: see matrix_array.
    void load(uint32_t plane, uint32_t block, const uint8_t *const *rows);
    trouble install(uint32_t plane, uint64_t cycle, uint32_t powered);
    trouble install_block(uint32_t plane, uint64_t cycle, uint32_t block,
                          const uint8_t *const *rows);

    // ABC. @streams: as many as @type has bytes: I8, U8, or in plane 0 F16. Within
    // a cycle plane 0 goes first.
    trouble activate(uint32_t plane, uint64_t cycle, uint32_t type,
                     const uint8_t *const *streams, uint32_t powered);

    // Whether a result leaves @plane in @cycle and nobody has taken it.
    bool has_result(uint32_t plane, uint64_t cycle) const {
        return planes_[plane].has_result(cycle);
    }

    // ACC: takes the result of this cycle; the accumulator's new value.
    trouble accumulate(uint32_t plane, uint64_t cycle, uint32_t type,
                       const accumulation &how, const lanes *&value);
    uint32_t results_under_way() const;

    // @cycle: the next one; results leave in its future.
    void serialize(archive &a, uint64_t cycle);

private:
    void settle(uint32_t plane, uint64_t cycle);
    void multiply_waiting_halves();
    const half_weights &joined_weights();

    std::array<matrix_plane, GROQ_MXM_PLANES> planes_;
    uint64_t taken_until_ = 0; // both planes, by an ABC of F16

    // The weights of both as numbers, each block of these versions.
    half_weights joined_;
    std::array<std::array<uint64_t, GROQ_MXM_PLANES>, matrix_weights::blocks>
        joined_version_{};
    half_multiply multiply_ = fastest_half_multiply();
};

} // namespace groq::chip

#endif
