// SPDX-License-Identifier: MIT
//
// A network as other programs take it: Graphviz and QEMU.
#pragma once

#include <string>

#include <groq/network.hpp>

namespace groq::topo {

// For neato -n2: cards on a circle, or above 16 on circles of eight. Up to 16 cards the
// ends of cables are marked with their links.
std::string dot(const network &of);

inline constexpr std::uint32_t most_drawn = 1024; // cards

// By neato of Graphviz, to @file. errc::unsupported: it is not installed; errc::size:
// more than most_drawn cards; errc::system: it failed, and has said why.
result<void> draw(const network &of, const std::string &file);

// A line for each cable: -object groq-cable,... between devices card0, card1 ...
std::string qemu_options(const network &of);

} // namespace groq::topo
