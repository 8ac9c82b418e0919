// SPDX-License-Identifier: MIT
//
// The speed of the chip model on one thread, beside that of this machine.
//
//   idle          nothing but waiting
//   reading       64 slices read in every cycle
//   dense/1, /4   an activation vector into each of so many 320 x 320 arrays in
//                 every cycle; also as int8 multiply-accumulates (/macs)
//   peak          int8 multiply-accumulates of the processor's best instruction
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <string>

#include "chip_card.hpp"
#include "dot_product.hpp"
#include "programs.hpp"
#include "sample.hpp"

namespace {

using namespace bench;

constexpr double giga = 1e-9, mega = 1e-6;

struct speed {
    double cycles_per_second;
    std::uint64_t cycles; // of one run
};

speed measure(chip_card &card, const groq::assembly::program &program, seconds length) {
    const auto &entry = program.entries.front();
    card.load(program);
    const std::uint64_t cycles = card.run(entry);
    const double seconds_per_cycle = seconds_per_operation(length, [&] {
        if (card.run(entry) != cycles)
            throw std::runtime_error("the cycle count is not the same every time");
        return cycles;
    });
    return {1 / seconds_per_cycle, cycles};
}

void print_cycles(const std::string &name, speed speed) {
    print_sample(name, "Mcycle/s", speed.cycles_per_second * mega);
}

void measure_dense(chip_card &card, unsigned planes, seconds length) {
    const std::string name = "dense/" + std::to_string(planes);
    const speed speed = measure(card, make_dense_program(planes), length);
    const double macs = double{GROQ_LANES} * GROQ_LANES * busy_cycles * planes;
    print_cycles(name, speed);
    print_sample(name + "/macs", "GMAC/s",
                 macs * speed.cycles_per_second / static_cast<double>(speed.cycles) *
                     giga);
}

void measure_all(seconds length) {
    chip_card card;
    print_cycles("idle", measure(card, make_idle_program(), length));
    print_cycles("reading", measure(card, make_reading_program(), length));
    measure_dense(card, 1, length);
    measure_dense(card, 4, length);
    const dot_product best = best_dot_product();
    print_sample("peak", "GMAC/s", giga / seconds_per_operation(length, best.run));
}

} // namespace

int main(int argc, char **argv) {
    if (argc != 2) {
        std::cerr << "usage: chip_speed SECONDS\n";
        return 2;
    }
    try {
        measure_all(seconds(std::atof(argv[1])));
    } catch (const std::exception &error) {
        std::cerr << "chip_speed: " << error.what() << '\n';
        return 1;
    }
}
