// SPDX-License-Identifier: MIT
//
// The speed of the chip model on one thread, beside that of this machine.
//
//   idle          nothing but waiting
//   moving        64 slices read and written in every cycle; also as bytes
//                 that arrive (/bytes)
//   memcpy        the same bytes
//   dense/1, /4   an int8 vector into each of so many 320 x 320 arrays in every
//                 cycle; also as multiply-accumulates (/macs)
//   half          a binary16 vector into both pairs of arrays in every other cycle
//   chain         a binary32 addition in each of the 16 ALUs in every cycle (/ops)
//   peak/int8, /float   multiply-accumulates of the processor's best instruction
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <string>

#include <hw/groq_isa.h>
#include <hw/groq_sram.h>

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

// Also as `per_cycle` of something, `unit` being thousand millions of it a second.
void print_speed(const std::string &name, const char *what, const char *unit,
                 speed speed, double per_cycle) {
    const double busy = busy_cycles / static_cast<double>(speed.cycles);
    print_cycles(name, speed);
    print_sample(name + "/" + what, unit,
                 per_cycle * busy * speed.cycles_per_second * giga);
}

void measure_moving(chip_card &card, seconds length) {
    print_speed("moving", "bytes", "GB/s", measure(card, make_moving_program(), length),
                moved_per_cycle);
    const double seconds_per_byte = seconds_per_operation(length, [&] {
        for (unsigned n = 0; n < GROQ_STREAMS; ++n)
            card.copy_bank(GROQ_ICU_MEM(GROQ_WEST, n)),
                card.copy_bank(GROQ_ICU_MEM(GROQ_EAST, n));
        return std::size_t{GROQ_BANK_WORDS} * moved_per_cycle;
    });
    print_sample("memcpy", "GB/s", giga / seconds_per_byte);
}

void measure_matrices(chip_card &card, seconds length) {
    constexpr double products = double{GROQ_LANES} * GROQ_LANES;
    for (unsigned planes : {1, 4})
        print_speed("dense/" + std::to_string(planes), "macs", "GMAC/s",
                    measure(card, make_dense_program(planes), length),
                    products * planes);
    print_speed("half", "macs", "GMAC/s", measure(card, make_half_program(), length),
                products * GROQ_HEMISPHERES / GROQ_MXM_F16_CYCLES);
}

void measure_all(seconds length) {
    chip_card card;
    print_cycles("idle", measure(card, make_idle_program(), length));
    measure_moving(card, length);
    measure_matrices(card, length);
    print_speed("chain", "ops", "Gop/s", measure(card, make_chain_program(), length),
                double{GROQ_VXM_ALUS} * GROQ_LANES);
    const dot_product bytes = best_dot_product(), floats = best_float_product();
    print_sample("peak/int8", "GMAC/s",
                 giga / seconds_per_operation(length, bytes.run));
    print_sample("peak/float", "GMAC/s",
                 giga / seconds_per_operation(length, floats.run));
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
