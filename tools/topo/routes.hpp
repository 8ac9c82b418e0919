// SPDX-License-Identifier: MIT
//
// Routes between two cards.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <groq/network.hpp>

namespace groq::topo {

// The links by which it leaves a card, in turn.
using route = std::vector<link_end>;

struct routes {
    std::vector<route> found; // the shorter first, then by the links
    bool more = false;        // there are some that were not looked for
};

inline constexpr std::size_t most_routes = 1000;
inline constexpr std::uint32_t most_hops = 1000; // of the shortest

// Those that take at most @extra hops more than the shortest and come to no card twice.
// None: @from is @to, or they are not joined.
routes find_routes(const network &of, std::uint32_t from, std::uint32_t to,
                   std::uint32_t extra);

// The hops of the first routes, and of every further one that has no link of those.
std::vector<std::uint32_t> apart(const std::vector<route> &found);

// "0:2-3:4 3:7-11:7"
std::string to_string(const network &of, const route &shown);

} // namespace groq::topo
