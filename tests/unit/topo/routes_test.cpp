// SPDX-License-Identifier: MIT
// Routes between two cards.
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shape.hpp"
#include "topo/paths.hpp"
#include "topo/routes.hpp"

namespace groq::topo {
namespace {

using testing::ElementsAre;

TEST(routes, in_a_node_are_one_direct_and_one_by_each_other_card) {
    const auto node = shape("node8");
    const auto all = find_routes(node, 2, 5, 1);
    ASSERT_EQ(all.found.size(), 7u);
    EXPECT_EQ(to_string(node, all.found[0]), "2:2-5:4");
    EXPECT_THAT(apart(all.found), ElementsAre(1, 2, 2, 2, 2, 2, 2));
    EXPECT_EQ(find_routes(node, 2, 5, 0).found.size(), 1u);
    EXPECT_FALSE(all.more);
}

TEST(routes, lead_there_and_come_to_no_card_twice) {
    const auto rack = shape("rack72");
    const auto all = find_routes(rack, 0, 71, 1);
    ASSERT_FALSE(all.found.empty());
    const auto least = hops_from(rack, 0)[71];
    EXPECT_EQ(all.found.front().size(), least);
    for (const auto &each : all.found) {
        std::set<std::uint32_t> cards{0};
        std::uint32_t at = 0;
        for (const auto &end : each) {
            EXPECT_EQ(end.card, at);
            at = rack.peer_of(end.card, end.link)->card;
            EXPECT_TRUE(cards.insert(at).second);
        }
        EXPECT_EQ(at, 71u);
        EXPECT_LE(each.size(), least + 1);
    }
}

TEST(routes, by_cables_side_by_side_are_different_ones) {
    const auto two = shape("ring2");
    EXPECT_EQ(find_routes(two, 0, 1, 0).found.size(), 2u);
}

TEST(routes, are_none_where_none_lead) {
    const auto parted = network::parse("cards 3\ncable 0:0 1:0\n").value();
    EXPECT_TRUE(find_routes(parted, 0, 2, 1).found.empty());
    EXPECT_TRUE(find_routes(parted, 0, 0, 1).found.empty());
}

TEST(routes, that_are_too_many_or_too_long_are_not_all_looked_for) {
    const auto many = find_routes(shape("dragonfly264"), 0, 263, 8);
    EXPECT_TRUE(many.more);
    EXPECT_EQ(many.found.size(), most_routes);
    EXPECT_TRUE(find_routes(shape("line16384"), 0, 16383, 0).more);
}

} // namespace
} // namespace groq::topo
