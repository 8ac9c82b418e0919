// SPDX-License-Identifier: MIT
// How the cycles of a program lie in the time that all chips share, fabric time:
// docs/hardware.md section 7.4. Cycles of the nominal clock.
#ifndef GROQ_CHIP_FABRIC_CLOCK_HPP
#define GROQ_CHIP_FABRIC_CLOCK_HPP

#include <cstdint>

#include "scramble.hpp"

namespace groq::chip {

class fabric_clock {
public:
    static constexpr int32_t ppb_limit = 200'000;
    static constexpr uint64_t skews = 1024;

    fabric_clock(uint64_t serial, int32_t ppb)
        : skew_(serial ? scramble(serial) % skews : 0), ppb_(ppb) {}

    // When cycle 0 is.
    uint64_t skew() const { return skew_; }

    // When @cycle is: a chip that ticks faster is there earlier.
    uint64_t time_at(uint64_t cycle) const {
        constexpr int64_t billion = 1'000'000'000;
        auto whole = static_cast<int64_t>(cycle / billion);
        auto rest = static_cast<int64_t>(cycle % billion);
        int64_t gained = whole * ppb_ + floor_divide(rest * ppb_, billion);
        return skew_ + cycle - static_cast<uint64_t>(gained);
    }

    // The first cycle that is at @time or after it.
    uint64_t cycle_at(uint64_t time) const {
        if (time <= skew_)
            return 0;
        uint64_t cycle = time - skew_;
        for (int n = 0; n < 3; ++n) // each leaves 1/5000 of the distance
            cycle += time - time_at(cycle);
        while (time_at(cycle) < time)
            ++cycle;
        while (cycle > 0 && time_at(cycle - 1) >= time)
            --cycle;
        return cycle;
    }

private:
    static constexpr int64_t floor_divide(int64_t a, int64_t b) {
        return a / b - (a % b < 0);
    }

    uint64_t skew_;
    int64_t ppb_;
};

} // namespace groq::chip

#endif
