// SPDX-License-Identifier: MIT
//
// How far the cards of a network are from each other, and what minimal routes between
// all of them load on a link.
#pragma once

#include <cstdint>
#include <vector>

#include <groq/network.hpp>

namespace groq::topo {

// The least number of cards (it divides theirs) by which all can be shifted so that
// every cable falls on one, with the same links at its ends. Cards 0 to that - 1 stand
// for all; that is most of what makes 10,440 cards quick.
std::uint32_t period(const network &of);

inline constexpr std::uint32_t unreachable = ~std::uint32_t{0};

// Hops (cables) from a card to each; unreachable where no route leads.
std::vector<std::uint32_t> hops_from(const network &of, std::uint32_t card);

// Between all cards.
struct all_hops {
    std::vector<std::uint64_t>
        pairs; // ordered pairs of cards, by hops; [0] is their number
    std::uint64_t without_route = 0; // pairs
    std::uint32_t radius = 0;        // hops from the root to the farthest
    std::uint32_t root = 0;          // the first card from which that is the least

    std::uint32_t diameter() const { return std::uint32_t(pairs.size()) - 1; }
    double mean() const; // of different cards with a route; 0: there are none
};

// What searches from all cards tell together.
struct survey {
    std::uint32_t period = 0;
    all_hops hops;
    // When every card sends one unit to every other, by all minimal routes alike: what
    // the busiest link carries in its busier direction. 0: no two cards are joined.
    double greatest_load = 0;

    bool is_joined() const { return hops.without_route == 0; }
};

// For 10,440 cards some 10 ms when a rack stands for all, some 10 s when none does.
survey look_at(const network &of);

} // namespace groq::topo
