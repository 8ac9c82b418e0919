// SPDX-License-Identifier: MIT
#include "topo/published.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <numeric>
#include <utility>

#include "topo/paths.hpp"
#include "topo/timing.hpp"

namespace groq::topo {
namespace {

constexpr std::uint32_t node_cards = 8, rack_cards = 72;

struct system {
    explicit system(const char *shape)
        : of(network::by_name(shape).value()), seen(look_at(of)) {}

    std::uint64_t free_ports() const {
        return std::uint64_t(of.cards()) * (links::local + links::global) -
               2 * of.cables().size();
    }
    // Ends of cables between groups of @size cards.
    std::uint64_t ports_between(std::uint32_t size) const {
        return 2 * std::uint64_t(std::ranges::count_if(of.cables(), [&](auto &each) {
                   return each.a.card / size != each.b.card / size;
               }));
    }

    network of;
    survey seen;
};

std::string number(double value, int decimals = 0) {
    char digits[64];
    std::snprintf(digits, sizeof digits, "%.*f", decimals, value);
    return digits;
}

class table {
public:
    void exact(std::string what, std::uint64_t published, std::uint64_t computed) {
        add(std::move(what), std::to_string(published), std::to_string(computed),
            published == computed, "");
    }
    void add(std::string what, std::string published, std::string computed, bool agree,
             std::string why) {
        rows_.push_back({"I22", std::move(what), std::move(published),
                         std::move(computed), agree, agree ? "" : std::move(why)});
    }
    std::vector<published_row> take() { return std::move(rows_); }

private:
    std::vector<published_row> rows_;
};

void add_node(table &to) {
    const system node("node8");
    to.exact("GroqNode: cards", 8, node.of.cards());
    to.exact("GroqNode: cables, all-to-all", 28, node.of.cables().size());
    to.exact("GroqNode: external ports", 32, node.free_ports());
    to.exact("GroqNode: hops", 1, node.seen.hops.diameter());
}

void add_rack(table &to) {
    const system rack("rack72");
    const auto nodes = rack.of.cards() / node_cards;
    to.exact("GroqRack: nodes", 9, nodes);
    to.exact("GroqRack: cards", 72, rack.of.cards());
    to.exact("GroqRack: global ports", 288,
             rack.ports_between(node_cards) + rack.free_ports());
    to.exact("GroqRack: of them between its nodes", 144,
             rack.ports_between(node_cards));
    to.exact("GroqRack: cables between two nodes", 2,
             rack.ports_between(node_cards) / (nodes * (nodes - 1)));
}

void add_dragonfly(table &to) {
    const system dragonfly("dragonfly264");
    to.exact("33 nodes: chips", 264, dragonfly.of.cards());
    to.exact("33 nodes: hops", 3, dragonfly.seen.hops.diameter());
}

void add_racks(table &to) {
    const system racks("rack10440");
    const auto diameter = racks.seen.hops.diameter();
    const auto &pairs = racks.seen.hops.pairs;
    const auto within = std::accumulate(pairs.begin() + 1, pairs.begin() + 6, 0.0);
    const auto all = double(racks.of.cards()) * (racks.of.cards() - 1);
    to.exact("most racks", 145, racks.of.cards() / rack_cards);
    to.exact("most chips", 10440, racks.of.cards());
    to.add(
        "most chips: hops", "<= 5", std::to_string(diameter), diameter <= 5,
        number(100 * within / all) +
            " % of the pairs are within 5; for 2 + 1 + 2 everywhere 2 hops would have "
            "to lead to all cards of a rack, but they lead to 40 of 72 at most");
    const auto microseconds = seconds(pace_of(racks.of).transfer(diameter, 1)) * 1e6;
    to.add("most chips: time of a vector", "< 3 us", number(microseconds, 2) + " us",
           microseconds < 3, "");
}

void add_links(table &to) {
    const auto pace = pace_of(network::by_name("node8").value());
    const auto rate = links::packet_bytes / seconds(pace.packet) / 1e9;
    to.add("link: GB/s each way", "12.5", number(rate, 1), number(rate, 1) == "12.5",
           "");
    // Measured as half of the way there and back: a mean of two.
    const cable usual;
    const auto spread = usual.spread_millicycles / 1000.0 / std::sqrt(2.0);
    to.add("link: cycles, mean", "216.9", number(usual.latency),
           std::abs(usual.latency - 216.9) < 0.5, "");
    to.add("link: cycles, standard deviation", "2.9", number(spread, 1),
           number(spread, 1) == "2.9", "");
}

void add_reduction(table &to) {
    constexpr double published_hop = 650, published_ns = 722;
    const system node("node8"), chips("dragonfly256");
    const auto one = reducer(node.of, node.seen).run(links::vector_bytes);
    const auto three = reducer(chips.of, chips.seen).run(links::vector_bytes);
    const auto text = [](double cycles) {
        return number(seconds(cycles) * 1e9) + " ns (" + number(cycles) + " cycles)";
    };
    const auto near = [](double a, double b) { return std::abs(a - b) < 0.05 * b; };
    to.add(
        "all-reduce: a pipelined hop", "722 ns (650 cycles)", text(one->cycles),
        near(seconds(one->cycles) * 1e9, published_ns),
        "ours is what isa.md leaves: wire, to the VXM, adding, back to the edge; what "
        "else is in the 650 is not published");
    to.add("all-reduce: 256 chips", "2166 ns, 3 stages",
           text(three->cycles) + ", " + std::to_string(three->stages) + " stages",
           near(seconds(three->cycles) * 1e9, 3 * published_ns),
           "3 such hops; so are the published 2166 = 3 * 722");
    const auto pace = pace_of(node.of);
    const auto ours = least_worth_spreading(pace.forward(), pace.packet);
    const auto theirs = least_worth_spreading(published_hop, pace.packet);
    to.add("spreading gains nothing below", "8 kB", std::to_string(ours) + " B",
           near(double(ours), 8192),
           "follows from the hop: one of 650 cycles makes it " +
               std::to_string(theirs) + " B");
}

void add_start(table &to) {
    const auto node = network::by_name("node8").value();
    to.exact("start: epochs per level, floor(L / period) + 1",
             links::latency / links::hac_period + 1, barrier_of(node, 1).epochs);
}

} // namespace

std::vector<published_row> published() {
    table made;
    add_node(made);
    add_rack(made);
    add_dragonfly(made);
    add_racks(made);
    add_links(made);
    add_reduction(made);
    add_start(made);
    return made.take();
}

std::string text(const std::vector<published_row> &rows) {
    std::size_t what = 0, published = 0, computed = 0;
    for (const auto &row : rows) {
        what = std::max(what, row.what.size());
        published = std::max(published, row.published.size());
        computed = std::max(computed, row.computed.size());
    }
    const auto padded = [](std::string word, std::size_t width) {
        word.resize(width, ' ');
        return word + "  ";
    };
    std::string all = "src  " + padded("", what) + padded("published", published) +
                      padded("computed", computed) + "agree\n";
    for (const auto &row : rows) {
        all += row.source + "  " + padded(row.what, what) +
               padded(row.published, published) + padded(row.computed, computed) +
               (row.agree ? "yes" : "no") + '\n';
        if (!row.why.empty())
            all += "     - " + row.why + '\n';
    }
    return all;
}

} // namespace groq::topo
