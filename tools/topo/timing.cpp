// SPDX-License-Identifier: MIT
#include "topo/timing.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace groq::topo {
namespace {

constexpr std::uint32_t eight = links::local + 1;

bool are_complete(const network &of, std::uint32_t first) {
    for (std::uint32_t card = first; card < first + eight; ++card) {
        std::uint32_t seen = 1u << (card - first);
        for (std::uint32_t link = 0; link < links::per_chip; ++link)
            if (const auto peer = of.peer_of(card, link);
                peer && peer->card / eight == first / eight)
                seen |= 1u << (peer->card - first);
        if (seen != (1u << eight) - 1)
            return false;
    }
    return true;
}

bool are_joined(const network &of, std::uint32_t eights) {
    std::vector<bool> joined(std::size_t(eights) * eights);
    for (const auto &each : of.cables()) {
        const auto a = each.a.card / eight, b = each.b.card / eight;
        joined[std::size_t(a) * eights + b] = joined[std::size_t(b) * eights + a] =
            true;
    }
    return std::ranges::count(joined, false) == 0;
}

} // namespace

// The spread is a sum of four uniform numbers: none is 2 * sqrt(3) deviations away.
std::uint32_t latest_arrival(const cable &by) {
    const auto most = by.latency + by.spread_millicycles / 1000.0 * 2 * std::sqrt(3.0);
    return std::uint32_t(std::lround(most));
}

double link_pace::reduce(std::uint32_t terms) const {
    const auto levels = std::bit_width(std::max(terms, 2u) - 1);
    return arrival + chip::receive + chip::to_vxm + chip::vxm_enter +
           chip::vxm_add * levels + chip::to_vxm;
}

double link_pace::transfer(std::uint32_t hops, std::uint64_t vectors) const {
    return (hops - 1) * forward() + arrival + double(vectors - 1) * packet;
}

link_pace pace_of(const network &of) {
    link_pace worst{0, links::packet_millicycles / 1000.0};
    std::uint32_t lanes = links::lanes;
    for (const auto &each : of.cables()) {
        worst.arrival = std::max(worst.arrival, double(latest_arrival(each)));
        lanes = std::min(lanes, each.lanes);
    }
    worst.packet *= double(links::lanes) / lanes;
    return worst;
}

bool has_three_stages(const network &of) {
    if (of.cards() % eight != 0 || of.cards() == eight)
        return false;
    for (std::uint32_t first = 0; first < of.cards(); first += eight)
        if (!are_complete(of, first))
            return false;
    return are_joined(of, of.cards() / eight);
}

reducer::reducer(const network &of, const survey &seen)
    : cards_(of.cards()), diameter_(seen.hops.diameter()), radius_(seen.hops.radius),
      joined_(seen.is_joined() && diameter_ > 0),
      has_stages_(diameter_ == 1 || has_three_stages(of)), load_(seen.greatest_load),
      pace_(pace_of(of)) {}

// Of one stage, all vectors follow each other. Of three, the last stage begins when the
// first vector is back from the second and the links have sent those of the first.
double reducer::staged(std::uint64_t vectors) const {
    const auto all = double(vectors) * pace_.packet;
    const auto hop = pace_.reduce(diameter_ == 1 ? cards_ : eight);
    if (diameter_ == 1)
        return all - pace_.packet + hop;
    return all - pace_.packet + std::max(all, 2 * hop) + hop;
}

// A card may have all its links to children.
double reducer::tree(std::uint64_t vectors) const {
    return radius_ * pace_.reduce(links::per_chip + 1) +
           (radius_ - 1) * pace_.forward() + pace_.arrival +
           double(vectors - 1) * pace_.packet;
}

// The sums leave when the first is there and the links have sent the parts.
double reducer::scattered(std::uint64_t vectors) const {
    const auto part = double((vectors + cards_ - 1) / cards_);
    const auto all = std::ceil(part * load_) * pace_.packet;
    const auto way = (diameter_ - 1) * pace_.forward();
    const auto there = way + pace_.reduce(cards_);
    return std::max(all, there) + all - pace_.packet + way + pace_.arrival;
}

std::optional<all_reduce> reducer::run(std::uint64_t bytes) const {
    if (!joined_)
        return std::nullopt;
    const auto vectors = vectors_of(bytes);
    all_reduce best{2 * diameter_, scattered(vectors), way::scattered};
    if (tree(vectors) < best.cycles)
        best = {2 * radius_, tree(vectors), way::tree};
    if (has_stages_ && staged(vectors) <= best.cycles)
        best = {diameter_, staged(vectors), way::staged};
    return best;
}

barrier barrier_of(const network &of, std::uint32_t levels) {
    const auto latency = std::uint32_t(pace_of(of).arrival);
    return {levels, levels * (latency / links::hac_period + 1)};
}

double spread(const link_pace &pace, std::span<const std::uint32_t> hops,
              std::uint64_t vectors) {
    const auto come_by = [&](double cycle) {
        double come = 0;
        for (const auto each : hops)
            if (const auto first = pace.transfer(each, 1); first <= cycle)
                come += std::floor((cycle - first) / pace.packet + 1);
        return come;
    };
    double early = 0, late = pace.transfer(hops.front(), vectors);
    while (late - early > 0.01) {
        const auto middle = (early + late) / 2;
        (come_by(middle) < double(vectors) ? early : late) = middle;
    }
    return late;
}

std::uint64_t least_worth_spreading(double more_cycles, double packet) {
    return (std::uint64_t(more_cycles / packet) + 2) * links::vector_bytes;
}

} // namespace groq::topo
