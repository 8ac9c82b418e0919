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

TEST(sram_map, neighbours_become_one_window) {
    const sram_extent extents[] = {{960, 320}, {0, 320}, {320, 320}, {1280, 640}};
    const auto windows = merged(extents);
    ASSERT_EQ(windows.size(), 2u);
    EXPECT_EQ(windows[0].address, 0u);
    EXPECT_EQ(windows[0].size, 640u);
    EXPECT_EQ(windows[1].address, 960u);
    EXPECT_EQ(windows[1].size, 960u);
}

TEST(sram_map, a_window_holds_what_is_inside_of_it) {
    const sram_extent windows[] = {{320, 640}, {1600, 320}};
    EXPECT_TRUE(holds(windows, 320, 640));
    EXPECT_TRUE(holds(windows, 959, 1));
    EXPECT_FALSE(holds(windows, 319, 2));
    EXPECT_FALSE(holds(windows, 959, 2));
    EXPECT_FALSE(holds(windows, 1000, 1));
    EXPECT_FALSE(holds(windows, 320, ~0ull));
    EXPECT_FALSE(holds(windows, ~0ull, 320));
}

} // namespace
} // namespace groq::sim
