// SPDX-License-Identifier: MIT
//
// Which card is which, and what is said of cables that are not as they should be.
#include <groq/placement.hpp>

#include <gmock/gmock.h>

#include "support/wired_cards.hpp"

namespace groq {
namespace {

using test::wired_cards;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

network shape(const char *name) {
    return network::by_name(name).value();
}

// Card n of the network is card order[n].
wired_cards wired(const network &like, std::vector<std::uint32_t> order) {
    wired_cards cards(order.size());
    for (const auto &cable : like.cables())
        cards.plug({order[cable.a.card], cable.a.link},
                   {order[cable.b.card], cable.b.link});
    return cards;
}

wired_cards in_order(const network &like) {
    std::vector<std::uint32_t> order;
    for (std::uint32_t card = 0; card < like.cards(); ++card)
        order.push_back(card);
    return wired(like, order);
}

placement placed(const wired_cards &cards, const network &expected) {
    return place(cards.look(), expected);
}

TEST(placement, is_in_order_where_that_fits) {
    const auto found = placed(in_order(shape("node8")), shape("node8"));
    EXPECT_TRUE(found.is_right()) << found.text();
    EXPECT_THAT(found.cards, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
}

TEST(placement, follows_the_cables_where_cards_are_in_another_order) {
    const auto found = placed(wired(shape("line4"), {2, 0, 3, 1}), shape("line4"));
    EXPECT_TRUE(found.is_right()) << found.text();
    EXPECT_THAT(found.cards, ElementsAre(2, 0, 3, 1));
}

TEST(placement, takes_some_of_more_cards) {
    const auto like = shape("line4");
    wired_cards cards(6);
    for (const auto &cable : like.cables())
        cards.plug({cable.a.card + 2, cable.a.link}, {cable.b.card + 2, cable.b.link});
    const auto found = placed(cards, like);
    EXPECT_TRUE(found.is_right()) << found.text();
    EXPECT_THAT(found.cards, ElementsAre(2, 3, 4, 5));
}

TEST(placement, places_parts_that_no_cable_leads_to) {
    const std::vector<cable> cables{{{0, 0}, {1, 1}}, {{2, 5}, {3, 6}}};
    const auto two_pairs = network::make(5, cables).value();
    wired_cards cards(5);
    cards.plug({4, 5}, {1, 6}).plug({3, 0}, {0, 1});
    const auto found = placed(cards, two_pairs);
    EXPECT_TRUE(found.is_right()) << found.text();
    EXPECT_THAT(found.cards, ElementsAre(3, 0, 4, 1, 2));
}

TEST(placement, says_which_cable_is_missing) {
    const auto like = shape("node8");
    for (const auto &cable : like.cables()) {
        const auto found = placed(in_order(like).pull(cable.a), like);
        ASSERT_EQ(found.faults.size(), 1u);
        const auto seen = in_order(like).look();
        EXPECT_THAT(found.faults[0],
                    HasSubstr("no cable leads from " + seen.name_of(cable.a) +
                              " (down) to " + seen.name_of(cable.b) + " (down)"));
    }
}

TEST(placement, says_which_plugs_are_swapped) {
    const auto like = shape("node8");
    const auto &first = like.cables()[3], &second = like.cables()[20];
    auto cards = in_order(like);
    cards.plug(first.a, second.b).plug(second.a, first.b);
    const auto seen = cards.look();
    const auto found = placed(cards, like);
    ASSERT_THAT(found.faults, ::testing::SizeIs(1));
    EXPECT_EQ(found.faults[0],
              seen.name_of(first.a) + " should lead to " + seen.name_of(first.b) +
                  ", but leads to " + seen.name_of(second.b) + ": swap the plugs in " +
                  seen.name_of(first.b) + " and " + seen.name_of(second.b));
}

TEST(placement, says_where_a_plug_belongs) {
    const auto like = shape("line4");
    auto cards = in_order(like);
    const auto &cable = like.cables()[1];
    cards.pull(cable.a);
    cards.plug(cable.a, {cable.b.card, 9});
    const auto seen = cards.look();
    const auto found = placed(cards, like);
    ASSERT_EQ(found.faults.size(), 1u);
    EXPECT_EQ(found.faults[0], seen.name_of(cable.a) + " should lead to " +
                                   seen.name_of(cable.b) + ", but leads to " +
                                   seen.name_of({cable.b.card, 9}) +
                                   ": move that plug to " + seen.name_of(cable.b));
}

TEST(placement, says_that_the_card_at_the_other_end_is_not_ready) {
    const auto like = shape("line4");
    auto cards = in_order(like);
    const auto &cable = like.cables()[0];
    cards.pull(cable.a).lead(cable.a, test::serial_of(cable.b.card), cable.b.link);
    const auto seen = cards.look();
    EXPECT_THAT(placed(cards, like).faults,
                ElementsAre(seen.name_of(cable.a) + " leads to " +
                            seen.name_of(cable.b) +
                            ", which is down: look again when " +
                            "that card is out of its reset"));
}

TEST(placement, says_that_a_cable_leads_to_a_card_that_is_not_here) {
    const auto like = shape("line4");
    auto cards = in_order(like);
    const auto &cable = like.cables()[0];
    cards.pull(cable.a).lead(cable.a, 0xabc, 3);
    const auto found = placed(cards, like);
    ASSERT_EQ(found.faults.size(), 1u);
    EXPECT_THAT(found.faults[0],
                HasSubstr("leads to link 3 of a card that is not here, serial "
                          "0000000000000abc"));
}

TEST(placement, says_which_cards_are_not_there_or_not_known) {
    const auto like = shape("line4");
    auto cards = in_order(like);
    auto few = cards.look();
    const auto found =
        place(topology({few.cards()[0], few.cards()[1], few.cards()[2]}), like);
    ASSERT_EQ(found.faults.size(), 1u);
    EXPECT_THAT(found.faults[0], HasSubstr("card 3 of the network is not here: there "
                                           "are 3 cards, and it wants 4"));
    EXPECT_EQ(found.cards[3], std::nullopt);
    cards.card(3).links = {};
    cards.card(3).reason = "no driver";
    EXPECT_THAT(placed(cards, like).text(),
                HasSubstr("the links of accel:3 are not known: no driver"));
}

TEST(placement, says_that_a_card_brings_out_too_few_links) {
    const std::vector<cable> cables{{{0, 15}, {1, 0}}};
    const auto found = placed(wired_cards(2), network::make(2, cables).value());
    EXPECT_THAT(found.text(), HasSubstr("accel:0 link 15 is not brought out"));
}

TEST(placement, of_nothing_among_nothing) {
    const auto found = place(topology({}), network::make(1, {}).value());
    EXPECT_FALSE(found.is_right());
    EXPECT_THAT(place(wired_cards(1).look(), network::make(1, {}).value()).faults,
                IsEmpty());
}

} // namespace
} // namespace groq
