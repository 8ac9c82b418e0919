// SPDX-License-Identifier: MIT
// Hops, loads, symmetry, bisection: against numbers that are known otherwise.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shape.hpp"
#include "topo/bisection.hpp"
#include "topo/paths.hpp"

namespace groq::topo {
namespace {

using testing::ElementsAre;

survey seen(const std::string &name) {
    return look_at(shape(name));
}

// The same network, in which no card stands for another.
network without_symmetry(const network &of) {
    auto cables = std::vector(of.cables().begin(), of.cables().end());
    for (auto &each : cables)
        for (auto *end : {&each.a, &each.b})
            if (end->card == 0)
                end->link = links::per_chip - 1 - end->link;
    return network::make(of.cards(), cables).value();
}

TEST(period, is_that_of_the_shape) {
    EXPECT_EQ(period(shape("node8")), 1u);
    EXPECT_EQ(period(shape("ring7")), 1u);
    EXPECT_EQ(period(shape("line7")), 7u);
    EXPECT_EQ(period(shape("dragonfly264")), 8u);
    EXPECT_EQ(period(shape("rack72")), 8u);
    EXPECT_EQ(period(shape("rack144")), 72u);
}

TEST(period, is_the_whole_when_a_cable_is_missing) {
    const auto whole = shape("dragonfly264");
    const auto cables = whole.cables().subspan(1);
    EXPECT_EQ(period(network::make(264, cables).value()), 264u);
}

TEST(hops, are_counted_in_lines_and_rings) {
    EXPECT_THAT(seen("line4").hops.pairs, ElementsAre(4, 6, 4, 2));
    EXPECT_THAT(seen("ring6").hops.pairs, ElementsAre(6, 12, 12, 6));
    EXPECT_EQ(seen("ring6").hops.diameter(), 3u);
    EXPECT_DOUBLE_EQ(seen("ring6").hops.mean(), 54.0 / 30);
}

TEST(hops, begin_at_the_card_from_which_the_farthest_is_nearest) {
    EXPECT_EQ(seen("line5").hops.root, 2u);
    EXPECT_EQ(seen("line5").hops.radius, 2u);
}

TEST(hops, are_not_there_where_no_route_is) {
    const auto parted = look_at(network::parse("cards 3\ncable 0:0 1:0\n").value());
    EXPECT_EQ(parted.hops.without_route, 4u);
    EXPECT_FALSE(parted.is_joined());
    EXPECT_EQ(look_at(shape("line1")).hops.mean(), 0);
}

TEST(survey, is_the_same_with_and_without_symmetry) {
    for (const auto *name :
         {"node8", "ring9", "rotational24", "dragonfly64", "rack72"}) {
        const auto whole = shape(name);
        const auto other = without_symmetry(whole);
        EXPECT_GT(period(other), period(whole)) << name;
        const auto a = look_at(whole), b = look_at(other);
        EXPECT_EQ(a.hops.pairs, b.hops.pairs) << name;
        EXPECT_NEAR(a.greatest_load, b.greatest_load, 1e-9) << name;
    }
}

TEST(greatest_load, is_that_of_the_middle_of_a_line) {
    EXPECT_DOUBLE_EQ(seen("line2").greatest_load, 1);
    EXPECT_DOUBLE_EQ(seen("line6").greatest_load, 9);
    EXPECT_DOUBLE_EQ(seen("node8").greatest_load, 1);
}

// To n/2 - 1 cards by each side, and half of what is for the opposite one:
// n / 2 * (n / 2 - 1) / 2 + n / 4 = n * n / 8.
TEST(greatest_load, divides_between_routes_of_equal_length) {
    EXPECT_DOUBLE_EQ(seen("ring8").greatest_load, 8);
    EXPECT_DOUBLE_EQ(seen("ring4").greatest_load, 2);
}

bisection bisected(const std::string &name) {
    const auto of = shape(name);
    return bisect(of, look_at(of));
}

TEST(bisection, is_exact_for_few_cards) {
    const std::pair<const char *, std::uint64_t> known[] = {
        {"line1", 0},  {"line2", 1},  {"ring2", 2}, {"line7", 1},       {"ring20", 2},
        {"node8", 16}, {"node7", 12}, {"node4", 4}, {"dragonfly16", 32}};
    for (const auto &[name, cables] : known) {
        EXPECT_EQ(bisected(name).least, cables) << name;
        EXPECT_EQ(bisected(name).most, cables) << name;
    }
}

TEST(bisection, takes_halves_that_are_not_neighbours) {
    const auto of =
        network::parse("cards 4\ncable 0:0 2:0\ncable 0:1 2:1\ncable 1:0 3:0\n")
            .value();
    EXPECT_EQ(bisect(of, look_at(of)).most, 0u);
}

TEST(bisection, is_between_its_bounds_for_many_cards) {
    const auto ring = bisected("ring64");
    EXPECT_EQ(ring.most, 2u);
    EXPECT_EQ(ring.least, 2u);
    for (const auto *name : {"rack72", "dragonfly264", "rotational64", "rack10440"}) {
        const auto cut = bisected(name);
        EXPECT_GT(cut.least, 0u) << name;
        EXPECT_LE(cut.least, cut.most) << name;
    }
    const auto parted = network::make(22, {}).value();
    EXPECT_EQ(bisect(parted, look_at(parted)).least, 0u);
}

} // namespace
} // namespace groq::topo
