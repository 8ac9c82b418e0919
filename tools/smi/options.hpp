// SPDX-License-Identifier: MIT
//
// The command line of groq-smi.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace groq::smi {

struct options {
    enum class action { report, doctor, topo, decode, help, version };

    action action = action::report;
    bool json = false;
    std::vector<std::string> cards; // none: all
    std::string file;               // to decode; none: the newest
    std::string expected;           // file or shape that cables should be like
    bool links = false;             // a line for each
    std::optional<std::chrono::milliseconds> period;
    std::optional<long> count; // reports of --watch
};

// What is wrong with the arguments.
struct usage_error {
    std::string text;
};

// @arguments without the program's name.
std::variant<options, usage_error> parse(std::span<const char *const> arguments);

extern const char *const help_text;

} // namespace groq::smi
