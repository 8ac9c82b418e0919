// SPDX-License-Identifier: MIT
//
// The fewest cables that any halving of the cards cuts.
#pragma once

#include <cstdint>

#include <groq/network.hpp>

#include "topo/paths.hpp"

namespace groq::topo {

// Halves differ by one card at most. @least is @most when it is known exactly.
struct bisection {
    std::uint64_t least = 0; // no halving cuts fewer
    std::uint64_t most = 0;  // one that was found cuts as many
};

inline constexpr std::uint32_t exact_cards = 20;

// Up to exact_cards all halvings are tried. Above:
//  most: the better of the first half of the cards against the rest, and of even
//        against odd cards.
//  least: whatever the halves, each of the floor(n/2) * ceil(n/2) pairs of cards has
//  its
//        route from the one half to the other cross the cut, and no link carries more
//        of them than greatest_load; where not all cards are joined, 0.
bisection bisect(const network &of, const survey &seen);

} // namespace groq::topo
