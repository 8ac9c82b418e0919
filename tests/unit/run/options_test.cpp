// SPDX-License-Identifier: MIT
#include "run/options.hpp"

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace groq::run {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

options parsed(std::vector<const char *> arguments) {
    try {
        return parse(arguments);
    } catch (const problem &problem) {
        ADD_FAILURE() << problem.text;
        return {};
    }
}

std::string refusal(std::vector<const char *> arguments) {
    try {
        parse(arguments);
    } catch (const problem &problem) {
        EXPECT_EQ(problem.status, status::usage);
        return problem.text;
    }
    return "not refused";
}

TEST(options, have_defaults) {
    const auto options = parsed({"a.groq"});
    EXPECT_EQ(options.program, "a.groq");
    EXPECT_TRUE(options.devices.empty());
    EXPECT_EQ(options.repeat, 1u);
    EXPECT_EQ(options.timeout, std::chrono::seconds(60));
    EXPECT_FALSE(options.json || options.entry);
    EXPECT_TRUE(options.inputs.empty() && options.outputs.empty());
}

TEST(options, may_stand_anywhere) {
    const auto options =
        parsed({"-j", "a.groq", "--device", "sim:", "x=in", "-r5", "other",
                "--output=y=out", "-e", "main", "-o", "-", "-t", "9"});
    EXPECT_EQ(options.program, "a.groq");
    EXPECT_THAT(options.devices, ElementsAre("sim:"));
    EXPECT_EQ(options.repeat, 5u);
    EXPECT_EQ(options.entry, "main");
    EXPECT_EQ(options.timeout, std::chrono::seconds(9));
    EXPECT_TRUE(options.json);
    ASSERT_EQ(options.inputs.size(), 2u);
    EXPECT_EQ(options.inputs[0].tensor, "x");
    EXPECT_EQ(options.inputs[0].file, "in");
    EXPECT_FALSE(options.inputs[1].tensor);
    EXPECT_EQ(options.inputs[1].file, "other");
    ASSERT_EQ(options.outputs.size(), 2u);
    EXPECT_EQ(options.outputs[0].tensor, "y");
    EXPECT_EQ(options.outputs[0].file, "out");
    EXPECT_EQ(options.outputs[1].file, "-");
}

TEST(options, may_name_several_cards) {
    EXPECT_THAT(parsed({"folder", "-d", "accel:2", "--device=accel:5"}).devices,
                ElementsAre("accel:2", "accel:5"));
}

TEST(options, of_help_and_version_need_no_program) {
    EXPECT_EQ(parsed({"--help"}).action, options::action::help);
    EXPECT_EQ(parsed({"-V"}).action, options::action::version);
}

TEST(options, that_are_wrong_are_named) {
    EXPECT_THAT(refusal({}), HasSubstr("no program"));
    EXPECT_THAT(refusal({"--bogus"}), HasSubstr("--bogus"));
    EXPECT_THAT(refusal({"a", "--device"}), HasSubstr("--device needs a value"));
    for (const char *wrong : {"0", "-1", "x", "1x", "", "99999999999"})
        EXPECT_THAT(refusal({"a", "--repeat", wrong}), HasSubstr("--repeat wants"));
    EXPECT_THAT(refusal({"a", "--timeout", "soon"}), HasSubstr("soon"));
}

TEST(options, give_standard_input_to_one_tensor) {
    EXPECT_EQ(parsed({"a", "x=-", "y=b"}).inputs.size(), 2u);
    EXPECT_THAT(refusal({"a", "x=-", "y=-"}), HasSubstr("one input alone"));
}

TEST(options, trace_simulated_cards_only) {
    EXPECT_EQ(parsed({"a", "-d", "sim:1?chips=2", "--trace", "t.json"}).trace,
              "t.json");
    EXPECT_FALSE(parsed({"a"}).trace);
    EXPECT_THAT(refusal({"a", "--trace", "t.json"}),
                AllOf(HasSubstr("accel:0"), HasSubstr("--device sim:"),
                      HasSubstr("groq-lpu,trace=FILE")));
    EXPECT_THAT(refusal({"a", "-d", "sim:", "-T", ""}), HasSubstr("wants a file"));
}

TEST(options, are_all_in_the_help_and_in_the_manual) {
    std::ifstream file(MANUAL);
    std::ostringstream manual;
    manual << file.rdbuf();
    for (const char *name : {"output", "device", "entry", "repeat", "timeout", "trace",
                             "json", "help", "version"}) {
        EXPECT_THAT(help_text, HasSubstr(std::string("--") + name));
        EXPECT_THAT(manual.str(), HasSubstr(std::string("Fl \\-") + name));
    }
    for (const char *text : {"GROQ_PATH", "GROQ_TRACE", "record:", "replay:"}) {
        EXPECT_THAT(help_text, HasSubstr(text));
        EXPECT_THAT(manual.str(), HasSubstr(text));
    }
}

} // namespace
} // namespace groq::run
