// SPDX-License-Identifier: MIT
#include "collectives/collective.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "collectives/algorithms.hpp"
#include "ops/tile.hpp"

namespace groq::collectives {
namespace {

// More than a hop takes beside the vectors on the wire: the way to the link, the
// latency, the way to SRAM and the first addition.
constexpr std::uint64_t hop_cycles = 330;
constexpr unsigned vector_cycles = 24;
// Beyond that clocks want to be realigned in between.
constexpr std::uint64_t most_direct = 10'000;

bool makes_sums(operation what) {
    return what == operation::ALL_REDUCE || what == operation::REDUCE_SCATTER;
}
bool follows_tree(operation what) {
    return what == operation::SEND || what == operation::BROADCAST;
}

[[noreturn]] void refuse(const std::string &why) {
    throw std::runtime_error(why);
}

payload payload_of(const network &wires, const collective_shape &shape) {
    const bool is_split =
        shape.what == operation::ALL_GATHER || shape.what == operation::REDUCE_SCATTER;
    return {shape.type, shape.rows,
            is_split ? wires.cards() * GROQ_LANES : shape.columns};
}

void check(const network &wires, const collective_shape &shape, const payload &data) {
    if (wires.cards() < 2)
        refuse("a collective takes two cards or more");
    if (data.rows == 0 || data.columns == 0)
        refuse("there is nothing to transfer: rows and columns are at least 1");
    if (makes_sums(shape.what) && shape.type != GROQ_TYPE_I32 &&
        shape.type != GROQ_TYPE_F32)
        refuse("sums are made of i32 and f32");
    if (std::max(shape.root, shape.target) >= wires.cards())
        refuse("the last card is " + std::to_string(wires.cards() - 1));
    if (!follows_tree(shape.what) && data.blocks() > wires.cards())
        refuse("a row has at most 320 columns for each card: take more rows");
}

// As many cycles as a way takes that has so many hops, of so many vectors each.
std::uint64_t estimate(std::uint64_t hops, std::uint64_t vectors) {
    return hops * (hop_cycles + vector_cycles * vectors);
}

// The way that is the faster one, or both where that is not sure.
std::vector<algorithm> faster(algorithm a, std::uint64_t a_cycles, algorithm b,
                              std::uint64_t b_cycles) {
    if (a_cycles > 2 * b_cycles)
        return {b};
    if (b_cycles > 2 * a_cycles)
        return {a};
    return {a, b};
}

std::vector<algorithm> ways_of_connected(const collective_shape &shape,
                                         const payload &data) {
    const std::uint64_t all = std::uint64_t{data.blocks()} * data.vectors();
    const std::uint64_t direct = vector_cycles * all;
    const std::uint64_t exchanged = estimate(2, data.vectors());
    if (shape.what != operation::ALL_REDUCE || all > most_direct || direct > exchanged)
        return {algorithm::EXCHANGE};
    if (data.blocks() == 1)
        return {algorithm::DIRECT};
    return {algorithm::DIRECT, algorithm::EXCHANGE};
}

// Of which one is the fastest: for little the fewest hops, for much the fewest vectors
// on a wire.
std::vector<algorithm> ways_of(const network &wires, const collective_shape &shape,
                               const payload &data) {
    if (is_fully_connected(wires))
        return ways_of_connected(shape, data);
    if (shape.what != operation::ALL_REDUCE)
        return {algorithm::RING};
    if (has_three_stages(wires))
        return {algorithm::THREE_STAGE};
    if (ring_of(wires).empty())
        return {algorithm::TREE};
    const std::uint64_t all = std::uint64_t{data.blocks()} * data.vectors();
    return faster(algorithm::TREE,
                  estimate(2 * depth_of(spanning_tree(wires, shape.root)), all),
                  algorithm::RING, estimate(2 * (wires.cards() - 1), data.vectors()));
}

std::uint64_t emit(algorithm how, const job &of) {
    const bool needs_all = how == algorithm::DIRECT || how == algorithm::EXCHANGE;
    if (needs_all && !is_fully_connected(of.program.wires()))
        refuse("not every card is wired to every other: choose tree or ring");
    const bool is_for_any = how == algorithm::EXCHANGE || how == algorithm::RING;
    if (!is_for_any && of.what != operation::ALL_REDUCE)
        refuse("this way is for all-reduce alone");
    switch (how) {
    case algorithm::DIRECT:
        return emit_direct(of, 0);
    case algorithm::TREE:
        return emit_tree(of, 0);
    case algorithm::RING:
        return emit_ring(of, 0);
    case algorithm::THREE_STAGE:
        return emit_three_stage(of, 0);
    default:
        return emit_exchange(of, 0);
    }
}

collective make(const network &wires, const collective_shape &shape,
                const payload &data, algorithm how) {
    distributed_program program(wires);
    const job of{program, shape.what, data, shape.root, shape.target};
    const std::uint64_t cycles =
        follows_tree(shape.what) ? emit_along_tree(of, 0) : emit(how, of);
    return {program.link(), how, cycles};
}

} // namespace

bool is_fully_connected(const network &wires) {
    for (unsigned card = 0; card < wires.cards(); ++card) {
        std::vector<bool> is_peer(wires.cards());
        is_peer[card] = true;
        for (unsigned link = 0; link < links::per_chip; ++link)
            if (const auto peer = wires.peer_of(card, link))
                is_peer[peer->card] = true;
        if (std::ranges::find(is_peer, false) != is_peer.end())
            return false;
    }
    return true;
}

unsigned link_to(const network &wires, unsigned card, unsigned peer) {
    for (unsigned link = 0; link < links::per_chip; ++link)
        if (const auto end = wires.peer_of(card, link); end && end->card == peer)
            return link;
    refuse("no cable leads from card " + std::to_string(card) + " to card " +
           std::to_string(peer));
}

// In the order of the cards, or on and on from neighbour to neighbour.
std::vector<unsigned> ring_of(const network &wires) {
    std::vector<unsigned> ring;
    std::vector<bool> taken(wires.cards());
    for (unsigned card = 0; ring.size() < wires.cards();) {
        ring.push_back(card);
        taken[card] = true;
        std::vector<unsigned> peers;
        for (unsigned link = 0; link < links::per_chip; ++link)
            if (const auto peer = wires.peer_of(card, link))
                peers.push_back(peer->card);
        const auto has = [&](unsigned peer) {
            return std::ranges::find(peers, peer) != peers.end();
        };
        if (ring.size() == wires.cards())
            return has(0) ? ring : std::vector<unsigned>();
        const auto next =
            std::ranges::find_if(peers, [&](unsigned p) { return !taken[p]; });
        if (card + 1 < wires.cards() && !taken[card + 1] && has(card + 1))
            card = card + 1;
        else if (next != peers.end())
            card = *next;
        else
            return {};
    }
    return ring;
}

collective_shape shape_of(const network &wires, operation what, unsigned type,
                          std::uint64_t bytes) {
    const unsigned size = assembly::type_bytes(type);
    const std::uint64_t elements =
        std::max<std::uint64_t>(1, (bytes + size - 1) / size);
    const unsigned widest =
        follows_tree(what) ? GROQ_LANES : wires.cards() * GROQ_LANES;
    collective_shape shape{.what = what, .type = type};
    shape.columns = static_cast<unsigned>(std::min<std::uint64_t>(elements, widest));
    const std::uint64_t rows = (elements + widest - 1) / widest;
    if (rows > GROQ_SRAM_BYTES)
        refuse("so much does not fit into any card");
    shape.rows = static_cast<unsigned>(rows);
    return shape;
}

collective make_collective(const network &wires, const collective_shape &shape) {
    const payload data = payload_of(wires, shape);
    check(wires, shape, data);
    if (shape.how != algorithm::BEST || follows_tree(shape.what))
        return make(wires, shape, data, shape.how);
    std::optional<collective> fastest;
    for (const algorithm how : ways_of(wires, shape, data))
        if (auto made = make(wires, shape, data, how);
            !fastest || made.cycles < fastest->cycles)
            fastest = std::move(made);
    return std::move(*fastest);
}

} // namespace groq::collectives
