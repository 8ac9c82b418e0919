// SPDX-License-Identifier: MIT
#include "uri.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace groq {
namespace {

using ::testing::HasSubstr;

template <class Name>
Name parsed(const char *text) {
    const auto uri = parse_uri(text);
    EXPECT_TRUE(uri) << text << ": " << uri.error().message();
    return uri ? std::get<Name>(uri->name) : Name{};
}

TEST(uri, names_a_card_by_its_node) {
    EXPECT_EQ(parsed<accel_name>("accel:0").index, 0u);
    EXPECT_EQ(parsed<accel_name>("accel:17").index, 17u);
}

TEST(uri, names_a_card_by_its_address) {
    EXPECT_EQ(parsed<pci_name>("pci:0000:01:00.0").address, "0000:01:00.0");
    EXPECT_EQ(parsed<pci_name>("pci:01:00.0").address, "0000:01:00.0");
    EXPECT_EQ(parsed<pci_name>("pci:10000:AB:1f.7").address, "10000:ab:1f.7");
}

TEST(uri, names_a_card_by_its_serial_number) {
    EXPECT_EQ(parsed<serial_name>("serial:00ff00000000c0de").serial, 0xff00000000c0deu);
}

TEST(uri, names_a_simulated_card) {
    EXPECT_EQ(parsed<sim_name>("sim:").card, 0u);
    const auto sim =
        parsed<sim_name>("sim:1?chips=2&sram=2621440&links=3&serial=abc&shared");
    EXPECT_EQ(sim.card, 1u);
    EXPECT_EQ(sim.cards, 2u);
    EXPECT_EQ(sim.sram_bytes, 2621440u);
    EXPECT_EQ(sim.links, 3u);
    EXPECT_EQ(sim.serial, 0xabcu);
}

TEST(uri, names_a_simulated_card_of_a_topology) {
    EXPECT_FALSE(parsed<sim_name>("sim:").topology);
    const auto all = parsed<sim_name>("sim:3?topology=node8");
    EXPECT_EQ(all.topology, "node8");
    EXPECT_EQ(all.cards, 0u) << "as many as node8 has";
    const auto four = parsed<sim_name>("sim:3?topology=a%26b/c.cables&chips=4");
    EXPECT_EQ(four.topology, "a&b/c.cables");
    EXPECT_EQ(four.cards, 4u);
}

TEST(uri, names_the_file_of_a_trace) {
    EXPECT_FALSE(parsed<sim_name>("sim:").trace);
    EXPECT_EQ(parsed<sim_name>("sim:?trace=/a/b=c?.json&links=3").trace,
              "/a/b=c?.json");
    EXPECT_EQ(parsed<sim_name>("sim:?trace=a%26b%25c%2Fd").trace, "a&b%c/d");
}

TEST(uri, names_a_recorder_and_the_card_behind_it) {
    const auto record = parsed<record_name>("record:/a/b?.rec,sim:1?chips=2");
    EXPECT_EQ(record.file, "/a/b?.rec");
    EXPECT_EQ(record.uri, "sim:1?chips=2");
    EXPECT_EQ(parsed<record_name>("record:a%2cb%25,accel:0").file, "a,b%");
    EXPECT_TRUE(parse_uri("record:a,accel:0?shared")->shared);
    const auto wrong = parse_uri("record:a,card:0");
    ASSERT_FALSE(wrong);
    EXPECT_THAT(wrong.error().message(), HasSubstr("\"card:0\""));
}

TEST(uri, names_a_recording) {
    EXPECT_EQ(parsed<replay_name>("replay:/a/b,c.rec").file, "/a/b,c.rec");
    EXPECT_EQ(parsed<replay_name>("replay:a%3fb?shared").file, "a?b");
    EXPECT_TRUE(parse_uri("replay:a?shared")->shared);
}

TEST(uri, is_exclusive_unless_it_says_shared) {
    EXPECT_FALSE(parse_uri("accel:0")->shared);
    EXPECT_TRUE(parse_uri("accel:0?shared")->shared);
    EXPECT_TRUE(parse_uri("sim:?sram=2621440&shared")->shared);
}

TEST(uri, refuses_everything_else_and_shows_it) {
    for (const char *wrong : {"",
                              "accel",
                              "accel:",
                              "accel:x",
                              "accel:-1",
                              "accel:0x",
                              "accel:99999999999",
                              "card:0",
                              "pci:",
                              "pci:01:00",
                              "pci:0000:01:20.0",
                              "pci:0000:01:00.8",
                              "pci:0000:01:00.0x",
                              "serial:",
                              "serial:xyz",
                              "serial:10000000000000000",
                              "sim:x",
                              "sim:1",
                              "sim:2?chips=2",
                              "sim:?chips=0",
                              "sim:?chips=",
                              "sim:?sram=1g",
                              "sim:?unknown=1",
                              "sim:?shared=1",
                              "sim:?topology=",
                              "sim:?topology=%00",
                              "sim:?topology=node8&chips=0",
                              "sim:8?topology=node8&chips=8",
                              "sim:?trace=",
                              "sim:?trace=%",
                              "sim:?trace=a%2",
                              "sim:?trace=%2x",
                              "sim:?trace=%00",
                              "accel:0?trace=a",
                              "accel:0?chips=2",
                              "accel:0?topology=node8",
                              "record:",
                              "record:a",
                              "record:a,",
                              "record:,sim:",
                              "record:%,sim:",
                              "replay:",
                              "replay:%zz",
                              "replay:a?trace=b",
                              "accel:0?Shared",
                              "accel:0?&"}) {
        const auto uri = parse_uri(wrong);
        ASSERT_FALSE(uri) << wrong;
        EXPECT_TRUE(uri.error() == errc::invalid);
        EXPECT_THAT(uri.error().message(), HasSubstr("\"" + std::string(wrong) + "\""));
    }
}

} // namespace
} // namespace groq
