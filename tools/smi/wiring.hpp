// SPDX-License-Identifier: MIT
//
// `groq-smi topo`: who is wired to whom, as a matrix and for programs.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <groq/placement.hpp>
#include <groq/topology.hpp>

#include "json.hpp"

namespace groq::smi {

// What the cables should be like.
struct expectation {
    std::string name; // file or shape
    groq::placement placement;
};

// What one look at all cards gave.
struct wiring {
    std::string version; // of the library
    std::chrono::sys_time<std::chrono::milliseconds> time;
    topology seen;
    std::vector<std::optional<int>> numa_nodes; // of each card; nothing: not known
    std::optional<expectation> expected = {};
};

// @has_links: with a line for each link.
std::string matrix(const wiring &wiring, bool has_links);
std::string json(const wiring &wiring, layout layout);

} // namespace groq::smi
