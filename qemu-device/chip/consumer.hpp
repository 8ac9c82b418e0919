// SPDX-License-Identifier: MIT
// What units take off the streams: checked as it is consumed, docs/isa.md
// section 5.6. While nothing is wrong on any stream, that is one branch.
#ifndef GROQ_CHIP_CONSUMER_HPP
#define GROQ_CHIP_CONSUMER_HPP

#include <array>
#include <cstdint>
#include <span>

#include "counters.hpp"
#include "issue.hpp"
#include "streams.hpp"
#include "trouble.hpp"

namespace groq::chip {

class consumer {
public:
    consumer(const streams &streams, tally &tally) : streams_(streams), tally_(tally) {}

    // An instruction issues; what it takes from now on it consumes in the
    // lanes that have power.
    void begin(const issue &at) {
        powered_ = at.powered;
        taken_ = settled_ = 0;
    }

    // What was taken so far is consumed, whatever comes of the rest.
    void settle() { settled_ = taken_; }

    // Like streams::sample(), with wrong bits corrected where there are some.
    // Valid until the next begin().
    const uint8_t *take(uint32_t stream, int32_t position, uint64_t cycle) {
        const uint8_t *value = streams_.sample(stream, position, cycle);
        if (!value || !streams_.has_errors()) [[likely]]
            return value;
        return check(stream, value);
    }

    // The same for as many streams from @first on as there are @values; trouble
    // where one of them carries nothing.
    trouble take(uint32_t first, std::span<const uint8_t *> values, int32_t position,
                 uint64_t cycle) {
        for (uint32_t i = 0; i < values.size(); ++i) {
            values[i] = take(first + i, position, cycle);
            if (!values[i])
                return nothing_on(first + i);
        }
        return no_trouble;
    }

    // Of what was taken, so that its unit need not act on it.
    bool is_beyond_correction() const {
        bool is = false;
        for (uint32_t i = 0; i < taken_; ++i)
            is = is || checked_[i].uncorrectable;
        return is;
    }

    // What comes of the instruction of which its unit says @t.
    trouble end(const trouble &t) {
        if (taken_ == 0) [[likely]]
            return t;
        return count(t);
    }

private:
    // The most streams of one instruction: rows of lw, lanes of transpose.
    static constexpr uint32_t most = 16;

    // Taken while something is wrong somewhere.
    struct checked_operand {
        const uint8_t *value;
        uint32_t stream;
        uint32_t corrected; // tiles
        uint32_t uncorrectable;
        uint8_t bytes[GROQ_VECTOR_BYTES]; // after correction
    };

    const uint8_t *check(uint32_t stream, const uint8_t *value);
    void correct(checked_operand &taken) const;
    trouble count(const trouble &t);

    const streams &streams_;
    tally &tally_;
    uint32_t powered_ = GROQ_LANES;
    uint32_t taken_ = 0;
    uint32_t settled_ = 0; // of these
    std::array<checked_operand, most> checked_;
};

} // namespace groq::chip

#endif
