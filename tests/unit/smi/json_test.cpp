// SPDX-License-Identifier: MIT
#include "smi/json.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "reports.hpp"

namespace groq::smi {
namespace {

void collect_keys(const nlohmann::json &value, std::vector<std::string> &keys) {
    for (const auto &[key, member] : value.items()) {
        if (value.is_object())
            keys.push_back(key);
        if (member.is_structured())
            collect_keys(member, keys);
    }
}

std::string manual() {
    std::ifstream file(MANUAL);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

TEST(json, one_line_is_one_line_and_says_the_same) {
    for (const auto &[name, report] : sample_reports()) {
        const auto line = json(report, layout::one_line);
        EXPECT_EQ(line.find('\n'), line.size() - 1) << name;
        EXPECT_EQ(nlohmann::json::parse(line),
                  nlohmann::json::parse(json(report, layout::indented)));
    }
}

TEST(json, every_card_has_the_same_keys_known_or_not) {
    std::vector<std::string> expected;
    for (const auto &[name, report] : sample_reports()) {
        const auto root = nlohmann::json::parse(json(report, layout::one_line));
        for (const auto &card : root["cards"]) {
            std::vector<std::string> keys;
            for (const auto &[key, member] : card.items())
                keys.push_back(key);
            if (expected.empty())
                expected = keys;
            EXPECT_EQ(keys, expected) << name;
        }
    }
}

TEST(json, what_is_unknown_is_null_and_has_a_reason) {
    for (const auto &[name, report] : sample_reports()) {
        const auto root = nlohmann::json::parse(json(report, layout::one_line));
        for (const auto &card : root["cards"]) {
            const bool known = !card["sensors"]["chip_millicelsius"].is_null();
            EXPECT_TRUE(known || card["reason"].is_string()) << name;
        }
        EXPECT_EQ(root["cards"].empty(), root["reason"].is_string()) << name;
    }
}

TEST(json, text_that_is_no_utf8_stays_valid_json) {
    auto card = healthy_card();
    card.readings->holders = card.readings->holder = 1;
    card.holder_name = "\xff\"\n";
    const report report{.version = "0.1.0", .time = {}, .cards = {card}};
    EXPECT_TRUE(nlohmann::json::accept(json(report, layout::one_line)));
}

TEST(json, every_key_is_in_the_manual) {
    const auto text = manual();
    ASSERT_FALSE(text.empty()) << MANUAL;
    std::vector<std::string> keys;
    for (const auto &[name, report] : sample_reports())
        collect_keys(nlohmann::json::parse(json(report, layout::one_line)), keys);
    EXPECT_GT(keys.size(), 40u);
    for (const auto &key : keys)
        EXPECT_NE(text.find(key), std::string::npos) << key;
}

} // namespace
} // namespace groq::smi
