// SPDX-License-Identifier: MIT
//
// The speed of the chip model on one thread, beside that of this machine.
//
//   idle          one queue that waits in steps of 65,535 cycles
//   busy          an instruction in each of the 88 memory queues in every cycle
//   dense/1, /4   an activation vector into each of so many 320 x 320 arrays in
//                 every cycle
//   peak          int8 multiply-accumulates of the machine's best instruction
#include <cstdlib>
#include <iostream>
#include <random>

#include "chip_card.hpp"
#include "chip_program.hpp"
#include "dot_product.hpp"
#include "sample.hpp"

namespace {

using namespace bench;

constexpr double giga = 1e-9, mega = 1e-6;
constexpr unsigned hemispheres[] = {GROQ_WEST, GROQ_EAST};

// Texts, one per queue, and the table lie in a slice that no queue reads.
constexpr std::uint32_t table_address =
    GROQ_SRAM_ADDRESS(GROQ_WEST, GROQ_SLICES - 1, 0);
constexpr std::uint32_t text_of(unsigned icu) {
    return GROQ_SRAM_ADDRESS(GROQ_WEST, GROQ_SLICES - 1, 0) +
           (icu + 8) * GROQ_TEXT_BYTES;
}

unsigned write_idle(chip_card &card) {
    program_writer writer(card.sram());
    writer.add_queue(0, text_of(0), text(GROQ_TEXT_INSTRUCTIONS, nop(65'535)));
    return writer.add_table(table_address);
}

// The table lies behind the texts of its slice.
constexpr unsigned busy_instructions = 4'000;

unsigned write_busy(chip_card &card) {
    program_writer writer(card.sram());
    for (const unsigned hemisphere : hemispheres)
        for (unsigned slice = 0; slice < GROQ_SLICES; ++slice)
            writer.add_queue(GROQ_ICU_MEM(hemisphere, slice),
                             GROQ_SRAM_ADDRESS(hemisphere, slice, GROQ_BANK_WORDS),
                             text(busy_instructions, nop(1)));
    return writer.add_table(table_address);
}

// A hemisphere whose planes compute without a pause. The slices 0..15 hold the
// weights, slice 16 the activations; all flow outwards.
class dense_hemisphere {
public:
    dense_hemisphere(program_writer &writer, unsigned hemisphere, unsigned planes)
        : writer_(writer), hemisphere_(hemisphere) {
        for (unsigned slice = 0; slice < weight_slices; ++slice)
            add_memory(slice, weights_stream + slice, weights_time, weight_words, 1);
        add_memory(weight_slices, activations_stream, multiply_time, GROQ_SLICE_WORDS,
                   passes);
        for (unsigned plane = 0; plane < planes; ++plane)
            add_plane(plane);
    }

    static constexpr unsigned passes = 16; // over the words of the activations
    static constexpr unsigned vectors = passes * GROQ_SLICE_WORDS;
    static constexpr unsigned weight_slices = 16; // as many streams as LW takes
    static constexpr unsigned weight_words = GROQ_LANES / weight_slices;

private:
    // Cycles in which the first value arrives at the arrays.
    static constexpr unsigned weights_time = 20;
    static constexpr unsigned install_time = weights_time + weight_words;
    static constexpr unsigned multiply_time = install_time + GROQ_DELAY_MXM_INSTALL;
    static constexpr unsigned result_time = multiply_time + GROQ_DELAY_MXM_MULTIPLY;
    static constexpr unsigned activations_stream = 0, weights_stream = 16;

    unsigned stream(unsigned number) const {
        return hemisphere_ == GROQ_WEST ? GROQ_STREAM_WEST(number)
                                        : GROQ_STREAM_EAST(number);
    }

    void add(unsigned icu, const text &instructions) {
        writer_.add_queue(icu, text_of(icu), instructions);
    }

    // Reads words 0, 1, ... so that the first is at the arrays in cycle `time`.
    void add_memory(unsigned slice, unsigned number, unsigned time, unsigned words,
                    unsigned times) {
        const unsigned hops =
            GROQ_POSITION_MXM - GROQ_POSITION_MEM(slice / GROQ_SLICES_PER_HOP);
        text instructions{nop(time - hops - GROQ_DELAY_MEM_READ)};
        for (unsigned pass = 0; pass < times; ++pass) {
            instructions.push_back(instruction(GROQ_OPCODE_READ)
                                       .with(field::memory::stream, stream(number))
                                       .with(field::memory::step, 1));
            instructions.push_back(repeat(words - 1));
        }
        add(GROQ_ICU_MEM(hemisphere_, slice), instructions);
    }

    // `first`, and so on until every vector has had its turn.
    static text for_each_vector(unsigned time, instruction first) {
        constexpr unsigned longest = 1 << 16; // an instruction and its repetitions
        text instructions{nop(time)};
        for (unsigned done = 0; done < vectors; done += longest) {
            instructions.push_back(first);
            instructions.push_back(repeat(longest - 1));
        }
        return instructions;
    }

    void add_plane(unsigned plane) {
        const auto icu = [&](unsigned n) { return GROQ_ICU_MXM(hemisphere_, n); };
        add(icu(GROQ_MXM_QUEUE_WEIGHTS(plane)),
            {nop(weights_time),
             instruction(GROQ_OPCODE_LW)
                 .with(field::load_weights::stream, stream(weights_stream))
                 .with(field::load_weights::step, 1),
             repeat(weight_words - 1), instruction(GROQ_OPCODE_IW)});
        add(icu(GROQ_MXM_QUEUE_ACTIVATIONS(plane)),
            for_each_vector(
                multiply_time,
                instruction(GROQ_OPCODE_ABC)
                    .with(field::activate::stream, stream(activations_stream))
                    .with(field::activate::type, GROQ_TYPE_I8)));
        add(icu(GROQ_MXM_QUEUE_RESULTS(plane)),
            for_each_vector(result_time,
                            instruction(GROQ_OPCODE_ACC)
                                .with(field::accumulate::add, 1)
                                .with(field::accumulate::type, GROQ_TYPE_I32)));
    }

    program_writer &writer_;
    unsigned hemisphere_;
};

unsigned write_dense(chip_card &card, unsigned planes_west, unsigned planes_east) {
    program_writer writer(card.sram());
    dense_hemisphere(writer, GROQ_WEST, planes_west);
    if (planes_east)
        dense_hemisphere(writer, GROQ_EAST, planes_east);
    return writer.add_table(table_address);
}

void fill_randomly(std::span<std::byte> sram) {
    std::mt19937 random(1);
    for (std::byte &b : sram)
        b = static_cast<std::byte>(random());
}

struct speed {
    double cycles_per_second;
    std::uint64_t cycles; // of one run
};

speed measure(chip_card &card, unsigned entries, seconds length) {
    std::uint64_t cycles = card.run(table_address, entries);
    const double seconds_per_cycle = seconds_per_operation(length, [&] {
        const std::uint64_t now = card.run(table_address, entries);
        if (now != cycles)
            throw std::runtime_error("the cycle count is not the same every time");
        return now;
    });
    return {1 / seconds_per_cycle, cycles};
}

void print_cycles(const std::string &name, speed speed) {
    print_sample(name, "Mcycle/s", speed.cycles_per_second * mega);
}

void measure_dense(chip_card &card, unsigned west, unsigned east, seconds length) {
    const std::string name = "dense/" + std::to_string(west + east);
    const speed speed = measure(card, write_dense(card, west, east), length);
    const double vectors_per_cycle =
        double{dense_hemisphere::vectors} * (west + east) / speed.cycles;
    const double macs_per_vector = double{GROQ_LANES} * GROQ_LANES;
    print_cycles(name, speed);
    print_sample(name + "/macs", "GMAC/s",
                 speed.cycles_per_second * vectors_per_cycle * macs_per_vector * giga);
}

void measure_all(seconds length) {
    chip_card card;
    print_cycles("idle", measure(card, write_idle(card), length));
    print_cycles("busy", measure(card, write_busy(card), length));
    fill_randomly(card.sram().first(GROQ_SRAM_ADDRESS(GROQ_WEST, GROQ_SLICES - 1, 0)));
    fill_randomly(card.sram().subspan(GROQ_SRAM_ADDRESS(GROQ_EAST, 0, 0)));
    measure_dense(card, 1, 0, length);
    measure_dense(card, 2, 2, length);
    const dot_product best = best_dot_product();
    std::cerr << "peak: " << best.instruction << '\n';
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
