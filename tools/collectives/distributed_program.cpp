// SPDX-License-Identifier: MIT
#include "collectives/distributed_program.hpp"

#include <algorithm>
#include <queue>
#include <stdexcept>

#include "asm/queue.hpp"

namespace groq::collectives {

using namespace assembly;

namespace {

constexpr std::uint64_t period = links::hac_period;
// An instruction that waits for the HAC or for a notification issues its successor in
// the cycle after what it waited for; clocks that are not in step round once more.
constexpr std::uint64_t rounding = 2;
// By which the HACs at the ends of a cable of the tree may differ.
constexpr std::uint64_t misalignment = 1;
// By then all have begun (hardware.md section 7.4), and a notification finds whom it is
// for: one that was there before would tell nothing of its epoch.
constexpr std::uint64_t all_begun = 1024 + rounding;
// Two clocks, of which each may be off by the most that a card may have (hardware.md
// section 7.4): 200 parts in 10^6.
constexpr std::uint64_t drift_of_a_million = 400;
// More, and vectors that come early could be more than the 64 that a link keeps.
constexpr std::uint64_t most_drift = 440;
// For deskew.runtime: more than clocks can have moved apart in a program.
constexpr std::uint64_t realign_cycles = 1000;

// Cycles by which a vector may be early or late: as 15 of the standard deviation 4.1.
std::uint64_t spread_of(const cable &wire) {
    return (std::uint64_t{wire.spread_millicycles} * 15 + 4099) / 4100;
}

std::uint64_t latest_of(const cable &wire) {
    return wire.latency + spread_of(wire);
}

// Whole epochs that a notification is under way at most, once the child has waited so
// many cycles that it is always as many.
void place_in_epoch(tree_place &child, std::uint64_t parent_epochs, const cable &wire) {
    const std::uint64_t latest = latest_of(wire) + rounding + misalignment;
    const std::uint64_t earliest = wire.latency - spread_of(wire) - misalignment;
    if (latest - earliest >= period)
        throw std::runtime_error("the latency of a cable to link " +
                                 to_string(child.parent) +
                                 " is spread over more than an epoch");
    if (earliest / period != latest / period)
        child.early = static_cast<std::uint32_t>(period - earliest % period);
    child.epochs = parent_epochs + (latest + child.early) / period + 1;
}

} // namespace

std::vector<tree_place> spanning_tree(const network &wires, unsigned root) {
    std::vector<tree_place> tree(wires.cards());
    std::vector<bool> known(wires.cards());
    std::queue<unsigned> next;
    next.push(root);
    known.at(root) = true;
    for (; !next.empty(); next.pop()) {
        const unsigned card = next.front();
        for (unsigned link = 0; link < links::per_chip; ++link) {
            const auto peer = wires.peer_of(card, link);
            if (!peer || known[peer->card])
                continue;
            known[peer->card] = true;
            next.push(peer->card);
            tree[card].onward.push_back(link);
            tree_place &child = tree[peer->card];
            child.parent = *peer;
            child.depth = tree[card].depth + 1;
            place_in_epoch(child, tree[card].epochs, *wires.cable_at(card, link));
        }
    }
    const auto lost = std::ranges::find(known, false);
    if (lost != known.end())
        throw std::runtime_error("no cables lead from card " + std::to_string(root) +
                                 " to card " + std::to_string(lost - known.begin()));
    return tree;
}

std::uint32_t depth_of(const std::vector<tree_place> &tree) {
    std::uint32_t deepest = 0;
    for (const tree_place &place : tree)
        deepest = std::max(deepest, place.depth);
    return deepest;
}

distributed_program::distributed_program(network wires)
    : wires_(std::move(wires)), tree_(spanning_tree(wires_, 0)) {
    for (unsigned card = 0; card < cards(); ++card) {
        chip &made = chips_.emplace_back();
        made.plan = &made.builder.add_entry("main");
        made.origin = 0;
        if (cards() > 1)
            emit_start(card);
    }
}

// The link that waits for the beginning and tells the other queues.
unsigned distributed_program::aligner(unsigned card) const {
    const tree_place &place = tree_[card];
    return GROQ_ICU_C2C(place.depth == 0 ? place.onward.front() : place.parent.link);
}

// All notify in the epoch in which the last one knows.
void distributed_program::emit_start(unsigned card) {
    const tree_place &own = tree_[card];
    std::uint64_t last = 0;
    for (const tree_place &each : tree_)
        last = std::max(last, each.epochs);
    std::uint64_t known = 0; // the first cycle of the epoch in which the card knows
    const auto wait = [&](unsigned icu) {
        std::uint64_t cycle = own.depth == 0 ? all_begun : 0;
        if (own.depth != 0) {
            plan(card).at(cycle, icu,
                          make<GROQ_OPCODE_AWAIT>({.link = own.parent.link}));
            cycle += 1 + own.early;
        }
        plan(card).at(cycle, icu, make<GROQ_OPCODE_DESKEW>());
        known = cycle + 1;
    };
    for (const unsigned link : own.onward) {
        wait(GROQ_ICU_C2C(link));
        plan(card).at(known, GROQ_ICU_C2C(link), make<GROQ_OPCODE_TRANSMIT>());
    }
    if (own.depth != 0)
        wait(aligner(card));
    // One cycle behind the boundary at every card: the root's aligner transmits then.
    const std::uint64_t notify = known + 1 + (last - own.epochs) * period;
    plan(card).at(notify, aligner(card), make<GROQ_OPCODE_NOTIFY>());
    chips_[card].origin = notify + GROQ_DELAY_SYNC;
}

std::uint64_t distributed_program::realign(std::uint64_t cycle) {
    for (unsigned card = 0; card < cards() && cards() > 1; ++card) {
        at(card, cycle, aligner(card),
           make<GROQ_OPCODE_DESKEW_RUNTIME>({.cycles = realign_cycles}));
        at(card, cycle + realign_cycles, aligner(card), make<GROQ_OPCODE_NOTIFY>());
    }
    realigns_.push_back(cycle);
    aligned_ = cycle + realign_cycles;
    return aligned_ + GROQ_DELAY_SYNC;
}

unsigned distributed_program::interval(link_end from) const {
    const unsigned lanes = wires_.cable_at(from.card, from.link)->lanes;
    constexpr unsigned milli = 1000;
    return (GROQ_LINK_PACKET_MILLICYCLES * GROQ_LINK_LANES / lanes + milli - 1) / milli;
}

// Each cable of the tree between the two may have left a cycle.
unsigned distributed_program::tree_distance(unsigned a, unsigned b) const {
    unsigned distance = 0;
    const auto up = [&](unsigned &card) {
        const link_end own = tree_[card].parent;
        card = wires_.peer_of(own.card, own.link)->card;
        ++distance;
    };
    while (a != b)
        up(tree_[a].depth > tree_[b].depth ? a : b);
    return distance * misalignment;
}

std::uint64_t distributed_program::arrival(link_end from, std::uint64_t sent) const {
    const cable &wire = *wires_.cable_at(from.card, from.link);
    const unsigned peer = wires_.peer_of(from.card, from.link)->card;
    const std::uint64_t drift = drifted(sent) * drift_of_a_million / 1'000'000;
    if (drift > most_drift)
        throw std::runtime_error("so long an exchange lets the clocks drift too far "
                                 "apart: take fewer rows at a time");
    return sent + latest_of(wire) + tree_distance(from.card, peer) + rounding + drift;
}

// Queues that issue anything wait for it.
void distributed_program::emit_syncs(unsigned card) {
    for (const unsigned icu : plan(card).queues()) {
        const bool is_in_tree = std::ranges::any_of(
            tree_[card].onward, [&](unsigned l) { return GROQ_ICU_C2C(l) == icu; });
        if (icu == aligner(card))
            continue;
        // A link to a child has transmitted by then.
        const std::uint64_t told = tree_[card].early + 3;
        plan(card).at(!is_in_tree              ? 0
                      : tree_[card].depth == 0 ? all_begun + told
                                               : told,
                      icu, make<GROQ_OPCODE_SYNC>());
        for (const std::uint64_t cycle : realigns_)
            at(card, cycle, icu, make<GROQ_OPCODE_SYNC>());
    }
}

std::vector<program> distributed_program::link() {
    std::vector<program> result;
    for (unsigned card = 0; card < cards(); ++card) {
        if (cards() > 1)
            emit_syncs(card);
        result.push_back(chips_[card].builder.link());
    }
    return result;
}

} // namespace groq::collectives
