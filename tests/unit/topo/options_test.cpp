// SPDX-License-Identifier: MIT
// The command line, and that help, manual and completion know the same options.
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "topo/options.hpp"

namespace groq::topo {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using action = enum options::action;

options good(std::vector<const char *> arguments) {
    const auto parsed = parse(arguments);
    if (const auto *error = std::get_if<usage_error>(&parsed))
        ADD_FAILURE() << error->text;
    return std::get<options>(parsed);
}

std::string bad(std::vector<const char *> arguments) {
    const auto parsed = parse(arguments);
    const auto *error = std::get_if<usage_error>(&parsed);
    return error ? error->text : "it was taken";
}

TEST(options, are_a_network_alone) {
    const auto parsed = good({"node8"});
    EXPECT_EQ(parsed.action, action::report);
    EXPECT_EQ(parsed.network, "node8");
    EXPECT_EQ(good({"--", "-file"}).network, "-file");
}

TEST(options, of_a_route) {
    const auto parsed = good({"-jr0,12", "-e", "3", "--bytes=64", "rack72"});
    EXPECT_EQ(parsed.action, action::route);
    EXPECT_TRUE(parsed.json);
    EXPECT_EQ(parsed.from, 0u);
    EXPECT_EQ(parsed.to, 12u);
    EXPECT_EQ(parsed.extra, 3u);
    EXPECT_THAT(parsed.bytes, ElementsAre(64));
}

TEST(options, take_one_output) {
    EXPECT_EQ(good({"-d", "node8"}).action, action::dot);
    EXPECT_EQ(good({"--svg", "f", "node8"}).svg, "f");
    EXPECT_EQ(good({"-f", "node8"}).action, action::file);
    EXPECT_EQ(good({"-q", "node8"}).action, action::qemu);
    EXPECT_EQ(good({"--published", "--json"}).action, action::published);
    EXPECT_EQ(good({"--help"}).action, action::help);
    EXPECT_EQ(good({"-V"}).action, action::version);
}

TEST(options, that_are_wrong_are_named) {
    EXPECT_EQ(bad({}), "no network: name a shape or a file");
    EXPECT_EQ(bad({"a", "b"}), "more than one network: \"b\"");
    EXPECT_EQ(bad({"--colour", "a"}), "unknown option --colour");
    EXPECT_EQ(bad({"-jx", "a"}), "unknown option -x");
    EXPECT_EQ(bad({"--json=1", "a"}), "--json takes no value");
    EXPECT_EQ(bad({"a", "--svg"}), "--svg needs a value");
    EXPECT_EQ(bad({"a", "--svg="}), "--svg needs a file");
    EXPECT_EQ(bad({"--route", "3", "a"}), "--route takes two cards, as 0,3");
    EXPECT_THAT(bad({"--route", "0,x", "a"}), HasSubstr("not \"x\""));
    EXPECT_THAT(bad({"-r0,1", "-e9", "a"}), HasSubstr("from 0 to 8"));
    EXPECT_THAT(bad({"-b0", "a"}), HasSubstr("--bytes takes a number from 1"));
}

TEST(options, that_exclude_each_other_are_named) {
    EXPECT_EQ(bad({"-d", "-f", "a"}), "--file and another output: take one");
    EXPECT_EQ(bad({"-p", "a"}), "--published has its own networks: name none");
    EXPECT_EQ(bad({"-jd", "a"}), "--json is of the report, --route and --published");
    EXPECT_EQ(bad({"-e1", "a"}), "--extra needs --route");
    EXPECT_EQ(bad({"-b8", "-f", "a"}), "--bytes is of the report and of --route");
}

std::string file(const char *path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

TEST(options, are_all_in_help_manual_and_completion) {
    const auto manual = file(MANUAL), completion = file(COMPLETION);
    for (const std::string name : {"route", "extra", "bytes", "published", "json",
                                   "dot", "svg", "file", "qemu", "help", "version"}) {
        EXPECT_THAT(help_text, HasSubstr("--" + name));
        EXPECT_THAT(manual, HasSubstr("Fl \\-" + name));
        EXPECT_THAT(completion, HasSubstr("--" + name));
    }
}

} // namespace
} // namespace groq::topo
