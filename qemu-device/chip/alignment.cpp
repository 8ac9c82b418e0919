// SPDX-License-Identifier: MIT
#include "alignment.hpp"

#include <algorithm>

#include "hw/groq_regs.h"

namespace groq::chip {

aligned_body exchange_counters(const cable &by, uint64_t there, uint64_t back,
                               uint32_t samples, const aligned_counter &own) {
    aligned_body seen{~0u, 0, 0, 0, 0, own.base % own.period, own.period};
    for (uint32_t n = 0; n < samples; ++n) {
        auto to = static_cast<uint32_t>(by.latency(there, n));
        auto from = static_cast<uint32_t>(by.latency(back, n));
        uint32_t round = to + from;
        seen.least = std::min(seen.least, round);
        seen.most = std::max(seen.most, round);
        seen.sum += round;
        seen.squares += uint64_t{round} * round;
        seen.skew += int64_t{to} - from;
    }
    return seen;
}

// Whoever takes half of the round for the way there is wrong by half of the skew.
int32_t offset_of(const aligned_body &seen, uint32_t samples,
                  const aligned_counter &own) {
    int64_t period = own.period;
    int64_t twice = int64_t{2} * samples;
    int64_t rounded = seen.skew + (seen.skew < 0 ? -int64_t{samples} : samples);
    int64_t ahead = int64_t{seen.base} - own.base % own.period + rounded / twice;
    ahead = (ahead % period + period) % period;
    return static_cast<int32_t>(ahead > period / 2 ? ahead - period : ahead);
}

bool is_plausible(const aligned_body &seen, uint32_t samples) {
    constexpr uint32_t round_max = 4 * cable::latency_max;
    auto most_skew = int64_t{round_max} * samples;
    return seen.least <= seen.most && seen.most <= round_max &&
           seen.sum >= uint64_t{seen.least} * samples &&
           seen.sum <= uint64_t{seen.most} * samples && seen.skew <= most_skew &&
           seen.skew >= -most_skew && seen.period >= GROQ_HAC_PERIOD_MIN &&
           seen.period <= GROQ_HAC_PERIOD_MAX && seen.base < seen.period;
}

} // namespace groq::chip
