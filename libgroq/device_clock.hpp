// SPDX-License-Identifier: MIT
//
// The card's clock on the host's. Work ends after it was submitted and before that is
// known here: each such pair of times bounds the offset between the clocks, and all
// together bound it closely. Nothing is asked of the card.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

namespace groq {

class device_clock {
public:
    // That the card's time `device` lies between the host's `before` and `after`; ns.
    void observe(std::int64_t before, std::int64_t device, std::int64_t after) {
        const auto low = std::max(low_, before - device);
        const auto high = std::min(high_, after - device);
        // The clocks have drifted apart since: only what is new holds.
        low_ = low <= high ? low : before - device;
        high_ = low <= high ? high : after - device;
    }

    // After an observation.
    std::int64_t to_host(std::int64_t device) const {
        return device + low_ + (high_ - low_) / 2;
    }
    // The most that to_host() may be wrong by, unless the clocks drift.
    std::int64_t uncertainty() const { return (high_ - low_ + 1) / 2; }

private:
    std::int64_t low_ =
        std::numeric_limits<std::int64_t>::min() / 2; // of host - device
    std::int64_t high_ = std::numeric_limits<std::int64_t>::max() / 2;
};

} // namespace groq
