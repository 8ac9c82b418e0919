// SPDX-License-Identifier: MIT
// ECC errors that wait for a value on a stream: docs/hardware.md section 4.5.
#include "pieces.hpp"
#include "wrong_card.hpp"

namespace groq::chip::test {
namespace {

// The shift issues first, and what it drives comes last.
struct ecc_of_streams : testing::Test, wrong_card {
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

// Nothing happens between the two drives.
TEST_F(ecc_of_streams, befall_the_first_of_several_between_two_events) {
    queues.clear();
    add(mem(GROQ_EAST, 43), {read(0, east(0)), repeat(1)});
    for (uint32_t n : {0u, 1u})
        add(GROQ_ICU_SXM(GROQ_EAST, n),
            {nop(2 + n), shift(n ? GROQ_OPCODE_SHIFT_DOWN : GROQ_OPCODE_SHIFT_UP,
                               east(0), west(8), GROQ_TYPE_U8, 0)});
    add(mem(GROQ_EAST, 28), {nop(shifted + 4), write(1, west(8), 1), repeat(1)});
    flip_next(west(8), 7, {1});
    expect_run();
    EXPECT_EQ(errors_in(1), 1u);
    EXPECT_EQ(errors_in(2), 0u);
}

TEST_F(ecc_of_streams, befall_what_nobody_takes_too) {
    queues.clear();
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

} // namespace
} // namespace groq::chip::test
