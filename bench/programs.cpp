// SPDX-License-Identifier: MIT
#include "programs.hpp"

#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <asm/program_builder.hpp>
#include <asm/queue.hpp>

namespace bench {
namespace {

using namespace groq::assembly;

constexpr std::uint32_t idle_cycles = 2'000'000;

// A repetition counts the issues after the first, 65,535 at most.
constexpr unsigned burst_cycles = 1 << 16;
static_assert(busy_cycles % burst_cycles == 0 && busy_cycles % GROQ_SLICE_WORDS == 0);

std::vector<std::byte> random_bytes(std::size_t count) {
    std::mt19937_64 random(count);
    std::vector<std::byte> bytes(count);
    for (std::byte &b : bytes)
        b = static_cast<std::byte>(random());
    return bytes;
}

// `code`, from `cycle` on in every cycle.
void keep_busy(schedule &plan, std::uint64_t cycle, unsigned icu,
               const instruction &code) {
    for (unsigned done = 0; done < busy_cycles; done += burst_cycles)
        plan.at(cycle + done, icu, code, {burst_cycles - 1, 1});
}

// All words of a slice one after the other, over and over.
void keep_reading(schedule &plan, std::uint64_t cycle, unsigned slice,
                  unsigned stream) {
    for (unsigned done = 0; done < busy_cycles; done += GROQ_SLICE_WORDS)
        plan.at(cycle + done, slice,
                make<GROQ_OPCODE_READ>({.stream = stream, .word = 0, .step = 1}),
                {GROQ_SLICE_WORDS - 1, 1});
}

// A hemisphere of which some planes compute without a pause. Its slices 0 to 15
// hold the weights, slice 16 the activations; all flow outwards.
class dense_hemisphere {
public:
    dense_hemisphere(program_builder &builder, schedule &plan, unsigned hemisphere)
        : plan_(plan), hemisphere_(hemisphere) {
        for (unsigned n = 0; n < weight_slices; ++n) {
            const unsigned slice = GROQ_ICU_MEM(hemisphere, n);
            add_random_data(builder, slice, weight_words);
            plan.at(departure(slice, weights_time), slice,
                    make<GROQ_OPCODE_READ>(
                        {.stream = stream(weights_stream + n), .word = 0, .step = 1}),
                    {weight_words - 1, 1});
        }
        const unsigned slice = GROQ_ICU_MEM(hemisphere, weight_slices);
        add_random_data(builder, slice, GROQ_SLICE_WORDS);
        keep_reading(plan, departure(slice, multiply_time), slice,
                     stream(activations_stream));
    }

    void add_plane(unsigned plane) {
        const unsigned weights = queue(GROQ_MXM_QUEUE_WEIGHTS(plane));
        plan_.at(weights_time, weights,
                 make<GROQ_OPCODE_LW>(
                     {.stream = stream(weights_stream), .block = 0, .step = 1}),
                 {weight_words - 1, 1});
        plan_.at(install_time, weights, make<GROQ_OPCODE_IW>());
        keep_busy(plan_, multiply_time, queue(GROQ_MXM_QUEUE_ACTIVATIONS(plane)),
                  make<GROQ_OPCODE_ABC>(
                      {.stream = stream(activations_stream), .type = GROQ_TYPE_I8}));
        keep_busy(plan_, multiply_time + GROQ_DELAY_MXM_MULTIPLY,
                  queue(GROQ_MXM_QUEUE_RESULTS(plane)),
                  make<GROQ_OPCODE_ACC>({.add = 1, .type = GROQ_TYPE_I32}));
    }

private:
    static constexpr unsigned weight_slices = 16; // as many streams as LW takes
    static constexpr unsigned weight_words = GROQ_LANES / weight_slices;
    static constexpr unsigned weights_stream = 16, activations_stream = 0;
    // Cycles in which the first value is at the arrays.
    static constexpr unsigned weights_time = 20;
    static constexpr unsigned install_time = weights_time + weight_words;
    static constexpr unsigned multiply_time = install_time + GROQ_DELAY_MXM_INSTALL;

    static void add_random_data(program_builder &builder, unsigned slice,
                                unsigned words) {
        builder.add_data(slice_name(slice), address_of(slice, 0),
                         random_bytes(words * GROQ_VECTOR_BYTES));
    }

    unsigned stream(unsigned number) const {
        return hemisphere_ == GROQ_WEST ? west(number) : east(number);
    }

    unsigned queue(unsigned number) const { return GROQ_ICU_MXM(hemisphere_, number); }

    // When a slice reads what is to be at the arrays in cycle `arrival`.
    std::uint64_t departure(unsigned slice, unsigned arrival) const {
        return arrival - GROQ_DELAY_MEM_READ -
               hops(position_of(slice), position_of(queue(0)));
    }

    schedule &plan_;
    unsigned hemisphere_;
};

std::span<const std::byte> bytes_of(const groq_launch &launch) {
    return std::as_bytes(std::span(&launch, 1));
}

// `size`: with the zeroes behind the bytes.
void add_section(program_builder &builder, std::string name, std::uint32_t address,
                 std::span<const std::byte> bytes, std::uint32_t size) {
    builder.add_segment({.name = std::move(name),
                         .address = address,
                         .bytes = {bytes.begin(), bytes.end()},
                         .memory_bytes = size,
                         .text = true});
}

} // namespace

program make_empty_program() {
    return make_synthetic_program(0);
}

// The builder writes what makes instructions issue in their cycles; where there is
// nothing to issue, waiting is written out.
program make_synthetic_program(std::size_t data_bytes) {
    const std::uint32_t text = address_of(0, 0), table = address_of(0, 2);
    const instruction wait = make<GROQ_OPCODE_NOP>();
    groq_launch launch{};
    launch.icu = 0;
    launch.text = text;
    launch.count = 1;
    program_builder builder;
    add_section(builder, ".text", text, to_bytes(wait), GROQ_TEXT_BYTES);
    add_section(builder, ".launch", table, bytes_of(launch), sizeof launch);
    builder.add_entry(entry_point{.name = "main", .launch = table, .launch_count = 1});
    if (data_bytes)
        builder.add_data("weights", address_of(0, 4), random_bytes(data_bytes));
    return builder.link();
}

program make_idle_program() {
    program_builder builder;
    schedule &plan = builder.add_entry("main");
    const instruction code = make<GROQ_OPCODE_READ>({.stream = east(0)});
    plan.at(0, GROQ_ICU_MEM(GROQ_EAST, 0), code);
    plan.at(idle_cycles, GROQ_ICU_MEM(GROQ_EAST, 0), code);
    return builder.link();
}

program make_reading_program() {
    program_builder builder;
    schedule &plan = builder.add_entry("main");
    for (unsigned stream = 0; stream < GROQ_STREAMS; ++stream) {
        keep_reading(plan, 0, GROQ_ICU_MEM(GROQ_WEST, stream), west(stream));
        keep_reading(plan, 0, GROQ_ICU_MEM(GROQ_EAST, stream), east(stream));
    }
    return builder.link();
}

program make_dense_program(unsigned planes) {
    program_builder builder;
    schedule &plan = builder.add_entry("main");
    for (unsigned hemisphere = 0; planes; ++hemisphere) {
        dense_hemisphere dense(builder, plan, hemisphere);
        for (unsigned plane = 0; plane < GROQ_MXM_PLANES && planes; ++plane, --planes)
            dense.add_plane(plane);
    }
    return builder.link();
}

} // namespace bench
