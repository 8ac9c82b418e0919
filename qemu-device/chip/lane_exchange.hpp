// SPDX-License-Identifier: MIT
// The SXM of a hemisphere: moves values between lanes, docs/isa.md section 5.4.
// It keeps nothing from one instruction to the next.
#ifndef GROQ_CHIP_LANE_EXCHANGE_HPP
#define GROQ_CHIP_LANE_EXCHANGE_HPP

#include <array>

#include "consumer.hpp"
#include "decoder.hpp"
#include "issue.hpp"
#include "streams.hpp"
#include "trouble.hpp"

namespace groq::chip {

class lane_exchange {
public:
    lane_exchange(consumer &consumer, streams &streams)
        : consumer_(consumer), streams_(streams) {}

    // @i is one of the SXM's.
    trouble execute(const instruction &i, const issue &at);

private:
    template <size_t most>
    using operands = std::array<const uint8_t *, most>;
    template <size_t most>
    using targets = std::array<uint8_t *, most>;

    trouble shift(groq_opcode opcode, const shift_fields &f, const issue &at);
    trouble select(const select_fields &f, const issue &at);
    trouble permute(const rearrange_fields &f, const issue &at);
    trouble distribute(const rearrange_fields &f, const issue &at);
    trouble rotate(const rotate_fields &f, const issue &at);
    trouble transpose(const transpose_fields &f, const issue &at);

    template <size_t most>
    trouble sample(uint32_t first, uint32_t count, const issue &at,
                   operands<most> &bytes);
    template <size_t most>
    targets<most> drive(uint32_t first, uint32_t count, const issue &at,
                        groq_opcode opcode);

    consumer &consumer_;
    streams &streams_;
};

} // namespace groq::chip

#endif
