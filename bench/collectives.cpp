// SPDX-License-Identifier: MIT
//
// All-reduce of f32 numbers on simulated cards that are wired to one another, by
// libgroq. Every result is checked. Counted are cycles of the chips: no processor's
// speed is in it.
//
//   cycles/N         N bytes on 8 cards, each wired to each, since all have begun
//   planned/N        what the program was made to take
//   rate/N           the same as 2 (n - 1) / n N bytes a second, which each of n cards
//                    must at least send
//   ring-cycles/N    the same on a ring of 72
//   ring-rate/N
//   links            what the 7 links of a card can send
//   begin            cycles from the start of the first program until all have begun
//   hop              32 bytes on 8 cards: one hop
//   published-hop    a hop of the published all-reduce
//   stages           32 bytes on 264 cards, three hops, as planned
//   published-stages three published hops
#include <algorithm>
#include <array>
#include <iostream>
#include <string>

#include "all_reduce.hpp"
#include "sample.hpp"

namespace {

using namespace groq;

constexpr const char *node = "node8", *ring = "ring72";
constexpr std::uint64_t smallest = 32, largest = 16 << 20;
constexpr double published_hop_ns = 722; // [I22]
constexpr double giga = 1e-9;

double seconds_of(std::uint64_t cycles) {
    return static_cast<double>(cycles) / static_cast<double>(links::clock_hz);
}

double bus_rate(const char *shape, std::uint64_t bytes, std::uint64_t cycles) {
    const double cards = network::by_name(shape).value().cards();
    return 2 * (cards - 1) / cards * static_cast<double>(bytes) / seconds_of(cycles);
}

std::uint64_t planned_stages() {
    using namespace collectives;
    const network wires = network::by_name("dragonfly264").value();
    return make_collective(
               wires, shape_of(wires, operation::ALL_REDUCE, GROQ_TYPE_F32, smallest))
        .cycles;
}

void print_cycles(const std::string &name, std::uint64_t cycles) {
    bench::print_sample(name, "cycles", static_cast<double>(cycles));
}

void print_rate(const std::string &name, const char *shape, std::uint64_t bytes,
                std::uint64_t cycles) {
    bench::print_sample(name, "GB/s", giga * bus_rate(shape, bytes, cycles));
}

void print_hops(std::uint64_t cycles) {
    constexpr double nano = 1e9;
    constexpr unsigned stages = 3;
    bench::print_sample("hop", "ns", seconds_of(cycles) * nano);
    bench::print_sample("published-hop", "ns", published_hop_ns);
    bench::print_sample("stages", "ns", seconds_of(planned_stages()) * nano);
    bench::print_sample("published-stages", "ns", stages * published_hop_ns);
}

void print_node() {
    const bench::stopwatch watch(node);
    print_cycles("begin", watch.beginning());
    bench::print_sample("links", "GB/s",
                        giga * double(links::local * links::bytes_per_s));
    for (std::uint64_t bytes = smallest; bytes <= largest; bytes *= 2) {
        const std::string size = "/" + std::to_string(bytes);
        bench::wired_cards cards(node);
        bench::all_reduce sum(cards, bytes);
        const std::uint64_t cycles = watch.since(sum.run());
        sum.check();
        print_cycles("cycles" + size, cycles);
        print_cycles("planned" + size, sum.planned());
        print_rate("rate" + size, node, bytes, cycles);
        if (bytes == smallest)
            print_hops(cycles);
    }
}

void print_ring() {
    const bench::stopwatch watch(ring);
    for (const std::uint64_t bytes : {32, 90 << 10, 1 << 20}) {
        const std::string size = "/" + std::to_string(bytes);
        bench::wired_cards cards(ring);
        bench::all_reduce sum(cards, bytes);
        const std::uint64_t cycles = watch.since(sum.run());
        sum.check();
        print_cycles("ring-cycles" + size, cycles);
        print_rate("ring-rate" + size, ring, bytes, cycles);
    }
}

} // namespace

int main() {
    try {
        print_node();
        print_ring();
    } catch (const std::exception &error) {
        std::cerr << "collectives: " << error.what() << '\n';
        return 1;
    }
}
