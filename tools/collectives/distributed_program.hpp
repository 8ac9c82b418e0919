// SPDX-License-Identifier: MIT
//
// Programs of all cards of a network that run as one: they begin in the same cycle, and
// a cycle of one is, but for a known uncertainty, the same cycle of all others.
//
// They begin as docs/isa.md section 5.7 says, along the spanning tree from card 0.
// Cycles are counted from there: cycle 0 is the first in which the queues issue what
// was placed, on every chip. The HACs must have been aligned along the same tree, as
// groq::system::align() does (hardware.md section 7.3), which leaves each chip at most
// a cycle from its parent.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include <groq/network.hpp>

#include "asm/program_builder.hpp"

namespace groq::collectives {

// How a chip comes to know of the beginning.
struct tree_place {
    link_end parent;              // the own link and card; of no meaning at the root
    std::uint32_t depth = 0;      // cables from the root
    std::uint64_t epochs = 0;     // after that of the root in which it knows
    std::uint32_t early = 0;      // cycles that it waits before it deskews
    std::vector<unsigned> onward; // own links to children
};

// Breadth first, links in their order. Throws std::runtime_error that names a card to
// which no cables lead.
std::vector<tree_place> spanning_tree(const network &wires, unsigned root);
// Cables from the root to the cards that are the furthest from it.
std::uint32_t depth_of(const std::vector<tree_place> &tree);

class distributed_program {
public:
    // Throws std::runtime_error when not all cards can be reached from card 0, or a
    // cable's latency is spread so widely that the beginning has no epoch of its own.
    explicit distributed_program(network wires);

    const network &wires() const { return wires_; }
    unsigned cards() const { return wires_.cards(); }
    assembly::program_builder &builder(unsigned card) { return chips_[card].builder; }

    // What places instructions on the card: its own count is `origin` more.
    assembly::schedule &plan(unsigned card) { return *chips_[card].plan; }
    std::uint64_t origin(unsigned card) const { return chips_[card].origin; }
    void at(unsigned card, std::uint64_t cycle, unsigned icu,
            const assembly::instruction &code, assembly::repetition again = {}) {
        plan(card).at(cycle + origin(card), icu, code, again);
    }

    // Cycles from one vector to the next on the link's wire.
    unsigned interval(link_end from) const;
    // The first cycle of the chip at the other end in which a vector that is sent in a
    // cycle has surely come.
    std::uint64_t arrival(link_end from, std::uint64_t sent) const;

    // Begins anew: all that was placed is before `cycle`, what follows after what is
    // returned. Clocks that drift are brought together again.
    std::uint64_t realign(std::uint64_t cycle);
    // The same if the clocks were together too long ago; else returns `cycle`.
    std::uint64_t keep_aligned(std::uint64_t cycle) {
        constexpr std::uint64_t longest = 500'000;
        return drifted(cycle) > longest ? realign(cycle) : cycle;
    }
    // Cycles since the clocks were together.
    std::uint64_t drifted(std::uint64_t cycle) const { return cycle - aligned_; }

    // Once; the programs of the cards. Throws build_error, like program_builder.
    std::vector<assembly::program> link();

private:
    struct chip {
        assembly::program_builder builder;
        assembly::schedule *plan;
        std::uint64_t origin;
    };

    void emit_start(unsigned card);
    void emit_syncs(unsigned card);
    unsigned aligner(unsigned card) const;
    unsigned tree_distance(unsigned a, unsigned b) const;

    network wires_;
    std::vector<tree_place> tree_;
    std::deque<chip> chips_;
    std::uint64_t aligned_ = 0;           // the last time
    std::vector<std::uint64_t> realigns_; // when the queues park for it
};

} // namespace groq::collectives
