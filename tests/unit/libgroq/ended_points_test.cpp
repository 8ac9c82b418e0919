// SPDX-License-Identifier: MIT
#include "ended_points.hpp"

#include <memory>
#include <random>
#include <set>

#include <gtest/gtest.h>

namespace groq {
namespace {

TEST(ended_points, count_in_order) {
    ended_points points;
    EXPECT_EQ(points.last(), 0u);
    for (std::uint64_t point = 1; point <= 3 * ended_points::room; ++point) {
        points.end(point);
        ASSERT_EQ(points.last(), point);
    }
}

TEST(ended_points, wait_for_those_before) {
    ended_points points;
    points.end(2);
    points.end(4);
    EXPECT_EQ(points.last(), 0u);
    points.end(1);
    EXPECT_EQ(points.last(), 2u);
    points.end(3);
    EXPECT_EQ(points.last(), 4u);
}

TEST(ended_points, have_room_up_to_their_last) {
    ended_points points;
    const auto farthest = ended_points::room;
    EXPECT_TRUE(points.has_room(farthest));
    EXPECT_FALSE(points.has_room(farthest + 1));
    for (std::uint64_t point = farthest; point > 1; --point)
        points.end(point);
    EXPECT_EQ(points.last(), 0u);
    points.end(1);
    EXPECT_EQ(points.last(), farthest);
    EXPECT_TRUE(points.has_room(2 * farthest));
    points.end(2 * farthest);
    EXPECT_EQ(points.last(), farthest);
}

TEST(ended_points, agree_with_a_set_in_any_order) {
    std::mt19937 dice(1);
    ended_points points;
    std::set<std::uint64_t> early;
    std::uint64_t last = 0;
    for (int i = 0; i < 20000; ++i) {
        const auto point = last + 1 + dice() % 50;
        if (!early.insert(point).second)
            continue;
        points.end(point);
        while (early.erase(last + 1))
            ++last;
        ASSERT_EQ(points.last(), last);
    }
    EXPECT_GT(last, 1000u);
}

} // namespace
} // namespace groq
