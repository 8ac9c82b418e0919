// SPDX-License-Identifier: MIT
//
// What a card says of its links. Written from the headers alone.
#include "card_under_test.hpp"

namespace groq::contract {
namespace {

TEST_F(card, topology_is_that_of_its_telemetry) {
    const auto links = topology::read(device).value();
    const auto info = device.info().value();
    const auto up = device.read_telemetry().value().links_up;
    ASSERT_TRUE(links.link_count());
    EXPECT_EQ(std::int64_t(*links.link_count()), info.links);
    for (std::size_t i = 0; i < *links.link_count(); ++i)
        EXPECT_EQ(links.state(i), up >> i & 1 ? link_state::up : link_state::down) << i;
    EXPECT_EQ(links.state(*links.link_count()), link_state::unknown);
    EXPECT_EQ(links.state(std::size_t(-1)), link_state::unknown);
}

TEST(topology_of_numbers, says_what_is_up_and_what_nobody_knows) {
    device_info info{};
    telemetry seen{};
    info.links = 3;
    seen.links_up = 0b1101; // of three
    const topology some(info, seen);
    EXPECT_EQ(some.state(0), link_state::up);
    EXPECT_EQ(some.state(1), link_state::down);
    EXPECT_EQ(some.state(2), link_state::up);
    EXPECT_EQ(some.state(3), link_state::unknown);
    seen.links_up = GROQ_UNKNOWN;
    EXPECT_EQ(topology(info, seen).link_count(), 3u);
    EXPECT_EQ(topology(info, seen).state(0), link_state::unknown);
    info.links = GROQ_UNKNOWN;
    EXPECT_EQ(topology(info, seen).link_count(), std::nullopt);
}

TEST(topology_of_a_moved_card, is_refused) {
    device card(uri());
    const auto kept = std::move(card);
    EXPECT_TRUE(topology::read(card).error() == errc::invalid);
}

} // namespace
} // namespace groq::contract
