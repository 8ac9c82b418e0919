// SPDX-License-Identifier: MIT
// ECC errors that programs meet: docs/isa.md section 5.6.
#include <thread>

#include "pieces.hpp"
#include "wrong_card.hpp"

namespace groq::chip::test {
namespace {

constexpr uint32_t source = GROQ_SRAM_ADDRESS(GROQ_WEST, 0, 7);
constexpr uint32_t target = GROQ_SRAM_ADDRESS(GROQ_EAST, 0, 9);

struct ecc : testing::Test, wrong_card {
    ecc() {
        for (uint32_t i = 0; i < GROQ_LANES; ++i)
            sram.get()[source + i] = static_cast<uint8_t>(i * 7 + 1);
    }

    // A word from `source`, as it arrives at `target`: stream east 5 is at the
    // VXM in cycle 2.
    void carry() {
        add(mem(GROQ_WEST, 0), {read(7, east(5))});
        add(mem(GROQ_EAST, 0), {nop(3), write(9, east(5))});
    }

    // What VXM ALU 0 makes of stream east 5 when it comes by lies at `target`.
    void carry_through_alu() {
        add(mem(GROQ_WEST, 0), {read(7, east(5))});
        add(GROQ_ICU_VXM(0),
            {nop(2), unary(GROQ_OPCODE_COPY, GROQ_TYPE_U8, east(6), east(5))});
        add(mem(GROQ_EAST, 0), {nop(2 + GROQ_DELAY_VXM + 1), write(9, east(6))});
    }

    void expect_run() {
        EXPECT_EQ(run().status, GROQ_COMPLETION_OK)
            << queue.last_fault().cause << " in " << queue.last_fault().unit;
    }

    void expect_counts(uint64_t single, uint64_t more) {
        EXPECT_EQ(corrected(), single);
        EXPECT_EQ(uncorrected(), more);
    }

    std::vector<uint8_t> truth(uint32_t address, uint32_t size = GROQ_VECTOR_BYTES) {
        return {sram.get() + address, sram.get() + address + size};
    }
};

TEST_F(ecc, goes_along_from_word_to_word_unchecked) {
    carry();
    flip(source + 16 * 4, {3});
    flip(source + 16 * 19, {100, 130});
    expect_run();
    expect_counts(0, 0);
    EXPECT_EQ(truth(target), truth(source));
    EXPECT_EQ(copy_out(target, 16 * 19), truth(source, 16 * 19));
    expect_counts(1, 0);
    copy_out(target, GROQ_VECTOR_BYTES);
    EXPECT_EQ(queue.last_fault().address, target + 16 * 19);
    expect_counts(2, 1);
    copy_out(source, GROQ_VECTOR_BYTES);
    EXPECT_EQ(queue.last_fault().address, source + 16 * 19) << "there it stays";
}

TEST_F(ecc, ends_where_a_program_writes) {
    carry();
    flip(target, {1, 2});
    flip(target + 64, {1});
    expect_run();
    copy_out(target, GROQ_VECTOR_BYTES);
    EXPECT_EQ(last.status, GROQ_COMPLETION_OK);
    expect_counts(0, 0);
}

TEST_F(ecc, leaves_with_the_word_that_is_read_while_another_is_written) {
    add(mem(GROQ_WEST, 0), {read(7, east(5))});
    add(mem(GROQ_EAST, 0), {nop(3), read_write(9, west(4), 5000, east(5))});
    add(mem(GROQ_WEST, 1), {nop(6), write(100, west(4))});
    flip(target, {9});
    flip(source, {8});
    expect_run();
    for (uint32_t address : {GROQ_SRAM_ADDRESS(GROQ_EAST, 0, 5000),
                             GROQ_SRAM_ADDRESS(GROQ_WEST, 1, 100)}) {
        uint64_t before = corrected();
        copy_out(address, GROQ_VECTOR_BYTES);
        EXPECT_EQ(corrected(), before + 1);
    }
}

TEST_F(ecc, is_corrected_before_a_unit_computes) {
    carry_through_alu();
    flip(source + 32, {5});
    flip(source + 48, {135});
    expect_run();
    EXPECT_EQ(truth(target), truth(source));
    expect_counts(2, 0);
    copy_out(target, GROQ_VECTOR_BYTES);
    expect_counts(2, 0); // what a unit makes is sound
    expect_run();
    expect_counts(4, 0); // what it took it from is not
}

TEST_F(ecc, of_two_bits_ends_the_program_that_consumes_it) {
    carry_through_alu();
    flip(source + 16 * 7, {5, 6});
    flip(source, {5});
    groq_fault f = fault_of_run();
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_ECC});
    EXPECT_EQ(f.unit, GROQ_ICU_VXM(0));
    EXPECT_EQ(f.cycle, 2u);
    EXPECT_EQ(f.detail, east(5));
    EXPECT_EQ(f.address, ~uint64_t{0});
    EXPECT_EQ(f.text, text_address(GROQ_ICU_VXM(0), 0) + GROQ_INSTRUCTION_BYTES);
    expect_counts(1, 1);
    EXPECT_EQ(truth(target), std::vector<uint8_t>(GROQ_VECTOR_BYTES));
}

TEST_F(ecc, of_three_bits_can_be_mistaken_for_one) {
    carry_through_alu();
    flip(source + 16, mistaken_triple);
    std::vector<uint8_t> expected = truth(source);
    flip_data(expected.data() + 16, mistaken_error());
    expect_run();
    EXPECT_EQ(truth(target), expected);
    expect_counts(1, 0);
    flip(source + 32, found_triple);
    EXPECT_EQ(fault_of_run().cause, uint32_t{GROQ_FAULT_ECC});
}

TEST_F(ecc, is_consumed_once_by_an_instruction_that_names_a_stream_twice) {
    add(mem(GROQ_WEST, 0), {read(7, east(5))});
    add(GROQ_ICU_VXM(0), {nop(2), ternary(GROQ_OPCODE_BLEND, GROQ_TYPE_U8, nowhere,
                                          east(5), immediate, east(5))});
    add(GROQ_ICU_VXM(1),
        {nop(2), binary(GROQ_OPCODE_XOR, GROQ_TYPE_U8, nowhere, east(5), east(5))});
    flip(source, {0});
    expect_run();
    expect_counts(2, 0);
}

// Every instruction that consumes, with its operands from streams 0..15 and the
// queue that executes it; what they carry is all zeros.
struct taker {
    const char *name;
    uint32_t icu;
    instruction_word word;
    uint32_t streams; // bit per stream that it consumes
};

const taker takers[] = {
    {"unary", GROQ_ICU_VXM(3), unary(GROQ_OPCODE_NEG, GROQ_TYPE_I32, nowhere, east(4)),
     0xf0},
    {"binary", GROQ_ICU_VXM(3),
     binary(GROQ_OPCODE_ADD_MOD, GROQ_TYPE_I16, nowhere, east(2), east(8)), 0x30c},
    {"ternary", GROQ_ICU_VXM(3),
     ternary(GROQ_OPCODE_BLEND, GROQ_TYPE_I8, nowhere, east(1), east(2), east(3)), 0xe},
    {"convert", GROQ_ICU_VXM(3),
     convert(GROQ_TYPE_I16, GROQ_TYPE_F32, nowhere, east(6)), 0xc0},
    {"lw", GROQ_ICU_MXM(GROQ_EAST, 0), load_weights(east(0), 0), 0xffff},
    {"iw.stream", GROQ_ICU_MXM(GROQ_EAST, 0), stream_weights(east(0), 0), 0xffff},
    {"shift", GROQ_ICU_SXM(GROQ_EAST, 0),
     shift(GROQ_OPCODE_SHIFT_UP, east(4), west(0), GROQ_TYPE_I16, 1), 0x30},
    {"select", GROQ_ICU_SXM(GROQ_EAST, 2),
     select(east(0), east(4), east(8), east(12), west(0), GROQ_TYPE_I32), 0x1fff},
    {"distribute", GROQ_ICU_SXM(GROQ_EAST, 4),
     distribute(east(0), east(5), west(0), GROQ_TYPE_I8), 0x21},
    {"rotate", GROQ_ICU_SXM(GROQ_EAST, 8), rotate(east(4), west(0), 3), 0x70},
    {"transpose", GROQ_ICU_SXM(GROQ_EAST, 9), transpose(east(0), west(0)), 0xffff},
    {"gather", mem(GROQ_EAST, 30), gather(west(0), 0, east(2)), 0xc},
    {"scatter", mem(GROQ_EAST, 30), scatter(east(0), 0, east(2)), 0xc},
};

void PrintTo(const taker &t, std::ostream *out) {
    *out << t.name;
}

struct every_taker : testing::TestWithParam<taker>, wrong_card {
    static int position(uint32_t icu) {
        if (icu < GROQ_ICU_VXM(0))
            return GROQ_POSITION_MEM(static_cast<int>(icu % GROQ_SLICES) / 4);
        if (icu < GROQ_ICU_SXM(GROQ_WEST, 0))
            return GROQ_POSITION_VXM;
        return icu < GROQ_ICU_MXM(GROQ_WEST, 0) ? GROQ_POSITION_SXM : GROQ_POSITION_MXM;
    }

    // All 16 streams carry a vector past the unit when it samples: they are at
    // -1 in cycle 5.
    void build_program() {
        for (uint32_t stream = 0; stream < 16; ++stream)
            add(mem(GROQ_WEST, stream), {nop(4 - stream / 4), read(0, east(stream))});
        auto hops = static_cast<uint32_t>(position(GetParam().icu) + 1);
        add(GetParam().icu, {nop(5 + hops), GetParam().word});
    }
};

TEST_P(every_taker, corrects_and_counts_what_it_consumes_and_nothing_else) {
    build_program();
    uint64_t count = 0;
    for (uint32_t stream = 0; stream < 16; ++stream) {
        flip_next(east(stream), 0, {stream * 8});
        EXPECT_EQ(run().status, GROQ_COMPLETION_OK) << queue.last_fault().cause;
        count += GetParam().streams >> stream & 1;
        EXPECT_EQ(corrected(), count) << stream;
    }
    EXPECT_EQ(uncorrected(), 0u);
}

TEST_P(every_taker, faults_for_the_first_of_its_streams_beyond_correction) {
    build_program();
    uint32_t first = static_cast<uint32_t>(std::countr_zero(GetParam().streams));
    for (uint32_t stream = 0; stream < 16; ++stream) {
        flip_next(east(stream), stream, {0, 136});
        bool consumes = GetParam().streams >> stream & 1;
        if (!consumes) {
            EXPECT_EQ(run().status, GROQ_COMPLETION_OK) << queue.last_fault().cause;
            continue;
        }
        groq_fault f = fault_of_run();
        EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_ECC});
        EXPECT_EQ(f.detail, east(stream));
        EXPECT_EQ(f.unit, GetParam().icu);
        if (stream == first)
            continue;
        flip_next(east(first), 19, {7, 8});
        flip_next(east(stream), 0, {7, 8});
        EXPECT_EQ(fault_of_run().detail, east(first));
    }
}

INSTANTIATE_TEST_SUITE_P(ecc, every_taker, testing::ValuesIn(takers),
                         [](const auto &of) {
                             std::string name = of.param.name;
                             std::replace(name.begin(), name.end(), '.', '_');
                             return name;
                         });

TEST_F(ecc, is_looked_for_in_activations_of_both_widths) {
    for (uint32_t type : {GROQ_TYPE_U8, GROQ_TYPE_F16}) {
        queues.clear();
        uint32_t activations = GROQ_ICU_MXM(GROQ_EAST, GROQ_MXM_QUEUE_ACTIVATIONS(0));
        add(mem(GROQ_EAST, 40), {read(0, east(0))});
        add(mem(GROQ_EAST, 41), {read(0, east(1))});
        add(activations, {nop(3), activate(east(0), type)});
        add(activations + 1,
            {nop(3 + GROQ_DELAY_MXM_MULTIPLY),
             accumulate(0, false, std::nullopt, 0,
                        type == GROQ_TYPE_F16 ? GROQ_TYPE_F32 : GROQ_TYPE_I32)});
        uint64_t before = corrected();
        flip_next(east(0), 2, {1});
        flip_next(east(1), 2, {1});
        expect_run();
        EXPECT_EQ(corrected() - before, type == GROQ_TYPE_F16 ? 2u : 1u);
        flip_next(east(0), 2, {1, 2});
        EXPECT_EQ(fault_of_run().detail, east(0));
    }
}

TEST_F(ecc, comes_after_an_empty_stream_and_before_a_bad_map) {
    add(mem(GROQ_EAST, 43), {read(0, east(0))});
    add(GROQ_ICU_SXM(GROQ_EAST, 4),
        {nop(2), distribute(east(0), east(1), west(0), GROQ_TYPE_U8)});
    flip_next(east(0), 3, {1, 2});
    EXPECT_EQ(fault_of_run().cause, uint32_t{GROQ_FAULT_STREAM_EMPTY});
    expect_counts(0, 0);
    add(mem(GROQ_EAST, 42), {read(8, east(1))});
    word(GROQ_EAST, 42, 8)[0] = 16;
    EXPECT_EQ(fault_of_run().cause, uint32_t{GROQ_FAULT_MAP});
    flip_next(east(0), 3, {1, 2});
    EXPECT_EQ(fault_of_run().cause, uint32_t{GROQ_FAULT_ECC});
}

// Bit 6 of the high byte names word 16384 and on.
TEST_F(ecc, in_a_map_is_found_before_the_word_that_it_names) {
    add(mem(GROQ_EAST, 0), {read(0, east(0))});
    add(mem(GROQ_EAST, 1), {read(0, east(1))});
    add(mem(GROQ_EAST, 8), {nop(3), gather(east(5), 0, east(0))});
    flip_next(east(1), 0, {6});
    expect_run();
    expect_counts(1, 0);
    flip_next(east(1), 0, {6, 7});
    EXPECT_EQ(fault_of_run().cause, uint32_t{GROQ_FAULT_ECC});
}

TEST_F(ecc, is_gathered_and_scattered_by_the_tile) {
    uint8_t *map = word(GROQ_EAST, 0, 100);
    for (uint32_t tile = 0; tile < GROQ_TILES; ++tile)
        map[tile * GROQ_TILE_LANES] = static_cast<uint8_t>(tile);
    add(mem(GROQ_EAST, 0), {read(100, east(0))});
    add(mem(GROQ_EAST, 1), {read(0, east(1))});
    add(mem(GROQ_EAST, 8), {nop(3), gather(east(2), 50, east(0))}); // at 3 in cycle 4
    add(mem(GROQ_EAST, 0), {read(100, east(4))});
    add(mem(GROQ_EAST, 1), {read(0, east(5))});
    add(mem(GROQ_EAST, 12), {nop(5), scatter(east(2), 60, east(4))}); // at 4
    auto tile_of = [](uint32_t slice, uint32_t base, uint32_t tile) {
        return GROQ_SRAM_ADDRESS(GROQ_EAST, slice, base + tile) +
               tile * GROQ_TILE_LANES;
    };
    flip(tile_of(8, 50, 3), {1});
    flip(tile_of(8, 50, 4) + 16, {1}); // of another tile: not read
    flip(tile_of(12, 60, 6), {1, 2});  // overwritten
    expect_run();
    expect_counts(0, 0);
    copy_out(tile_of(12, 60, 6), 16);
    expect_counts(0, 0);
    copy_out(tile_of(12, 60, 3), 16);
    expect_counts(1, 0);
    copy_out(tile_of(12, 60, 4), 32);
    expect_counts(1, 0);
}

TEST_F(ecc, is_not_looked_for_in_tiles_without_power) {
    carry_through_alu();
    queues[GROQ_ICU_VXM(0)][0] = nop(1);
    queues[GROQ_ICU_VXM(0)].insert(queues[GROQ_ICU_VXM(0)].begin(), config(5));
    flip(source + 16 * 4, {1});
    flip(source + 16 * 5, {1, 2});
    expect_run();
    expect_counts(1, 0);
}

TEST_F(ecc, stays_where_a_write_has_no_power_and_goes_where_a_read_has) {
    carry();
    queues[mem(GROQ_EAST, 0)] = {config(5), nop(2), write(9, east(5))};
    flip(target + 16 * 4, {1, 2});
    flip(target + 16 * 5, {1});
    flip(source + 16 * 6, {1, 2});
    expect_run();
    copy_out(target, GROQ_VECTOR_BYTES);
    EXPECT_EQ(last.status, GROQ_COMPLETION_OK);
    expect_counts(1, 0);
    queues.clear();
    add(mem(GROQ_WEST, 0), {config(6), read(7, east(5))});
    add(mem(GROQ_EAST, 0), {nop(4), write(9, east(5))});
    expect_run();
    copy_out(target, GROQ_VECTOR_BYTES);
    EXPECT_EQ(last.status, GROQ_COMPLETION_OK) << "zeros are sound";
}

TEST_F(ecc, in_text_is_corrected_or_ends_the_program_before_it_begins) {
    carry();
    uint32_t first = text_address(mem(GROQ_WEST, 0), 0);
    uint32_t second = text_address(mem(GROQ_EAST, 0), 0);
    build();
    flip(first, {2});
    flip(second + 624, {2}); // loaded, never executed
    expect_run();
    expect_counts(2, 0);
    flip(second + 624, {3});
    groq_fault f = fault_of_run();
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_ECC});
    EXPECT_EQ(f.unit, mem(GROQ_EAST, 0));
    EXPECT_EQ(f.cycle, 0u);
    EXPECT_EQ(f.address, second + 624);
    EXPECT_EQ(f.text, ~0u);
    EXPECT_EQ(read64(GROQ_PROGRAMS_FAULTED), 1u);
    expect_counts(3, 1);
    flip(first + 320, {1, 2});
    EXPECT_EQ(fault_of_run().unit, mem(GROQ_WEST, 0)) << "the lowest number";
}

TEST_F(ecc, in_text_that_looks_like_another_error_executes_as_something_else) {
    carry();
    build();
    // The opcode, and bit 5 of it: no instruction any more.
    flip(text_address(mem(GROQ_WEST, 0), 0), mistaken_triple);
    groq_fault f = fault_of_run();
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_ILLEGAL});
    instruction_word wrong = read(7, east(5));
    flip_data(reinterpret_cast<uint8_t *>(&wrong), mistaken_error());
    EXPECT_EQ(std::memcmp(f.instruction, &wrong, sizeof(wrong)), 0);
    expect_counts(1, 0);
}

TEST_F(ecc, in_text_that_is_fetched_counts_in_the_cycle_of_its_half) {
    uint32_t icu = GROQ_ICU_VXM(1), text = text_address(icu, 1);
    add(icu, {nop(4), ifetch(text), nop(100)});
    flip(text, {1});
    flip(text + 320, {1});
    expect_run();
    expect_counts(2, 0);
    for (uint32_t half : {0u, 1u}) {
        flip(text + half * 320 + 16, {1, 2});
        groq_fault f = fault_of_run();
        EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_ECC});
        EXPECT_EQ(f.cycle, 4u + half);
        EXPECT_EQ(f.unit, icu);
        EXPECT_EQ(f.address, text + half * 320 + 16);
        flip(text + half * 320 + 16, {1, 2});
    }
}

TEST_F(ecc, in_the_launch_table_is_corrected_or_ends_the_command) {
    carry();
    build();
    flip(launch_address + 16, {5});
    expect_run();
    expect_counts(1, 0);
    flip(launch_address + 16, {4});
    groq_fault f = fault_of_run();
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_ECC});
    EXPECT_EQ(f.address, launch_address + 16);
    EXPECT_EQ(f.unit, uint32_t{GROQ_FAULT_NO_UNIT});
    expect_counts(1, 1);
}

// The shift issues first, and what it drives comes last.
struct ecc_of_streams : ecc {
    static constexpr uint32_t shifted = 2 + GROQ_DELAY_SXM_SHIFT;

    ecc_of_streams() {
        add(mem(GROQ_EAST, 43), {read(0, east(0)), nop(9), read(1, west(8))});
        add(GROQ_ICU_SXM(GROQ_EAST, 0),
            {nop(2), shift(GROQ_OPCODE_SHIFT_UP, east(0), west(8), GROQ_TYPE_U8, 0)});
        // At 11 in cycle 11, at 8 in cycle 14; from 12 in cycle 38, at 8 in 42.
        add(mem(GROQ_EAST, 28),
            {nop(14), write(1, west(8)), nop(shifted + 4 - 15), write(2, west(8))});
    }

    uint64_t errors_in(uint32_t number) {
        uint64_t before = corrected();
        copy_out(GROQ_SRAM_ADDRESS(GROQ_EAST, 28, number), GROQ_VECTOR_BYTES);
        return corrected() - before;
    }

    // Lets the program go on for @cycles.
    void work(uint64_t cycles) {
        groq_chip_work(chip.get(), GROQ_ENGINE_PROGRAM, cycles);
    }

    // The program, up to cycle @cycle.
    void start(uint64_t cycle) {
        queue.push(build());
        queue.ring();
        groq_chip_work(chip.get(), GROQ_ENGINE_COPY, 1); // it fetches commands
        work(cycle);
        EXPECT_TRUE(read32(GROQ_STATUS) & GROQ_STATUS_RUNNING);
    }

    void finish() {
        settle();
        EXPECT_EQ(queue.reap().value().status, GROQ_COMPLETION_OK);
        queue.acknowledge();
    }
};

TEST_F(ecc_of_streams, befall_the_first_value_that_is_driven_and_it_alone) {
    flip_next(west(8), 7, {1});
    expect_run();
    EXPECT_EQ(errors_in(1), 1u);
    EXPECT_EQ(errors_in(2), 0u);
    expect_run();
    EXPECT_EQ(errors_in(1) + errors_in(2), 0u);
}

TEST_F(ecc_of_streams, befall_what_is_driven_after_they_are_asked_for) {
    for (uint64_t cycle : {5u, 10u, 11u, 12u, 30u, 37u}) {
        start(cycle);
        flip_next(west(8), 7, {1});
        finish();
        EXPECT_EQ(errors_in(1), cycle <= 11 ? 1u : 0u) << cycle;
        EXPECT_EQ(errors_in(2), cycle <= 11 ? 0u : 1u) << cycle;
    }
}

TEST_F(ecc_of_streams, wait_for_a_program_that_drives) {
    start(39);
    flip_next(west(8), 7, {1});
    flip_next(west(8), 7, {2});
    flip_next(west(8), 7, {2});
    finish();
    EXPECT_EQ(errors_in(1) + errors_in(2), 0u);
    expect_run();
    EXPECT_EQ(errors_in(1), 1u) << "two of three were one";
}

TEST_F(ecc_of_streams, are_dropped_by_a_reset) {
    flip_next(west(8), 7, {1});
    write32(GROQ_CONTROL, GROQ_CONTROL_RESET);
    settle();
    queue.set_up(4);
    queue.open_everything();
    queue.enable();
    expect_run();
    EXPECT_EQ(errors_in(1) + errors_in(2), 0u);
}

TEST_F(ecc_of_streams, befall_what_nobody_takes_too) {
    add(GROQ_ICU_VXM(0), {unary(GROQ_OPCODE_COPY, GROQ_TYPE_U8, east(20), immediate)});
    flip_next(east(20), 0, {1, 2});
    expect_run();
    queues.erase(GROQ_ICU_VXM(0));
    add(mem(GROQ_WEST, 0), {read(7, east(20))});
    add(mem(GROQ_EAST, 0), {nop(3), write(9, east(20))});
    expect_run();
    copy_out(target, GROQ_VECTOR_BYTES);
    expect_counts(0, 0);
}

TEST_F(ecc_of_streams, are_the_same_whether_the_program_is_interrupted) {
    flip_next(west(8), 7, {1});
    flip(GROQ_SRAM_ADDRESS(GROQ_EAST, 43, 0), {1, 2}); // goes into the shift
    EXPECT_EQ(run_in_pieces(*this).status, GROQ_COMPLETION_FAULT);
    EXPECT_EQ(queue.last_fault().cause, uint32_t{GROQ_FAULT_ECC});
    flip(GROQ_SRAM_ADDRESS(GROQ_EAST, 43, 0), {2});
    EXPECT_EQ(run_in_pieces(*this).status, GROQ_COMPLETION_OK);
    expect_counts(1, 1);
    EXPECT_EQ(errors_in(1), 1u);
    EXPECT_EQ(errors_in(2), 0u);
}

TEST_F(ecc_of_streams, travel_with_the_saved_state) {
    flip(source, {1, 2});
    flip_next(west(8), 7, {1, 2});
    start(5);
    flip_next(west(9), 0, {1});
    state s = save(*this);
    wrong_card other;
    std::memcpy(other.sram.get(), sram.get(), sram_bytes);
    std::memcpy(other.host.at(fake_host::base), host.at(fake_host::base),
                fake_host::bytes);
    ASSERT_TRUE(load(other, s));
    EXPECT_EQ(save(other), s);
    settle();
    other.settle();
    EXPECT_EQ(save(other), save(*this));
    other.queue.disable();
    other.settle();
    other.queue.enable();
    for (uint32_t wrong : {source, GROQ_SRAM_ADDRESS(GROQ_EAST, 28, 1) + 7u * 16}) {
        other.copy_out(wrong, 16);
        EXPECT_EQ(other.queue.last_fault().cause, uint32_t{GROQ_FAULT_ECC});
    }
}

// For the sanitizers: registers may be written at any time.
TEST_F(ecc, may_be_injected_while_both_engines_work) {
    carry_through_alu();
    driver_queue copies(*this, 2);
    copies.open_everything();
    for (int n = 0; n < 10; ++n) {
        queue.push(build());
        copies.push(copy_command(GROQ_OP_COPY_OUT, buffer, source, 320));
        copies.push(fill_command(source + 8, 300, 1));
        queue.ring();
        copies.ring();
        std::thread injector([this] {
            for (uint32_t i = 0; i < 200; ++i) {
                flip(source + 16 * (i % 20), {i % codeword::bits});
                flip_next(east(5), i % 20, {i % codeword::bits});
            }
        });
        std::thread program([this] {
            while (groq_chip_work(chip.get(), GROQ_ENGINE_PROGRAM, 5))
                ;
        });
        while (groq_chip_work(chip.get(), GROQ_ENGINE_COPY, 50))
            ;
        program.join();
        injector.join();
        settle();
        EXPECT_TRUE(queue.reap().has_value());
        EXPECT_TRUE(copies.reap().has_value() && copies.reap().has_value());
        queue.acknowledge();
        copies.acknowledge();
    }
}

} // namespace
} // namespace groq::chip::test
