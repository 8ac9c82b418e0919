// SPDX-License-Identifier: MIT
//
// Who is wired to whom, of cards that say it.
#include <groq/topology.hpp>

#include <gmock/gmock.h>

#include "support/wired_cards.hpp"

namespace groq {
namespace {

using test::wired_cards;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(topology, knows_a_cable_that_both_ends_tell_of) {
    const auto seen = wired_cards(3).plug({0, 1}, {2, 4}).look();
    EXPECT_EQ(seen.peer_of({0, 1}), (link_end{2, 4}));
    EXPECT_EQ(seen.peer_of({2, 4}), (link_end{0, 1}));
    EXPECT_EQ(seen.peer_of({0, 2}), std::nullopt);
    EXPECT_THAT(seen.cables(), ElementsAre(Pair(link_end{0, 1}, link_end{2, 4})));
    EXPECT_THAT(seen.outside(), IsEmpty());
    EXPECT_EQ(seen.name_of({2, 4}), "accel:2 link 4");
}

TEST(topology, finds_cards_by_serial) {
    const auto seen = wired_cards(3).look();
    EXPECT_EQ(seen.find(test::serial_of(2)), 2u);
    EXPECT_EQ(seen.find(1), std::nullopt);
}

TEST(topology, tells_what_leads_to_cards_that_are_not_here) {
    wired_cards cards(2);
    cards.plug({0, 0}, {1, 0}).lead({1, 3}, 0xabc, 7);
    EXPECT_THAT(cards.look().outside(), ElementsAre(link_end{1, 3}));
    EXPECT_EQ(cards.look().peer_of({1, 3}), std::nullopt);
}

TEST(topology, believes_no_end_alone) {
    const auto seen = wired_cards(2).lead({0, 0}, test::serial_of(1), 5).look();
    EXPECT_EQ(seen.peer_of({0, 0}), std::nullopt);
    EXPECT_THAT(seen.outside(), ElementsAre(link_end{0, 0}));
}

TEST(topology, knows_cards_of_one_serial_by_what_leads_back) {
    wired_cards cards(3);
    cards.card(2).info.serial = cards.card(1).info.serial;
    const auto seen = cards.plug({0, 0}, {2, 0}).look();
    EXPECT_EQ(seen.peer_of({0, 0}), (link_end{2, 0}));
    EXPECT_EQ(seen.peer_of({2, 0}), (link_end{0, 0}));
}

TEST(topology, of_a_card_that_is_wired_to_itself) {
    const auto seen = wired_cards(1).plug({0, 3}, {0, 5}).look();
    EXPECT_THAT(seen.cables(), ElementsAre(Pair(link_end{0, 3}, link_end{0, 5})));
}

TEST(topology, survives_links_that_nobody_has) {
    auto cards = wired_cards(2);
    const auto seen = cards.lead({0, 0}, test::serial_of(1), 99)
                          .lead({1, 0}, test::serial_of(0), 0xffffffff)
                          .look();
    EXPECT_EQ(seen.peer_of({0, 0}), std::nullopt);
    EXPECT_EQ(seen.peer_of({1, 0}), std::nullopt);
    EXPECT_EQ(seen.peer_of({7, 0}), std::nullopt);
    EXPECT_EQ(seen.peer_of({0, 99}), std::nullopt);
}

TEST(topology, of_its_first_card_tells_states) {
    wired_cards cards(1);
    cards.lead({0, 0}, 5, 5);
    cards.link({0, 1}).state = GROQ_LINK_STATE_DEGRADED;
    cards.link({0, 2}).state = GROQ_LINK_STATE_TRAINING;
    const auto seen = cards.look();
    EXPECT_EQ(seen.link_count(), 11u);
    EXPECT_EQ(seen.state(0), link_state::up);
    EXPECT_EQ(seen.state(1), link_state::up);
    EXPECT_EQ(seen.state(2), link_state::down);
    EXPECT_EQ(seen.state(11), link_state::unknown);
    EXPECT_EQ(topology({}).state(0), link_state::unknown);
    EXPECT_EQ(topology({}).link_count(), std::nullopt);
}

TEST(topology, says_which_card_there_is_not) {
    const auto missing = topology::discover({"accel:12345"});
    ASSERT_FALSE(missing);
    EXPECT_TRUE(missing.error() == errc::no_device);
    EXPECT_THAT(missing.error().message(), ::testing::HasSubstr("accel:12345"));
}

TEST(names_of_cards, are_uris_addresses_and_serials) {
    const auto card = wired_cards(2).card(1).info;
    EXPECT_TRUE(names("accel:1", card));
    EXPECT_TRUE(names("pci:0000:02:00.0", card));
    EXPECT_TRUE(names("serial:c0ffee01", card));
    for (const auto *other : {"accel:0", "serial:", "serial:c0ffee01x", "serial:0"})
        EXPECT_FALSE(names(other, card)) << other;
}

} // namespace
} // namespace groq
