// SPDX-License-Identifier: MIT
#include "smi/options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace groq::smi {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

options accepted(std::vector<const char *> arguments) {
    const auto parsed = parse(arguments);
    if (const auto *error = std::get_if<usage_error>(&parsed)) {
        ADD_FAILURE() << error->text;
        return {};
    }
    return std::get<options>(parsed);
}

std::string refusal(std::vector<const char *> arguments) {
    const auto parsed = parse(arguments);
    const auto *error = std::get_if<usage_error>(&parsed);
    return error ? error->text : "accepted";
}

TEST(options, default_is_one_table_of_all_cards) {
    const auto options = accepted({});
    EXPECT_EQ(options.action, options::action::report);
    EXPECT_FALSE(options.json);
    EXPECT_TRUE(options.cards.empty());
    EXPECT_FALSE(options.period);
}

TEST(options, value_may_follow_in_every_usual_way) {
    const auto options =
        accepted({"-i", "0", "-i1", "--device", "sim:", "--device=pci:0", "-ji", "2"});
    EXPECT_THAT(options.cards, ElementsAre("0", "1", "sim:", "pci:0", "2"));
    EXPECT_TRUE(options.json);
}

TEST(options, watch_takes_fractions_of_seconds) {
    EXPECT_EQ(accepted({"--watch", "0.25"}).period, 250ms);
    EXPECT_EQ(accepted({"-w2", "-n", "3"}).period, 2s);
    EXPECT_EQ(accepted({"-w2", "-n", "3"}).count, 3);
}

TEST(options, actions) {
    EXPECT_EQ(accepted({"--help"}).action, options::action::help);
    EXPECT_EQ(accepted({"-V"}).action, options::action::version);
    EXPECT_EQ(accepted({"doctor", "-i", "0"}).action, options::action::doctor);
}

TEST(options, decode_takes_one_file_or_none) {
    EXPECT_EQ(accepted({"decode"}).action, options::action::decode);
    EXPECT_EQ(accepted({"decode"}).file, "");
    EXPECT_EQ(accepted({"decode", "dump"}).file, "dump");
    EXPECT_EQ(accepted({"--json", "decode", "-"}).file, "-");
    EXPECT_THAT(refusal({"decode", "a", "b"}), HasSubstr("b"));
    EXPECT_THAT(refusal({"decode", ""}), HasSubstr("unknown argument"));
    EXPECT_THAT(refusal({"decode", "-w", "1"}), HasSubstr("--watch"));
    EXPECT_THAT(refusal({"decode", "-i", "0"}), HasSubstr("--device"));
    EXPECT_THAT(refusal({"doctor", "decode"}), HasSubstr("decode"));
    EXPECT_EQ(accepted({"decode", "doctor"}).file, "doctor");
}

TEST(options, topo_may_expect_a_network) {
    const auto options = accepted({"topo", "-j", "--expect", "node8", "-l", "-i0"});
    EXPECT_EQ(options.action, options::action::topo);
    EXPECT_EQ(options.expected, "node8");
    EXPECT_TRUE(options.links);
    EXPECT_TRUE(options.json);
    EXPECT_EQ(accepted({"topo", "-w1", "-n2"}).count, 2);
    EXPECT_THAT(refusal({"--expect", "node8"}), HasSubstr("go with topo"));
    EXPECT_THAT(refusal({"doctor", "-l"}), HasSubstr("go with topo"));
    EXPECT_THAT(refusal({"topo", "-e", ""}), HasSubstr("a file or a shape"));
    EXPECT_THAT(refusal({"topo", "doctor"}), HasSubstr("doctor"));
}

TEST(options, refusals_name_the_culprit) {
    EXPECT_THAT(refusal({"--jsn"}), HasSubstr("--jsn"));
    EXPECT_THAT(refusal({"-x"}), HasSubstr("-x"));
    EXPECT_THAT(refusal({"-jx"}), HasSubstr("-x"));
    EXPECT_THAT(refusal({"reset"}), HasSubstr("reset"));
    EXPECT_THAT(refusal({"-"}), HasSubstr("unknown argument -"));
    EXPECT_THAT(refusal({"--device"}), HasSubstr("--device needs a value"));
    EXPECT_THAT(refusal({"-i"}), HasSubstr("--device needs a value"));
    EXPECT_THAT(refusal({"--json=1"}), HasSubstr("takes no value"));
}

TEST(options, numbers_are_checked) {
    for (const char *wrong : {"0", "-1", "x", "", "1x", "1e9", "nan", "inf"})
        EXPECT_THAT(refusal({"--watch", wrong}), HasSubstr("--watch")) << wrong;
    for (const char *wrong : {"0", "-1", "1.5", "99999999999999999999"})
        EXPECT_THAT(refusal({"-w1", "--count", wrong}), HasSubstr("--count")) << wrong;
}

TEST(options, what_does_not_go_together) {
    EXPECT_THAT(refusal({"--count", "2"}), HasSubstr("needs --watch"));
    EXPECT_THAT(refusal({"doctor", "-w1"}), HasSubstr("no --watch"));
    EXPECT_THAT(refusal({"doctor", "-j"}), HasSubstr("no --json"));
}

} // namespace
} // namespace groq::smi
