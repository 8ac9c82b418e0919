// SPDX-License-Identifier: MIT
#include "smi/wiring.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "smi/health.hpp"
#include "support/wired_cards.hpp"

namespace groq::smi {
namespace {

using test::wired_cards;
using testing::HasSubstr;
using testing::Not;

// Two cables between the first two cards, a third card whose cable leads elsewhere.
wired_cards three_cards() {
    wired_cards cards(3);
    cards.plug({0, 0}, {1, 2}).plug({0, 3}, {1, 3}).lead({2, 10}, 0xabc, 4);
    return cards;
}

wiring wiring_of(const wired_cards &cards) {
    return {.version = "0.1.0",
            .time = {},
            .seen = cards.look(),
            .numa_nodes = {0, 1, std::nullopt}};
}

wiring expecting(const wired_cards &cards, const network &like) {
    auto wiring = wiring_of(cards);
    wiring.expected = {"pair", place(wiring.seen, like)};
    return wiring;
}

network pair_by(std::uint32_t link) {
    const std::vector<cable> cables{{{0, link}, {1, 2}}};
    return network::make(2, cables).value();
}

TEST(wiring, is_a_matrix_of_cards) {
    EXPECT_EQ(matrix(wiring_of(three_cards()), false),
              "groq-smi 0.1.0, 3 cards, 2 cables\n"
              "\n"
              "         accel:0  accel:1  accel:2  NUMA  SERIAL\n"
              "accel:0  X        0-2,3-3  .        0     00000000c0ffee00\n"
              "accel:1  2-0,3-3  X        .        1     00000000c0ffee01\n"
              "accel:2  .        .        X        -     00000000c0ffee02\n"
              "\n"
              "X    the card itself\n"
              "A-B  link A of the row's card leads to link B of the column's\n"
              ".    no cable\n"
              "\n"
              "accel:2 link 10 leads to link 4 of a card that is not here, serial "
              "0000000000000abc\n");
}

TEST(wiring, has_a_line_for_each_link) {
    auto cards = three_cards();
    cards.link({0, 0}).sent = 17;
    const auto text = matrix(wiring_of(cards), true);
    EXPECT_THAT(text, HasSubstr("accel:0 link 0   up     accel:1 link 2"));
    EXPECT_THAT(text, HasSubstr("100000  17"));
    EXPECT_THAT(text, HasSubstr("accel:2 link 10  up     0000000000000abc link 4"));
    EXPECT_THAT(text, HasSubstr("accel:1 link 0   down   -"));
}

TEST(wiring, says_whose_links_are_not_known) {
    auto cards = three_cards();
    cards.card(1).links = {};
    cards.card(1).reason = "no driver";
    EXPECT_THAT(matrix(wiring_of(cards), false),
                HasSubstr("accel:1: links are not known: no driver\n"));
}

TEST(wiring, without_a_card_says_what_to_do) {
    EXPECT_THAT(
        matrix({.version = "0.1.0", .time = {}, .seen = topology({}), .numa_nodes = {}},
               false),
        HasSubstr(no_card_text));
}

TEST(wiring, is_compared_with_what_is_expected) {
    EXPECT_THAT(matrix(expecting(three_cards(), pair_by(0)), false),
                HasSubstr("\nwired like pair; its cards, in order: accel:0 accel:1\n"));
    EXPECT_THAT(
        matrix(expecting(three_cards(), pair_by(5)), false),
        HasSubstr("\nNOT wired like pair:\naccel:1 link 2 should lead to accel:0 "
                  "link 5, but leads to accel:0 link 0: move that plug to "
                  "accel:0 link 5\n"));
}

TEST(wiring, is_json_for_programs) {
    const auto text = json(expecting(three_cards(), pair_by(5)), layout::one_line);
    EXPECT_EQ(text.find('\n'), text.size() - 1);
    const auto root = nlohmann::json::parse(text);
    EXPECT_EQ(root["schema_version"], 1);
    const auto &card = root["cards"][0];
    EXPECT_EQ(card["uri"], "accel:0");
    EXPECT_EQ(card["serial"], "00000000c0ffee00");
    EXPECT_EQ(card["numa_node"], 0);
    EXPECT_TRUE(root["cards"][2]["numa_node"].is_null());
    const auto &link = card["links"][0];
    EXPECT_EQ(link["state"], "up");
    EXPECT_EQ(link["lanes"], 4);
    EXPECT_EQ(link["peer"]["card"], "accel:1");
    EXPECT_EQ(link["peer"]["link"], 2);
    EXPECT_TRUE(card["links"][1]["peer"].is_null());
    EXPECT_TRUE(root["cards"][2]["links"][10]["peer"]["card"].is_null());
    EXPECT_EQ(root["cards"][2]["links"][10]["peer"]["serial"], "0000000000000abc");
    EXPECT_EQ(root["cables"].size(), 2u);
    EXPECT_EQ(root["cables"][0][1]["card"], "accel:1");
    EXPECT_EQ(root["expected"]["is_right"], false);
    EXPECT_EQ(root["expected"]["faults"].size(), 1u);
    EXPECT_TRUE(nlohmann::json::parse(
                    json(wiring_of(three_cards()), layout::indented))["expected"]
                    .is_null());
}

TEST(links_of_a_card, are_well_where_they_have_no_cable) {
    const auto seen = links(three_cards().card(0).links);
    EXPECT_TRUE(seen.good);
    EXPECT_EQ(seen.text, "2 of 11 up");
}

TEST(links_of_a_card, are_not_well_when_they_are_less_than_they_could_be) {
    auto cards = three_cards();
    cards.link({0, 0}).state = GROQ_LINK_STATE_DEGRADED;
    cards.link({0, 0}).lanes = 3;
    cards.link({0, 3}).uncorrected = 5;
    cards.link({0, 4}).downs = 2;
    const auto seen = links(cards.card(0).links);
    EXPECT_FALSE(seen.good);
    EXPECT_EQ(seen.text,
              "link 0 has 3 lanes of 4, link 3 has received 5 vectors beyond "
              "correction, link 4 has gone down");
    EXPECT_THAT(seen.advice, HasSubstr("cable"));
    EXPECT_THAT(matrix(wiring_of(cards), false),
                HasSubstr("accel:0 links: link 0 has"));
}

} // namespace
} // namespace groq::smi
