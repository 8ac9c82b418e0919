// SPDX-License-Identifier: MIT
#include "sim/sram_map.hpp"

#include <gtest/gtest.h>

namespace groq::sim {
namespace {

TEST(sram_map, takes_a_place_once) {
    sram_map map(3200);
    EXPECT_EQ(map.take_at(640, 320), 640u);
    for (const std::uint64_t address : {320, 640, 800, 959})
        EXPECT_FALSE(map.take_at(address, 321)) << address;
    EXPECT_TRUE(map.take_at(320, 320));
    EXPECT_TRUE(map.take_at(960, 320));
    EXPECT_EQ(map.used(), 960u);
}

TEST(sram_map, ends_where_the_sram_ends) {
    sram_map map(3200);
    EXPECT_FALSE(map.take_at(3200, 320));
    EXPECT_FALSE(map.take_at(2880, 640));
    EXPECT_FALSE(map.take_at(320, ~0ull));
    EXPECT_FALSE(map.take(3201));
    EXPECT_EQ(map.take(3200), 0u);
}

TEST(sram_map, finds_the_lowest_gap_that_is_large_enough) {
    sram_map map(3200);
    map.take_at(320, 320);
    map.take_at(1280, 320);
    EXPECT_EQ(map.take(640), 640u);
    EXPECT_EQ(map.take(320), 0u);
    EXPECT_EQ(map.take(320), 1600u);
}

TEST(sram_map, gives_back) {
    sram_map map(640);
    map.take(640);
    EXPECT_FALSE(map.take(320));
    map.give_back(0);
    EXPECT_EQ(map.used(), 0u);
    EXPECT_EQ(map.take(640), 0u);
}

} // namespace
} // namespace groq::sim
