// SPDX-License-Identifier: MIT
//
// The published figures of many chips beside those that are computed from our networks.
#pragma once

#include <string>
#include <vector>

namespace groq::topo {

struct published_row {
    std::string source, what, published, computed;
    bool agree = false;
    std::string why; // not; empty where they agree
};

std::vector<published_row> published();

std::string text(const std::vector<published_row> &rows);
std::string json(const std::vector<published_row> &rows);

} // namespace groq::topo
