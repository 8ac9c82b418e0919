// SPDX-License-Identifier: MIT
// Shapes: who is wired to whom, by which links.
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <groq/network.hpp>

#include "shape.hpp"

namespace groq {
namespace {

// Of cables between cards.
std::map<std::pair<std::uint32_t, std::uint32_t>, int>
cables_between(const network &all, std::uint32_t size) {
    std::map<std::pair<std::uint32_t, std::uint32_t>, int> counts;
    for (const auto &each : all.cables()) {
        const auto [a, b] = std::minmax({each.a.card / size, each.b.card / size});
        if (a != b)
            ++counts[{a, b}];
    }
    return counts;
}

TEST(shape, node_joins_every_two_cards_by_one_cable) {
    for (std::uint32_t cards = 1; cards <= 8; ++cards) {
        const auto made = shape("node" + std::to_string(cards));
        EXPECT_EQ(made.cards(), cards);
        EXPECT_EQ(made.cables().size(), cards * (cards - 1) / 2);
        for (std::uint32_t card = 0; card < cards; ++card)
            for (std::uint32_t link = 0; link + 1 < cards; ++link)
                EXPECT_EQ(made.peer_of(card, link),
                          (link_end{(card + link + 1) % cards, cards - 2 - link}));
    }
}

TEST(shape, line_goes_on_by_link_0_and_back_by_link_1) {
    EXPECT_EQ(shape("line3").to_text(), "cards 3\ncable 0:0 1:1\ncable 1:0 2:1\n");
    EXPECT_EQ(shape("line1").to_text(), "cards 1\n");
}

TEST(shape, ring_is_a_line_that_closes) {
    EXPECT_EQ(shape("ring3").to_text(),
              "cards 3\ncable 0:0 1:1\ncable 1:0 2:1\ncable 2:0 0:1\n");
    EXPECT_EQ(shape("ring2").to_text(), "cards 2\ncable 0:0 1:1\ncable 1:0 0:1\n");
    EXPECT_EQ(shape("ring1").to_text(), "cards 1\ncable 0:0 0:1\n");
}

TEST(shape, rotational_is_the_same_seen_from_every_card) {
    for (std::uint32_t cards = 2; cards <= 64; ++cards) {
        const auto made = shape("rotational" + std::to_string(cards));
        for (std::uint32_t card = 0; card < cards; ++card)
            for (std::uint32_t k = 0, step = 1; step <= cards / 2; ++k, step *= 2) {
                const auto back = 2 * k + (step * 2 != cards);
                EXPECT_EQ(made.peer_of(card, 2 * k)->card, (card + step) % cards);
                EXPECT_EQ(made.peer_of(card, back)->card,
                          (card + cards - step) % cards);
            }
        EXPECT_LE(made.degree(0), links::local + links::global);
    }
}

TEST(shape, dragonfly_joins_every_two_nodes_alike) {
    for (std::uint32_t nodes = 2; nodes <= 33; ++nodes) {
        const auto made = shape("dragonfly" + std::to_string(nodes * 8));
        const auto counts = cables_between(made, 8);
        EXPECT_EQ(counts.size(), nodes * (nodes - 1) / 2);
        for (const auto &[pair, count] : counts)
            EXPECT_EQ(count, int(32 / (nodes - 1))) << nodes;
    }
}

TEST(shape, dragonfly_of_33_nodes_has_every_link_in_use) {
    const auto made = shape("dragonfly264");
    for (std::uint32_t card = 0; card < made.cards(); ++card)
        EXPECT_EQ(made.degree(card), links::local + links::global);
}

TEST(shape, rack_joins_every_two_nodes_twice_by_different_cards) {
    const auto made = shape("rack72");
    for (const auto &[pair, count] : cables_between(made, 8))
        EXPECT_EQ(count, 2);
    EXPECT_EQ(cables_between(made, 8).size(), 36u);
    for (const auto &[pair, count] : cables_between(made, 1))
        EXPECT_EQ(count, 1);
    for (std::uint32_t card = 0; card < made.cards(); ++card)
        EXPECT_EQ(made.degree(card), 9u);
}

TEST(shape, racks_join_every_two_racks_alike) {
    for (const std::uint32_t racks : {2u, 3u, 10u, 145u}) {
        const auto made = shape("rack" + std::to_string(racks * 72));
        const auto counts = cables_between(made, 72);
        EXPECT_EQ(counts.size(), racks * (racks - 1) / 2);
        for (const auto &[pair, count] : counts)
            EXPECT_EQ(count, int(144 / (racks - 1)));
    }
}

TEST(shape, keeps_to_the_links_that_the_card_brings_out) {
    for (const auto *name : {"node8", "ring8", "line8", "rotational64", "dragonfly264",
                             "rack72", "rack10440"}) {
        const auto made = shape(name);
        for (const auto &each : made.cables()) {
            ASSERT_LT(each.a.link, links::local + links::global) << name;
            ASSERT_LT(each.b.link, links::local + links::global) << name;
        }
    }
}

TEST(shape, is_the_same_as_its_text) {
    for (const auto *name : {"node8", "ring8", "line8", "rotational8", "dragonfly264",
                             "rack72", "rack720"}) {
        const auto made = shape(name);
        const auto read = network::parse(made.to_text());
        ASSERT_TRUE(read) << read.error().message();
        EXPECT_TRUE(*read == made) << name;
    }
}

TEST(shape, is_not_found_by_another_name) {
    for (const auto *name : {"", "8", "node", "nodes8", "node8x", "node8.topo", "Node8",
                             "node-8", "node 8", "8node"})
        EXPECT_TRUE(network::by_name(name).error() == errc::not_found) << name;
}

TEST(shape, is_refused_with_cards_that_it_cannot_have) {
    for (const auto *name : {"node0", "node9", "ring0", "line16385", "rotational1",
                             "rotational65", "dragonfly12", "dragonfly272", "rack71",
                             "rack10512", "node99999999999999999999"})
        EXPECT_TRUE(network::by_name(name).error() == errc::invalid) << name;
    EXPECT_EQ(network::by_name("rack71").error().message(),
              "a rack has 72 to 10440 cards, a multiple of 72");
}

} // namespace
} // namespace groq
