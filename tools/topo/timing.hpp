// SPDX-License-Identifier: MIT
//
// How long what a network does takes, by calculation: links as in hardware.md section
// 7, delays inside the chip as in isa.md 1 and 3. Programs are scheduled to the cycle,
// so what they wait for is the latest arrival. Cycles are of the nominal clock.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include <groq/network.hpp>

#include "topo/paths.hpp"

namespace groq::topo {

namespace chip {
inline constexpr std::uint32_t receive = 1;   // to the stream
inline constexpr std::uint32_t to_vxm = 13;   // positions between a link and the VXM
inline constexpr std::uint32_t across = 26;   // from edge to edge
inline constexpr std::uint32_t vxm_enter = 4; // stream to ALU
inline constexpr std::uint32_t vxm_add = 3;   // an operation, from ALU to ALU or stream
} // namespace chip

inline double seconds(double cycles) {
    return cycles / double(links::clock_hz);
}
inline std::uint64_t vectors_of(std::uint64_t bytes) {
    return (bytes + links::vector_bytes - 1) / links::vector_bytes;
}

// The cycle in which the latest vector comes that was sent in cycle 0.
std::uint32_t latest_arrival(const cable &by);

// Of the worst cable of a network.
struct link_pace {
    double arrival = 0; // cycles, the latest
    double packet = 0;  // cycles from one vector to the next

    // From sending to sending on: unchanged, or the sum of @terms vectors.
    double forward() const { return arrival + chip::receive + chip::across; }
    double reduce(std::uint32_t terms) const;
    // Until @vectors have come over a route of @hops.
    double transfer(std::uint32_t hops, std::uint64_t vectors) const;
};

link_pace pace_of(const network &of);

// All cards of every eight are joined, and every two eights: what is reduced in an
// eight, between eights and again in an eight is reduced over all cards.
bool has_three_stages(const network &of);

enum class way { staged, tree, scattered };

// The quickest of the ways to reduce that are known for the network.
struct all_reduce {
    std::uint32_t stages = 0; // hops that one vector takes
    double cycles = 0;
    topo::way way = topo::way::tree;
};

// What does not depend on the size, worked out once.
class reducer {
public:
    reducer(const network &of, const survey &seen);

    // Every card has @bytes (from 1), and in the end the sum of all. Nothing: not all
    // cards are joined, or there is one alone.
    //
    // Staged, where one stage joins all cards or three do: all of it goes by every
    // link, in the first stage and, of three, in the last.
    // Tree: up to the root of the spanning tree and down again.
    // Scattered: each card is sent the n-th of it that it sums, and sends the sum, all
    // by minimal routes; the busiest link carries greatest_load parts each time.
    std::optional<all_reduce> run(std::uint64_t bytes) const;

private:
    double staged(std::uint64_t vectors) const;
    double tree(std::uint64_t vectors) const;
    double scattered(std::uint64_t vectors) const;

    std::uint32_t cards_, diameter_, radius_;
    bool joined_, has_stages_;
    double load_; // vectors by the busiest link, for one from each card to each
    link_pace pace_;
};

// Start in step [I22]: (floor(L / period) + 1) epochs per level of the spanning tree.
struct barrier {
    std::uint32_t levels = 0;
    std::uint32_t epochs = 0; // of all levels
    double cycles() const { return double(epochs) * links::hac_period; }
};

barrier barrier_of(const network &of, std::uint32_t levels);

// Until @vectors have come, spread as well as can be over routes of these @hops that
// share no link.
double spread(const link_pace &pace, std::span<const std::uint32_t> hops,
              std::uint64_t vectors);

// The least bytes for which one more hop is worth it: where a vector fewer by the route
// of one hop saves more than a vector by a route that takes @more_cycles longer costs.
std::uint64_t least_worth_spreading(double more_cycles, double packet);

} // namespace groq::topo
