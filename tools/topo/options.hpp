// SPDX-License-Identifier: MIT
//
// The command line of groq-topo.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace groq::topo {

struct options {
    enum class action { report, route, published, dot, svg, file, qemu, help, version };

    action action = action::report;
    bool json = false;
    std::string network; // a file or a shape
    std::string svg;
    std::uint32_t from = 0, to = 0;   // of a route
    std::uint32_t extra = 1;          // hops
    std::vector<std::uint64_t> bytes; // none: the usual
};

// What is wrong with the arguments.
struct usage_error {
    std::string text;
};

// @arguments without the program's name.
std::variant<options, usage_error> parse(std::span<const char *const> arguments);

extern const char *const help_text;

} // namespace groq::topo
