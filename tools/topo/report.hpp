// SPDX-License-Identifier: MIT
//
// What there is to say of a network, worked out once for text and JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <groq/network.hpp>

#include "topo/bisection.hpp"
#include "topo/paths.hpp"
#include "topo/routes.hpp"
#include "topo/timing.hpp"

namespace groq::topo {

struct sized_all_reduce {
    std::uint64_t bytes = 0;
    all_reduce how;

    // Bytes that each card must at least send, a second: bytes * 2 (n - 1) / n.
    double bus_bytes_per_s(std::uint32_t cards) const;
};

struct report {
    std::string name;
    network of;
    std::uint32_t least_links = 0, most_links = 0; // with a cable, of a card
    survey seen;
    bisection cut;
    link_pace pace;
    std::optional<barrier> start;          // none: not all cards are joined
    std::vector<sized_all_reduce> reduced; // none: that, or a single card
};

// @bytes: sizes to reduce; none: the powers of 2 from 32 B to 16 MiB.
report make_report(std::string name, network of, std::vector<std::uint64_t> bytes);

// Between two cards of a network.
struct route_report {
    std::uint32_t from = 0, to = 0;
    network of;
    routes all;
    std::vector<std::uint32_t> apart; // hops of routes that share no link
    std::uint64_t vectors = 0;
    double direct = 0, spread = 0; // cycles for them, by the shortest and by all apart
};

route_report make_route_report(network of, std::uint32_t from, std::uint32_t to,
                               std::uint32_t extra, std::uint64_t bytes);

std::string text(const report &shown);
std::string text(const route_report &shown);
std::string json(const report &shown);
std::string json(const route_report &shown);

// A row and a column for each card. Above @most_matrix cards it is empty.
inline constexpr std::uint32_t most_matrix = 24;
std::string matrix(const network &of);

} // namespace groq::topo
