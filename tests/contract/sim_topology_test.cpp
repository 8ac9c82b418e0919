// SPDX-License-Identifier: MIT
//
// Simulated cards with the cables of a topology between them.
#include "linked_cards.hpp"

#include <optional>

#include <gmock/gmock.h>

namespace groq::contract {
namespace {

using ::testing::HasSubstr;

// Of what cannot be opened.
error refusal(const std::string &uri) {
    const auto opened = device::open(uri);
    return opened ? error() : opened.error();
}

std::uint64_t links_up(const device &card) {
    return std::uint64_t(card.read_telemetry().value().links_up);
}

TEST(sim_topology, is_there_at_the_first_open_of_a_card) {
    const device card("sim:2?topology=node4");
    EXPECT_EQ(card.info().value().links, 11);
    wait_until([&] { return __builtin_popcountll(links_up(card)) == 3; });
}

TEST(sim_topology, may_be_a_file) {
    const topology_file file("cards 3\n"
                             "cable 0:0 1:4 # and nothing at 2\n");
    const device first(file.uri(0)), second(file.uri(1)), third(file.uri(2));
    wait_until([&] { return links_up(first) == 1 && links_up(second) == 1 << 4; });
    EXPECT_EQ(links_up(third), 0u);
}

TEST(sim_topology, lives_until_its_last_card_is_closed) {
    const topology_file file("cards 2\ncable 0:0 1:0\n");
    std::optional<device> first(file.uri(0));
    const device second(file.uri(1));
    wait_until([&] { return links_up(second) == 1; });
    first.reset();
    EXPECT_EQ(links_up(second), 1u) << "nobody has the card, and it is there";
    const device again("sim:0?chips=2");
    EXPECT_EQ(links_up(again), 1u);
}

TEST(sim_topology, gives_way_to_another_one) {
    { const device card("sim:0?topology=node4"); }
    const device card("sim:0?topology=ring4");
    wait_until([&] { return links_up(card) != 0; });
}

TEST(sim_topology, counts_serial_numbers_from_that_of_the_first_card) {
    const device first("sim:0?topology=node4&serial=abc0");
    const device third("sim:2?topology=node4&serial=abc0");
    EXPECT_EQ(first.info().value().serial, 0xabc0);
    EXPECT_EQ(third.info().value().serial, 0xabc2);
}

TEST(sim_topology, takes_a_cable_from_a_card_to_itself) {
    const topology_file file("cards 1\ncable 0:0 0:1\n");
    const device card(file.uri(0));
    wait_until([&] { return links_up(card) == 3; });
}

TEST(sim_topology, says_what_does_not_fit) {
    const topology_file file("cards 2\ncable 0:12 1:3\n"),
        wrong("cards 2\ncable 0:0 2:0\n");
    EXPECT_THAT(refusal("sim:0?chips=4&topology=node8").message(),
                HasSubstr("topology=node8 has 8 cards, not chips=4"));
    EXPECT_THAT(refusal("sim:8?topology=node8").message(),
                HasSubstr("there is no sim:8: topology=node8 has 8 cards"));
    EXPECT_THAT(refusal("sim:?topology=nowhere").message(), HasSubstr("nowhere"));
    EXPECT_THAT(refusal(wrong.uri(0)).message(), HasSubstr("line 2"));
    EXPECT_THAT(refusal(file.uri(0)).message(),
                HasSubstr("no cable from 0:12 to 1:3: the cards have 11 links"));
    EXPECT_THAT(refusal("sim:0?topology=node4&trace=/tmp/trace").message(),
                HasSubstr("trace= shows a card that has no cables"));
    for (const char *uri : {"sim:0?chips=4&topology=node8", "sim:8?topology=node8",
                            "sim:0?topology=node4&trace=/tmp/trace"})
        EXPECT_TRUE(refusal(uri) == errc::invalid) << uri;
    const device card(file.uri(0) + "&links=13");
    EXPECT_EQ(card.info().value().links, 13);
}

TEST(sim_topology, is_not_changed_while_it_is_open) {
    const device card("sim:1?topology=node4");
    EXPECT_THAT(refusal("sim:2?topology=ring4").message(),
                HasSubstr("sim:2 is open already, with other options"));
    const device alone("sim:9?chips=10");
    EXPECT_THAT(refusal("sim:0?topology=node16").message(),
                HasSubstr("is open already, with other options"));
}

TEST(sim_topology, may_be_a_rack) {
    const device first("sim:0?topology=rack72"), last("sim:71?topology=rack72");
    wait_until([&] {
        return __builtin_popcountll(links_up(first)) > 7 &&
               __builtin_popcountll(links_up(last)) > 7;
    });
}

} // namespace
} // namespace groq::contract
