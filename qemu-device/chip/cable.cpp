// SPDX-License-Identifier: MIT
#include "cable.hpp"

#include <algorithm>

namespace groq::chip {

bool cable::is_valid(const groq_cable &c) {
    return c.size == sizeof(c) && c.latency >= latency_min &&
           c.latency <= latency_max && c.spread <= c.latency * 100 && c.lanes >= 1 &&
           c.lanes <= GROQ_LINK_LANES;
}

// A uniform number below n has the variance n^2 / 12, four of them n^2 / 3.
uint64_t cable::at_deviation(int64_t deviation) const {
    constexpr int64_t milli = 1000;
    constexpr int64_t root_of_3 = 1732; // 1/1000
    int64_t spread = deviation * made_.spread * root_of_3 / (uniform_max * milli);
    int64_t millicycles = int64_t{made_.latency} * milli + spread;
    return static_cast<uint64_t>((millicycles + milli / 2) / milli);
}

wire_error cable::error_of(uint64_t number) const {
    if (made_.uncorrected_at && number == made_.uncorrected_at)
        return wire_error::uncorrected;
    bool hit = made_.corrected_every && number % made_.corrected_every == 0;
    return hit ? wire_error::corrected : wire_error::none;
}

// The mean, rounded up as often as its fraction says.
uint64_t cable::bit_errors(uint32_t log2_bits, uint64_t number) const {
    constexpr uint64_t trillion = 1'000'000'000'000;
    uint32_t first = std::min(log2_bits, 20u); // products stay below 2^64
    uint64_t product = uint64_t{made_.bit_errors} << first;
    uint64_t whole = product / trillion << (log2_bits - first);
    uint64_t rest = product % trillion << (log2_bits - first);
    return whole + rest / trillion +
           (scramble(made_.seed + number) % trillion < rest % trillion);
}

} // namespace groq::chip
