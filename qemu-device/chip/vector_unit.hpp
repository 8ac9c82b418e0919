// SPDX-License-Identifier: MIT
// The 16 ALUs of the VXM and their result registers, docs/isa.md section 5.3.
#ifndef GROQ_CHIP_VECTOR_UNIT_HPP
#define GROQ_CHIP_VECTOR_UNIT_HPP

#include <array>

#include "archive.hpp"
#include "consumer.hpp"
#include "decoder.hpp"
#include "trouble.hpp"
#include "vector_kernels.hpp"

namespace groq::chip {

class vector_unit {
public:
    explicit vector_unit(consumer &consumer) : consumer_(consumer) {}

    // No ALU has a result.
    void clear();

    struct output {
        lanes *value;
        uint32_t width;
        uint32_t target; // for the caller to put the value on
    };

    // What ALU @alu computes when @i issues in @cycle; its result register
    // follows in time.
    trouble execute(uint32_t alu, const instruction &i, uint64_t cycle, output &out);

    // @cycle: the next one.
    void serialize(archive &a, uint64_t cycle);

private:
    // What an ALU computed lately: the results of operations in three
    // successive cycles are under way while an older one is still read.
    static constexpr uint32_t history = GROQ_DELAY_VXM_OP + 1;

    struct result {
        uint64_t ready = 0;
        uint32_t width = 0; // 0: none
        lanes value;
    };

    struct alu_state {
        std::array<result, history> results;
        uint32_t newest = 0;
    };

    // Finds operand @operand; into @scratch where it does not lie ready.
    trouble fetch(uint32_t operand, uint32_t width, uint32_t immediate, uint64_t cycle,
                  lanes &scratch, const lanes *&value);
    trouble fetch_streams(uint32_t stream, uint32_t width, uint64_t cycle, lanes &out);
    trouble fetch_result(uint32_t alu, uint32_t width, uint64_t cycle,
                         const lanes *&value) const;
    lanes &next_result(uint32_t alu, uint64_t cycle, uint32_t width);

    consumer &consumer_;
    static bool is_possible(const alu_state &alu, uint64_t cycle);

    std::array<alu_state, GROQ_VXM_ALUS> alus_;
};

} // namespace groq::chip

#endif
