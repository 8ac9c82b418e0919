// SPDX-License-Identifier: MIT
//
// The command line of groq-run.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace groq::run {

// "name=file", or a file alone where there is one tensor that it can mean.
struct assignment {
    std::optional<std::string> tensor;
    std::string file;
};

struct options {
    enum class action { run, help, version };

    enum action action = action::run;
    std::string program; // or a folder, with one for each card of a network
    std::vector<std::string>
        devices; // none: default_device, or all that a folder needs
    std::optional<std::string> entry;
    std::vector<assignment> inputs;
    std::vector<assignment> outputs;
    unsigned long repeat = 1;
    std::chrono::seconds timeout{60}; // of loading, and of each run
    std::optional<std::string> trace; // file
    bool json = false;
};

// The exit status of groq-run.
enum class status {
    good = 0,
    run_failed = 1, // the program faulted, took too long, or is not written whole
    usage = 2,      // arguments, input files, output files
    device = 3,     // no card, no driver, no rights, held, lost
    program = 4,    // the file is refused, or does not fit the card
};

// What ends groq-run.
struct problem {
    run::status status;
    std::string text;
};

extern const char *const help_text;
constexpr const char *default_device = "accel:0";

// Throws problem.
options parse(std::span<const char *const> arguments);

} // namespace groq::run
