// SPDX-License-Identifier: MIT
#include "device_clock.hpp"

#include <gtest/gtest.h>

namespace groq {
namespace {

TEST(device_clock, is_as_uncertain_as_the_time_that_a_job_took) {
    device_clock clock;
    clock.observe(1000, 50, 1100);
    EXPECT_EQ(clock.to_host(50), 1050);
    EXPECT_EQ(clock.uncertainty(), 50);
}

TEST(device_clock, becomes_surer_with_every_job) {
    constexpr std::int64_t offset = 12345;
    device_clock clock;
    auto last = std::int64_t{1} << 40;
    for (std::int64_t device : {1000, 2000, 3000, 4000}) {
        const auto host = device + offset;
        clock.observe(host - 400 + device / 20, device, host + 800 - device / 10);
        EXPECT_LE(clock.uncertainty(), last);
        EXPECT_LE(std::abs(clock.to_host(device) - host), clock.uncertainty());
        last = clock.uncertainty();
    }
    EXPECT_EQ(last, 300);
}

TEST(device_clock, forgets_what_no_longer_holds_when_clocks_drift) {
    device_clock clock;
    clock.observe(1000, 0, 1010);
    clock.observe(2100, 1000, 2110);
    EXPECT_EQ(clock.to_host(1000), 2105);
    EXPECT_EQ(clock.uncertainty(), 5);
}

TEST(device_clock, is_far_from_any_end_of_its_range) {
    constexpr auto late = std::int64_t{1} << 62;
    device_clock clock;
    clock.observe(late, 0, late + 2);
    EXPECT_EQ(clock.to_host(0), late + 1);
    device_clock other;
    other.observe(0, late, 2);
    EXPECT_EQ(other.to_host(late), 1);
}

} // namespace
} // namespace groq
