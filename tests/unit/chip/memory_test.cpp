// SPDX-License-Identifier: MIT
#include "program.hpp"

namespace groq::chip::test {
namespace {

struct Memory : testing::Test, program_card {
    void fill(uint8_t *vector, uint8_t seed) {
        for (int i = 0; i < GROQ_LANES; ++i)
            vector[i] = static_cast<uint8_t>(seed + i * 3);
    }
};

TEST_F(Memory, CarriesAWordAcrossTheCenterOneHopPerCycle) {
    fill(word(GROQ_WEST, 0, 7), 1);
    add(mem(GROQ_WEST, 0), {read(7, east(5))});          // at -1 in cycle 1
    add(mem(GROQ_EAST, 0), {nop(3), write(9, east(5))}); // at 1 in cycle 3
    groq_completion c = run();
    EXPECT_EQ(c.status, GROQ_COMPLETION_OK);
    EXPECT_EQ(c.result, 3u + 1 + GROQ_DELAY_DRAIN);
    EXPECT_EQ(std::memcmp(word(GROQ_WEST, 0, 7), word(GROQ_EAST, 0, 9), 320), 0);
}

TEST_F(Memory, FindsNothingACycleTooEarly) {
    add(mem(GROQ_WEST, 0), {read(7, east(5))});
    add(mem(GROQ_EAST, 0), {nop(2), write(9, east(5))});
    groq_fault f = fault_of_run();
    EXPECT_EQ(f.cause, GROQ_FAULT_STREAM_EMPTY);
    EXPECT_EQ(f.unit, static_cast<uint32_t>(GROQ_ICU_MEM(GROQ_EAST, 0)));
    EXPECT_EQ(f.cycle, 2u);
    EXPECT_EQ(f.detail, east(5));
}

} // namespace
} // namespace groq::chip::test
