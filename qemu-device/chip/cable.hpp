// SPDX-License-Identifier: MIT
// What a cable does to what goes by it: latency, its spread, and errors. Everything
// follows from the seed, the direction and a number, and so repeats.
#ifndef GROQ_CHIP_CABLE_HPP
#define GROQ_CHIP_CABLE_HPP

#include <cstdint>

#include "../groq_chip.h"
#include "message.hpp"
#include "scramble.hpp"

namespace groq::chip {

class cable {
public:
    static constexpr uint32_t latency_min = 64;
    static constexpr uint32_t latency_max = 65535;

    explicit cable(const groq_cable &made) : made_(made) {}
    static bool is_valid(const groq_cable &c);

    uint32_t lanes() const { return made_.lanes; }

    // Cycles of fabric time that the @number-th packet takes in @direction.
    uint64_t latency(uint64_t direction, uint64_t number) const {
        uint64_t bits = scramble(scramble(made_.seed ^ direction) + number);
        return at_deviation(deviation_of(bits));
    }
    uint64_t least_latency() const { return at_deviation(-deviation_limit); }
    uint64_t most_latency() const { return at_deviation(deviation_limit); }

    // What befalls vector @number since the cable was plugged, from 1.
    wire_error error_of(uint64_t number) const;
    // How many bits of the self-test come wrong, the @number-th time.
    uint64_t bit_errors(uint32_t log2_bits, uint64_t number) const;

private:
    // Four uniform numbers of 16 bits, about their mean: nearly normal.
    static constexpr int64_t uniform_max = 0xffff;
    static constexpr int64_t deviation_limit = 2 * uniform_max;

    static int64_t deviation_of(uint64_t bits) {
        int64_t sum = 0;
        for (int n = 0; n < 4; ++n, bits >>= 16)
            sum += static_cast<int64_t>(bits & uniform_max);
        return sum - deviation_limit;
    }

    uint64_t at_deviation(int64_t deviation) const;

    groq_cable made_;
};

// Of what goes from one end to the other: both directions of a cable differ.
struct cable_end {
    uint64_t serial;
    uint32_t link;
};
constexpr uint64_t direction(const cable_end &from, const cable_end &to) {
    uint64_t key = scramble(from.serial);
    key = scramble(key + from.link);
    key = scramble(key ^ to.serial);
    return scramble(key + to.link);
}

} // namespace groq::chip

#endif
