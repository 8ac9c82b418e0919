// SPDX-License-Identifier: MIT
// How often each unit was issued an instruction: docs/hardware.md section 4.6.
#include "program.hpp"

namespace groq::chip::test {
namespace {

struct unit_counters : testing::Test, program_card {
    uint64_t issues(uint32_t icu) { return read64(GROQ_UNIT_ISSUES(icu)); }

    // A queue with every kind of control instruction and 1 + 9 + 1 reads.
    void add_mixed_queue() {
        add(mem(GROQ_WEST, 3), {nop(2), read(0, east(0)), repeat(9, 3), nop(1),
                                notify(), sync(), read(1, east(1))});
    }
};

TEST_F(unit_counters, count_instructions_of_the_unit_and_their_repetitions) {
    add_mixed_queue();
    add(GROQ_ICU_VXM(2), {unary(GROQ_OPCODE_COPY, GROQ_TYPE_I8, nowhere, immediate)});
    add(GROQ_ICU_SXM(GROQ_EAST, 13), {nop(5)});
    ASSERT_EQ(run().status, GROQ_COMPLETION_OK) << queue.last_fault().cause;
    for (uint32_t icu = 0; icu < GROQ_ICUS_ALL; ++icu)
        EXPECT_EQ(issues(icu), icu == mem(GROQ_WEST, 3) ? 11u
                               : icu == GROQ_ICU_VXM(2) ? 1u
                                                        : 0u)
            << icu;
}

TEST_F(unit_counters, add_up_over_programs) {
    add_mixed_queue();
    for (uint32_t n = 1; n < 4; ++n) {
        run();
        EXPECT_EQ(issues(mem(GROQ_WEST, 3)), n * 11);
    }
}

TEST_F(unit_counters, count_up_to_the_fault_of_a_program) {
    add(mem(GROQ_WEST, 3), {read(8190, east(0), 1), repeat(5)});
    EXPECT_EQ(fault_of_run().cause, uint32_t{GROQ_FAULT_ADDRESS});
    EXPECT_EQ(issues(mem(GROQ_WEST, 3)), 2u);
}

TEST_F(unit_counters, are_current_whenever_the_engine_rests) {
    add(mem(GROQ_WEST, 3), {read(0, east(0)), repeat(1000)});
    queue.push(build());
    queue.ring();
    groq_chip_work(chip.get(), GROQ_ENGINE_COPY, 1); // it fetches commands
    groq_chip_work(chip.get(), GROQ_ENGINE_PROGRAM, 100);
    uint64_t first = issues(mem(GROQ_WEST, 3));
    EXPECT_GT(first, 0u);
    EXPECT_LT(first, 1001u);
    groq_chip_work(chip.get(), GROQ_ENGINE_PROGRAM, 100);
    EXPECT_GT(issues(mem(GROQ_WEST, 3)), first);
    settle();
    EXPECT_EQ(issues(mem(GROQ_WEST, 3)), 1001u);
}

TEST_F(unit_counters, outlive_every_reset_but_power_on) {
    add_mixed_queue();
    run();
    groq_chip_reset(chip.get(), false);
    settle();
    EXPECT_EQ(issues(mem(GROQ_WEST, 3)), 11u);
    write32(GROQ_CONTROL, GROQ_CONTROL_RESET);
    settle();
    EXPECT_EQ(issues(mem(GROQ_WEST, 3)), 11u);
    groq_chip_reset(chip.get(), true);
    settle();
    EXPECT_EQ(issues(mem(GROQ_WEST, 3)), 0u);
}

TEST_F(unit_counters, travel_with_the_saved_state) {
    add_mixed_queue();
    run();
    std::vector<uint8_t> state(groq_chip_save(chip.get(), nullptr, 0));
    groq_chip_save(chip.get(), state.data(), state.size());
    card other;
    ASSERT_TRUE(groq_chip_load(other.chip.get(), state.data(), state.size()));
    EXPECT_EQ(other.read64(GROQ_UNIT_ISSUES(mem(GROQ_WEST, 3))), 11u);
}

TEST_F(unit_counters, are_read_only) {
    write64(GROQ_UNIT_ISSUES(3), 77);
    EXPECT_EQ(issues(3), 0u);
}

} // namespace
} // namespace groq::chip::test
