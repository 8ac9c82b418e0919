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

// `code`, from `cycle` on in every cycle, or with so many from one to the next.
void keep_busy(schedule &plan, std::uint64_t cycle, unsigned icu,
               const instruction &code, unsigned interval = 1) {
    for (unsigned done = 0; done < busy_cycles; done += burst_cycles)
        plan.at(cycle + done, icu, code, {burst_cycles / interval - 1, interval});
}

// All words of a slice one after the other, over and over.
void keep_reading(schedule &plan, std::uint64_t cycle, unsigned slice,
                  unsigned stream) {
    for (unsigned done = 0; done < busy_cycles; done += GROQ_SLICE_WORDS)
        plan.at(cycle + done, slice,
                make<GROQ_OPCODE_READ>({.stream = stream, .word = 0, .step = 1}),
                {GROQ_SLICE_WORDS - 1, 1});
}

// The words of bank 0 over and over to stream `out`, what comes on `in` to bank 1.
// The slice that it faces does the same, and its first word is there `lag` cycles
// after it is read.
void keep_moving(schedule &plan, unsigned slice, unsigned out, unsigned in,
                 unsigned lag) {
    constexpr unsigned words = GROQ_BANK_WORDS;
    plan.at(0, slice,
            make<GROQ_OPCODE_READ>({.stream = out, .word = words - lag, .step = 1}),
            {lag - 1, 1});
    for (unsigned done = 0; done < busy_cycles; done += words)
        plan.at(lag + done, slice,
                make<GROQ_OPCODE_READ_WRITE>({.read_stream = out,
                                              .read_word = 0,
                                              .read_step = 1,
                                              .write_stream = in,
                                              .write_word = words,
                                              .write_step = 1}),
                {words - 1, 1});
}

// A hemisphere of which some planes compute without a pause. Its slices 0 to 15
// hold the weights, slices 16 and 17 the activations; all flow outwards.
class dense_hemisphere {
public:
    dense_hemisphere(program_builder &builder, schedule &plan, unsigned hemisphere)
        : plan_(plan), hemisphere_(hemisphere) {
        for (unsigned n = 0; n < weight_slices; ++n) {
            const unsigned slice = GROQ_ICU_MEM(hemisphere, n);
            add_random_data(builder, slice, GROQ_MXM_PLANES * weight_words);
            plan.at(departure(slice, weights_time), slice,
                    make<GROQ_OPCODE_READ>(
                        {.stream = stream(weights_stream + n), .word = 0, .step = 1}),
                    {GROQ_MXM_PLANES * weight_words - 1, 1});
        }
        for (unsigned n = 0; n < 2; ++n) {
            const unsigned slice = GROQ_ICU_MEM(hemisphere, weight_slices + n);
            add_random_data(builder, slice, GROQ_SLICE_WORDS);
            keep_reading(plan, departure(slice, multiply_time), slice,
                         stream(activations_stream + n));
        }
    }

    // One plane on int8.
    void add_plane(unsigned plane) {
        load(plane);
        compute(plane, activate(GROQ_TYPE_I8), GROQ_TYPE_I32, 1);
    }

    // Both on binary16.
    void add_tandem() {
        load(0);
        load(1);
        compute(0, activate(GROQ_TYPE_F16), GROQ_TYPE_F32, GROQ_MXM_F16_CYCLES);
    }

private:
    static constexpr unsigned weight_slices = 16; // as many streams as LW takes
    static constexpr unsigned weight_words = GROQ_LANES / weight_slices;
    static constexpr unsigned weights_stream = 16, activations_stream = 0;
    // Cycles in which the first value is at the arrays.
    static constexpr unsigned weights_time = 20;
    static constexpr unsigned install_time =
        weights_time + GROQ_MXM_PLANES * weight_words;
    static constexpr unsigned multiply_time = install_time + GROQ_DELAY_MXM_INSTALL;

    // As binary16 its numbers are finite: that of weights and activations alike.
    static void add_random_data(program_builder &builder, unsigned slice,
                                unsigned words) {
        std::vector<std::byte> bytes = random_bytes(words * GROQ_VECTOR_BYTES);
        for (std::byte &b : bytes)
            b &= std::byte{0xbf};
        builder.add_data(slice_name(slice), address_of(slice, 0), std::move(bytes));
    }

    // The words of its own: those of plane 1 follow those of plane 0.
    void load(unsigned plane) {
        const unsigned weights = queue(GROQ_MXM_QUEUE_WEIGHTS(plane));
        plan_.at(weights_time + plane * weight_words, weights,
                 make<GROQ_OPCODE_LW>(
                     {.stream = stream(weights_stream), .block = 0, .step = 1}),
                 {weight_words - 1, 1});
        plan_.at(install_time, weights, make<GROQ_OPCODE_IW>());
    }

    instruction activate(unsigned type) const {
        return make<GROQ_OPCODE_ABC>(
            {.stream = stream(activations_stream), .type = type});
    }

    void compute(unsigned plane, const instruction &activation, unsigned sums,
                 unsigned interval) {
        keep_busy(plan_, multiply_time, queue(GROQ_MXM_QUEUE_ACTIVATIONS(plane)),
                  activation, interval);
        keep_busy(plan_, multiply_time + GROQ_DELAY_MXM_MULTIPLY,
                  queue(GROQ_MXM_QUEUE_RESULTS(plane)),
                  make<GROQ_OPCODE_ACC>({.add = 1, .type = sums}), interval);
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

program make_moving_program() {
    program_builder builder;
    schedule &plan = builder.add_entry("main");
    for (unsigned n = 0; n < GROQ_STREAMS; ++n) {
        const unsigned western = GROQ_ICU_MEM(GROQ_WEST, n);
        const unsigned eastern = GROQ_ICU_MEM(GROQ_EAST, n);
        const unsigned lag =
            GROQ_DELAY_MEM_READ + hops(position_of(western), position_of(eastern));
        keep_moving(plan, western, east(n), west(n), lag);
        keep_moving(plan, eastern, west(n), east(n), lag);
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

program make_half_program() {
    program_builder builder;
    schedule &plan = builder.add_entry("main");
    for (unsigned hemisphere : {GROQ_WEST, GROQ_EAST})
        dense_hemisphere(builder, plan, hemisphere).add_tandem();
    return builder.link();
}

program make_chain_program() {
    constexpr unsigned bytes = 4; // of a binary32 number, each on a stream
    constexpr std::uint64_t start = 2;
    constexpr std::int64_t one = 0x3f800000;
    program_builder builder;
    schedule &plan = builder.add_entry("main");
    for (unsigned n = 0; n < bytes; ++n) {
        const unsigned slice = GROQ_ICU_MEM(GROQ_WEST, n);
        builder.add_data(slice_name(slice), address_of(slice, 0),
                         random_bytes(GROQ_SLICE_WORDS * GROQ_VECTOR_BYTES));
        keep_reading(plan, 0, slice, east(n));
    }
    for (unsigned n = 0; n < GROQ_VXM_ALUS; ++n) {
        const bool is_first = n == 0, is_last = n == GROQ_VXM_ALUS - 1;
        const instruction code = make<GROQ_OPCODE_ADD_MOD>(
            {.type = GROQ_TYPE_F32,
             .target = is_last ? east(bytes) : GROQ_OPERAND_NONE,
             .a = is_first ? east(0) : alu(n - 1),
             .b = GROQ_OPERAND_IMMEDIATE,
             .immediate = one});
        keep_busy(plan, start + n * GROQ_DELAY_VXM_OP, GROQ_ICU_VXM(n), code);
    }
    return builder.link();
}

program make_straight_program() {
    constexpr unsigned reads = 1000, apart = 4;
    program_builder builder;
    schedule &plan = builder.add_entry("main");
    for (unsigned n = 0; n < GROQ_STREAMS; ++n)
        for (unsigned i = 0; i < reads; ++i)
            plan.at(i * apart, GROQ_ICU_MEM(GROQ_WEST, n),
                    make<GROQ_OPCODE_READ>(
                        {.stream = west(n), .word = i * i % GROQ_SLICE_WORDS}));
    return builder.link();
}

} // namespace bench
