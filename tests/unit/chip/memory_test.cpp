// SPDX-License-Identifier: MIT
// MEM and the streams: docs/isa.md sections 1, 3 and 5.1.
#include <numeric>

#include "program.hpp"

namespace groq::chip::test {
namespace {

constexpr uint32_t slices = 2 * GROQ_SLICES;

struct memory : testing::Test, program_card {
    void fill(uint8_t *vector, uint8_t seed) {
        for (int i = 0; i < GROQ_LANES; ++i)
            vector[i] = static_cast<uint8_t>(seed * 37 + i * 3);
    }

    bool equal(const uint8_t *a, const uint8_t *b) {
        return std::memcmp(a, b, GROQ_VECTOR_BYTES) == 0;
    }

    static int position(uint32_t icu) {
        int distance = GROQ_POSITION_MEM(static_cast<int>(icu % GROQ_SLICES / 4));
        return icu < GROQ_SLICES ? -distance : distance;
    }

    // Reads in cycle 0 from slice @from; writes at slice @to so that the value
    // is just there.
    void carry(uint32_t from, uint32_t to) {
        int hops = position(to) - position(from);
        uint32_t stream = hops >= 0 ? east(9) : west(9);
        uint32_t wait = static_cast<uint32_t>(std::abs(hops)) + GROQ_DELAY_MEM_READ;
        add(from, {read(100, stream)});
        add(to, {nop(wait), write(5000, stream)});
    }
};

TEST_F(memory, carries_a_word_across_the_center_one_hop_per_cycle) {
    fill(word(GROQ_WEST, 0, 7), 1);
    add(mem(GROQ_WEST, 0), {read(7, east(5))});          // at -1 in cycle 1
    add(mem(GROQ_EAST, 0), {nop(3), write(9, east(5))}); // at 1 in cycle 3
    groq_completion c = run();
    EXPECT_EQ(c.status, GROQ_COMPLETION_OK);
    EXPECT_EQ(c.result, 3u + 1 + GROQ_DELAY_DRAIN);
    EXPECT_TRUE(equal(word(GROQ_WEST, 0, 7), word(GROQ_EAST, 0, 9)));
    EXPECT_EQ(read64(GROQ_CYCLES), c.result);
    EXPECT_EQ(read64(GROQ_PROGRAMS_DONE), 1u);
}

TEST_F(memory, carries_a_word_between_any_two_slices_in_time) {
    for (uint32_t from = 0; from < slices; from += 3) {
        for (uint32_t to = 1; to < slices; to += 7) {
            if (from == to || from == 42 || from == 43)
                continue; // those hold the program
            queues.clear();
            uint8_t *source = sram.get() + from * GROQ_SLICE_BYTES + 100 * 320;
            uint8_t *target = sram.get() + to * GROQ_SLICE_BYTES + 5000 * 320;
            fill(source, static_cast<uint8_t>(from + to));
            carry(from, to);
            ASSERT_EQ(run().status, GROQ_COMPLETION_OK) << from << " to " << to;
            ASSERT_TRUE(equal(source, target)) << from << " to " << to;
        }
    }
}

TEST_F(memory, has_nothing_for_a_sample_a_cycle_too_early_or_too_late) {
    for (uint32_t wait : {2u, 4u}) {
        queues.clear();
        add(mem(GROQ_WEST, 0), {read(7, east(5))});
        add(mem(GROQ_EAST, 0), {nop(wait), write(9, east(5))});
        groq_fault f = fault_of_run();
        EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_STREAM_EMPTY});
        EXPECT_EQ(f.unit, mem(GROQ_EAST, 0));
        EXPECT_EQ(f.cycle, wait);
        EXPECT_EQ(f.detail, east(5));
        EXPECT_EQ(f.text, text_address(mem(GROQ_EAST, 0), 0) + GROQ_INSTRUCTION_BYTES);
        instruction_word word = write(9, east(5));
        EXPECT_EQ(std::memcmp(f.instruction, &word, sizeof(word)), 0);
        EXPECT_EQ(read64(GROQ_QUEUE(1) + GROQ_QUEUE_STATUS) & GROQ_QUEUE_ENABLED, 1u);
    }
    EXPECT_EQ(read64(GROQ_PROGRAMS_FAULTED), 2u);
}

TEST_F(memory, lets_a_value_leave_at_the_edge) {
    add(mem(GROQ_EAST, 41), {read(7, east(0))}); // at 11 in cycle 1
    add(GROQ_ICU_MXM(GROQ_EAST, 1), {nop(4), activate(east(0))});
    groq_fault f = fault_of_run();
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_STREAM_EMPTY})
        << "at 13 in cycle 3, then gone";
}

TEST_F(memory, does_not_consume_what_is_sampled) {
    fill(word(GROQ_WEST, 0, 7), 3);
    add(mem(GROQ_WEST, 0), {read(7, east(1))});
    for (uint32_t slice : {0, 1, 2, 3})
        add(mem(GROQ_EAST, slice), {nop(3), write(9, east(1))});
    add(mem(GROQ_EAST, 39), {nop(12), write(9, east(1))});
    EXPECT_EQ(run().status, GROQ_COMPLETION_OK);
    for (uint32_t slice : {0, 1, 2, 3, 39})
        EXPECT_TRUE(equal(word(GROQ_WEST, 0, 7), word(GROQ_EAST, slice, 9))) << slice;
}

TEST_F(memory, replaces_a_value_that_passes_a_drive) {
    fill(word(GROQ_WEST, 20, 1), 1);
    fill(word(GROQ_WEST, 0, 1), 2);
    add(mem(GROQ_WEST, 20), {read(1, east(4))});         // at -6 in 1, at -1 in 6
    add(mem(GROQ_WEST, 0), {nop(5), read(1, east(4))});  // drives -1 in 6
    add(mem(GROQ_WEST, 1), {nop(6), write(9, east(4))}); // samples -1 in 6
    add(mem(GROQ_EAST, 0), {nop(8), write(9, east(4))}); // downstream of it
    add(mem(GROQ_WEST, 4), {nop(5), write(9, east(4))}); // upstream of it
    EXPECT_EQ(run().status, GROQ_COMPLETION_OK);
    EXPECT_TRUE(equal(word(GROQ_WEST, 1, 9), word(GROQ_WEST, 0, 1)))
        << "drives come before samples";
    EXPECT_TRUE(equal(word(GROQ_EAST, 0, 9), word(GROQ_WEST, 0, 1)));
    EXPECT_TRUE(equal(word(GROQ_WEST, 4, 9), word(GROQ_WEST, 20, 1)));
}

TEST_F(memory, keeps_the_directions_and_numbers_of_streams_apart) {
    fill(word(GROQ_WEST, 0, 1), 1);
    fill(word(GROQ_WEST, 1, 1), 2);
    fill(word(GROQ_EAST, 40, 1), 3);
    add(mem(GROQ_WEST, 0), {nop(12), read(1, east(6))});
    add(mem(GROQ_WEST, 1), {nop(12), read(1, east(7))});
    add(mem(GROQ_EAST, 40), {nop(2), read(1, west(6))}); // at 11 in 3, at 1 in 13
    add(mem(GROQ_EAST, 0), {nop(13), write(9, west(6)), write(10, east(6))});
    add(mem(GROQ_EAST, 1), {nop(14), write(9, east(7))});
    groq_completion c = run();
    EXPECT_EQ(c.status, GROQ_COMPLETION_FAULT) << "east 6 is at 1 in cycle 15";
    EXPECT_EQ(queue.last_fault().cycle, 14u);
    queues.erase(mem(GROQ_EAST, 0));
    add(mem(GROQ_EAST, 0), {nop(13), write(9, west(6)), nop(1), write(10, east(6))});
    queues.erase(mem(GROQ_EAST, 1));
    add(mem(GROQ_EAST, 1), {nop(15), write(9, east(7))});
    EXPECT_EQ(run().status, GROQ_COMPLETION_OK);
    EXPECT_TRUE(equal(word(GROQ_EAST, 0, 9), word(GROQ_EAST, 40, 1)));
    EXPECT_TRUE(equal(word(GROQ_EAST, 0, 10), word(GROQ_WEST, 0, 1)));
    EXPECT_TRUE(equal(word(GROQ_EAST, 1, 9), word(GROQ_WEST, 1, 1)));
}

TEST_F(memory, faults_when_two_drive_one_stream_at_one_place_and_time) {
    add(mem(GROQ_WEST, 5), {nop(4), read(1, east(4))});
    add(mem(GROQ_WEST, 6), {nop(4), read(1, east(4))});
    add(mem(GROQ_WEST, 7), {nop(4), read(1, east(5))});
    groq_fault f = fault_of_run();
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_STREAM_CONFLICT});
    EXPECT_EQ(f.unit, mem(GROQ_WEST, 6)) << "the later number";
    EXPECT_EQ(f.cycle, 4u + GROQ_DELAY_MEM_READ) << "when it is driven";
    EXPECT_EQ(f.detail, east(4));
}

TEST_F(memory, reports_the_lowest_queue_of_several_that_fault_at_once) {
    for (uint32_t wait : {4, 1000}) {
        queues.clear();
        for (uint32_t slice : {30, 11, 17, 25, 14})
            add(mem(GROQ_WEST, slice), {nop(wait), write(1, east(4))});
        EXPECT_EQ(fault_of_run().unit, mem(GROQ_WEST, 11));
        EXPECT_EQ(queue.last_fault().cycle, wait);
    }
    // The lowest is the last to begin its wait.
    queues[mem(GROQ_WEST, 11)] = {nop(2), nop(998), write(1, east(4))};
    EXPECT_EQ(fault_of_run().unit, mem(GROQ_WEST, 11));
}

TEST_F(memory, steps_words_with_each_repetition) {
    for (uint32_t i = 0; i < 10; ++i)
        fill(word(GROQ_WEST, 0, 90 - 5 * i), static_cast<uint8_t>(i));
    add(mem(GROQ_WEST, 0), {read(90, east(3), -5), repeat(9)});
    add(mem(GROQ_EAST, 0), {nop(3), write(4096, east(3), 2), repeat(9)});
    EXPECT_EQ(run().status, GROQ_COMPLETION_OK);
    for (uint32_t i = 0; i < 10; ++i)
        EXPECT_TRUE(
            equal(word(GROQ_WEST, 0, 90 - 5 * i), word(GROQ_EAST, 0, 4096 + 2 * i)));
}

TEST_F(memory, reads_and_writes_different_banks_in_one_cycle) {
    for (uint32_t i = 0; i < 5; ++i)
        fill(word(GROQ_WEST, 4, i), static_cast<uint8_t>(i + 1));
    add(mem(GROQ_WEST, 4), {read(0, east(0), 1), repeat(4)}); // at -2 in 1
    // At -1: takes the neighbour's words, gives its own of the other bank.
    add(mem(GROQ_WEST, 0),
        {nop(2), read_write(0, east(1), 4096, east(0), 1, 1), repeat(4)});
    for (uint32_t i = 0; i < 5; ++i)
        fill(word(GROQ_WEST, 0, i), static_cast<uint8_t>(i + 50));
    add(mem(GROQ_EAST, 0), {nop(5), write(4096, east(1), 1), repeat(4)});
    EXPECT_EQ(run().status, GROQ_COMPLETION_OK);
    for (uint32_t i = 0; i < 5; ++i) {
        EXPECT_TRUE(equal(word(GROQ_WEST, 0, 4096 + i), word(GROQ_WEST, 4, i)));
        EXPECT_TRUE(equal(word(GROQ_EAST, 0, 4096 + i), word(GROQ_WEST, 0, i)));
    }
}

TEST_F(memory, can_read_a_word_the_cycle_after_it_was_written) {
    fill(word(GROQ_WEST, 4, 0), 77);
    add(mem(GROQ_WEST, 4), {read(0, east(0))});
    add(mem(GROQ_WEST, 0), {nop(2), write(50, east(0)), read(50, east(1))});
    add(mem(GROQ_EAST, 0), {nop(6), write(9, east(1))});
    EXPECT_EQ(run().status, GROQ_COMPLETION_OK);
    EXPECT_TRUE(equal(word(GROQ_EAST, 0, 9), word(GROQ_WEST, 4, 0)));
}

TEST_F(memory, faults_on_two_uses_of_one_bank) {
    add(mem(GROQ_WEST, 4), {read(0, east(0))});
    add(mem(GROQ_WEST, 0), {nop(2), read_write(0, east(1), 4095, east(0))});
    groq_fault f = fault_of_run();
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_BANK});
    EXPECT_EQ(f.unit, mem(GROQ_WEST, 0));
    EXPECT_EQ(f.cycle, 2u);
    EXPECT_EQ(f.address, static_cast<uint64_t>(GROQ_SRAM_ADDRESS(GROQ_WEST, 0, 4095)));
}

TEST_F(memory, reports_the_read_before_the_write_of_one_instruction) {
    add(mem(GROQ_WEST, 0), {read_write(8191, east(1), 0, east(0), 1), repeat(1)});
    groq_fault f = fault_of_run();
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_STREAM_EMPTY}) << "nothing to write";
    add(mem(GROQ_WEST, 4), {read(0, east(0)), repeat(1)});
    queues[mem(GROQ_WEST, 0)].insert(queues[mem(GROQ_WEST, 0)].begin(), nop(2));
    f = fault_of_run();
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_ADDRESS});
    EXPECT_EQ(f.cycle, 3u);
}

TEST_F(memory, writes_although_the_read_of_the_same_instruction_will_collide) {
    fill(word(GROQ_WEST, 4, 0), 9);
    add(mem(GROQ_WEST, 4), {read(0, east(0))});
    add(mem(GROQ_WEST, 0), {nop(2), read(0, east(1))});
    add(mem(GROQ_WEST, 1), {nop(2), read_write(0, east(1), 4096, east(0))});
    EXPECT_EQ(fault_of_run().cause, uint32_t{GROQ_FAULT_STREAM_CONFLICT});
    EXPECT_TRUE(equal(word(GROQ_WEST, 1, 4096), word(GROQ_WEST, 4, 0)));
}

TEST_F(memory, faults_when_stepping_out_of_the_slice) {
    for (auto [first, step] : {std::pair{8190u, 1}, {1u, -1}, {0u, 8191}}) {
        queues.clear();
        add(mem(GROQ_WEST, 0), {read(first, east(0), step), repeat(100, 3)});
        groq_fault f = fault_of_run();
        EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_ADDRESS});
        EXPECT_EQ(f.cycle, 6u);
        EXPECT_EQ(f.text, text_address(mem(GROQ_WEST, 0), 0)) << "what is repeated";
    }
}

TEST_F(memory, stays_within_the_windows_of_the_queue) {
    constexpr uint32_t text = GROQ_SRAM_ADDRESS(GROQ_WEST, 42, 0);
    constexpr uint32_t at = GROQ_SRAM_ADDRESS(GROQ_WEST, 0, 100);
    queue.open_window(0, text, 2 * GROQ_SLICE_BYTES,
                      GROQ_WINDOW_READ | GROQ_WINDOW_EXECUTE);
    queue.open_window(1, at, 2 * 320, GROQ_WINDOW_READ);
    queue.open_window(2, at + 320, 320, GROQ_WINDOW_WRITE);
    add(mem(GROQ_WEST, 0),
        {read(100, east(0)), read(101, east(0)), read(102, east(0))});
    groq_fault f = fault_of_run();
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_ACCESS});
    EXPECT_EQ(f.cycle, 2u);
    EXPECT_EQ(f.address, at + 640u);
    queues.clear();
    add(mem(GROQ_WEST, 4), {read(5, east(0))});
    EXPECT_EQ(fault_of_run().cause, uint32_t{GROQ_FAULT_ACCESS});
    queues.clear();
    add(mem(GROQ_WEST, 0), {read(100, east(0)), nop(1), write(101, east(0))});
    EXPECT_EQ(fault_of_run().cause, uint32_t{GROQ_FAULT_STREAM_EMPTY}) << "allowed";
    queues.clear();
    add(mem(GROQ_WEST, 0), {read(100, east(0)), nop(1), write(100, east(0))});
    EXPECT_EQ(fault_of_run().cause, uint32_t{GROQ_FAULT_ACCESS});
}

TEST_F(memory, keeps_the_writes_before_a_fault_and_no_others) {
    fill(word(GROQ_WEST, 4, 0), 5);
    add(mem(GROQ_WEST, 4), {read(0, east(0)), repeat(9)});
    add(mem(GROQ_WEST, 0), {nop(2), write(10, east(0), 1), repeat(9)});
    add(mem(GROQ_WEST, 1), {nop(2), write(10, east(0), 1), repeat(9)});
    add(mem(GROQ_WEST, 2), {nop(5), write(10, east(9))}); // nothing there
    groq_fault f = fault_of_run();
    EXPECT_EQ(f.cycle, 5u);
    for (uint32_t slice : {0, 1}) {
        for (uint32_t i = 0; i < 3; ++i)
            EXPECT_TRUE(equal(word(GROQ_WEST, slice, 10 + i), word(GROQ_WEST, 4, 0)));
        EXPECT_FALSE(equal(word(GROQ_WEST, slice, 13), word(GROQ_WEST, 4, 0)));
    }
}

struct small_memory : testing::Test {};

TEST_F(small_memory, ends_where_the_card_ends) {
    card small(2);
    driver_queue q(small);
    q.open_everything();
    auto put = [&](uint32_t at, const auto &value) {
        std::memcpy(small.sram.get() + at, &value, sizeof(value));
    };
    put(0, groq_launch{2, 0, 640, 1, 0});
    put(640, read(0, east(0)));
    EXPECT_EQ(q.execute(run_command(0, 1)).status, GROQ_COMPLETION_FAULT);
    EXPECT_EQ(q.last_fault().cause, uint32_t{GROQ_FAULT_ADDRESS});
    put(640, ifetch(2 * GROQ_SLICE_BYTES));
    EXPECT_EQ(q.execute(run_command(0, 1)).status, GROQ_COMPLETION_FAULT);
    EXPECT_EQ(q.last_fault().cause, uint32_t{GROQ_FAULT_ADDRESS});
}

} // namespace
} // namespace groq::chip::test
