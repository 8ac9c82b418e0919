// SPDX-License-Identifier: MIT
//
// How fast cards are simulated that are wired in a ring. Cycles of all chips together,
// in a second (NAME/N) and in a second of processors' time (NAME-work/N), which other
// work on the machine changes little, for N chips:
//
//   ring    all-reduce of 4 KiB for each card of the ring, with copies in and out
//   dense   each multiplies a vector by all arrays in every cycle, and none sends
//   load/N  seconds to open N cards, align them and load the all-reduce
//   peak/N  MiB of memory that the process had until then, at the most
#include <array>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include <sys/resource.h>

#include "all_reduce.hpp"
#include "programs.hpp"
#include "sample.hpp"

namespace {

constexpr double mega = 1e-6;
constexpr std::array counts{1U, 2U, 4U, 8U, 16U, 72U};

std::string ring_of(unsigned cards) {
    return "ring" + std::to_string(cards);
}

double peak_mib() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    return static_cast<double>(used.ru_maxrss) / 1024;
}

double process_seconds() {
    return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

// @run returns the cycles of each chip.
template <class Run>
void measure(const std::string &name, unsigned count, bench::seconds length, Run run) {
    double cycles = 0;
    const double before = process_seconds();
    const double each = bench::seconds_per_operation(length, [&] {
        const std::vector<std::uint64_t> chips = run();
        const auto all = std::accumulate(chips.begin(), chips.end(), std::uint64_t{0});
        cycles += static_cast<double>(all);
        return all;
    });
    const double work = (process_seconds() - before) / cycles;
    const auto chips = "/" + std::to_string(count);
    bench::print_sample(name + chips, "Mcycle/s", mega / each);
    bench::print_sample(name + "-work" + chips, "Mcycle/s", mega / work);
}

void measure_dense(unsigned count, bench::seconds length) {
    bench::wired_cards cards(ring_of(count));
    const std::vector programs(count, bench::make_dense_program(4));
    auto job = cards.load(programs);
    measure("dense", count, length, [&] { return job.run(); });
}

void measure_ring(unsigned count, bench::seconds length) {
    constexpr std::uint64_t bytes_of_card = 4096;
    const auto start = bench::clock::now();
    bench::wired_cards cards(ring_of(count));
    bench::all_reduce sum(cards, count * bytes_of_card);
    const bench::seconds loaded = bench::clock::now() - start;
    measure("ring", count, length, [&] { return sum.run(); });
    sum.check();
    const std::string name = "/" + std::to_string(count);
    bench::print_sample("load" + name, "s", loaded.count());
    bench::print_sample("peak" + name, "MiB", peak_mib());
}

} // namespace

int main(int argc, char **argv) {
    if (argc != 2) {
        std::cerr << "usage: node_speed SECONDS\n";
        return 2;
    }
    try {
        const bench::seconds length(std::atof(argv[1]));
        for (const unsigned count : counts)
            if (count > 1)
                measure_ring(count, length);
        for (const unsigned count : counts)
            measure_dense(count, length);
    } catch (const std::exception &error) {
        std::cerr << "node_speed: " << error.what() << '\n';
        return 1;
    }
}
