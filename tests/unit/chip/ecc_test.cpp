// SPDX-License-Identifier: MIT
// ECC errors that programs meet: docs/isa.md section 5.6.
#include <algorithm>
#include <thread>

#include "wrong_card.hpp"

namespace groq::chip::test {
namespace {

struct ecc : testing::Test, wrong_card {
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
                                          immediate, east(5), east(5))});
    add(GROQ_ICU_VXM(1),
        {nop(2), binary(GROQ_OPCODE_XOR, GROQ_TYPE_U8, nowhere, east(5), east(5))});
    flip(source, {0});
    expect_run();
    expect_counts(2, 0);
}

// Long after, the place of a wrong value is that of another one.
TEST_F(ecc, ends_with_the_value_that_it_came_with) {
    constexpr uint32_t count = 1000;
    add(mem(GROQ_WEST, 0), {read(7, east(5)), read(100, east(5), 1), repeat(count)});
    add(mem(GROQ_EAST, 0), {nop(3), write(9, east(5), 1), repeat(count)});
    flip(source, {8});
    expect_run();
    copy_out(target, count * GROQ_VECTOR_BYTES);
    expect_counts(1, 0);
}

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
    groq_command reversed = build();
    uint8_t *table = sram.get() + launch_address;
    std::swap_ranges(table, table + sizeof(groq_launch), table + sizeof(groq_launch));
    queue.execute(reversed);
    EXPECT_EQ(queue.last_fault().unit, mem(GROQ_WEST, 0)) << "in any order";
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
    flip(launch_address + 16, {4, 5}); // sound again
    flip(launch_address, mistaken_triple);
    EXPECT_EQ(fault_of_run().cause, uint32_t{GROQ_FAULT_BAD_LAUNCH})
        << "for a queue that there is not";
    expect_counts(2, 1);
}

// For the sanitizers: registers may be written at any time.
TEST_F(ecc, may_be_injected_while_both_engines_work) {
    constexpr uint32_t beside = GROQ_SRAM_ADDRESS(GROQ_EAST, 20, 0);
    carry_through_alu();
    driver_queue copies(*this, 2);
    copies.open_everything();
    for (int n = 0; n < 10; ++n) {
        queue.push(build());
        copies.push(copy_command(GROQ_OP_COPY_OUT, buffer, beside, 320));
        copies.push(fill_command(beside + 8, 300, 1));
        queue.ring();
        copies.ring();
        std::thread injector([this] {
            for (uint32_t i = 0; i < 200; ++i) {
                flip((i % 2 ? source : beside) + 16 * (i % 20), {i % codeword::bits});
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
