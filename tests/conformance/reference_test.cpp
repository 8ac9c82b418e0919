// SPDX-License-Identifier: MIT
// The reference against what a person reckons with docs/isa.md at hand, so that a
// misreading that it shared with the chip can be seen.
#include <gtest/gtest.h>

#include "bench.hpp"
#include "mnemonics.hpp"
#include "reference/numbers.hpp"

namespace groq::conformance {
namespace {

constexpr unsigned west0 = GROQ_ICU_MEM(GROQ_WEST, 0); // at position -1
constexpr unsigned east0 = GROQ_ICU_MEM(GROQ_EAST, 0); // at position 1

struct reference : testing::Test {
    void put(unsigned slice, unsigned word, std::function<int(unsigned)> lane) {
        auto &data = p.data[GROQ_SRAM_ADDRESS(0, slice, word)];
        for (unsigned n = 0; n < GROQ_LANES; ++n)
            data.push_back(static_cast<uint8_t>(lane(n)));
    }

    void run() { result = run_reference(p, sram); }

    int lane(unsigned slice, unsigned word, unsigned n) {
        return sram.read(GROQ_SRAM_ADDRESS(0, slice, word)).lanes[n];
    }

    program p;
    groq::reference::memory sram;
    groq::reference::outcome result;
};

// Read in 0, on the stream at -1 in 1, at 1 in 3; 3 + 1 + 20.
TEST_F(reference, copies_a_word_across_the_middle_in_24_cycles) {
    put(west0, 5, [](unsigned n) { return n; });
    p.queues[west0] = {read(5, 7)};
    p.queues[east0] = {nop(3), write(9, 7)};
    run();
    EXPECT_EQ(result.cycles, 24u);
    EXPECT_EQ(lane(east0, 9, 200), 200);
}

TEST_F(reference, finds_an_empty_stream_one_cycle_too_early) {
    p.queues[west0] = {read(5, 7)};
    p.queues[east0] = {nop(2), write(9, 7)};
    run();
    EXPECT_EQ(result.fault.cause, uint32_t{GROQ_FAULT_STREAM_EMPTY});
    EXPECT_EQ(result.fault.unit, east0);
    EXPECT_EQ(result.fault.cycle, 2u);
    EXPECT_EQ(result.fault.detail, 7u);
}

// At 0 in 2; result in 9, at 1 in 10.
TEST_F(reference, saturates_in_seven_cycles) {
    put(west0, 0, [](unsigned n) { return n == 1 ? 100 : -100; });
    p.queues[west0] = {read(0, 0)};
    p.queues[GROQ_ICU_VXM(4)] = {
        nop(2), binary(GROQ_OPCODE_ADD_SAT, GROQ_TYPE_I8, 16, 0, immediate, 100)};
    p.queues[east0] = {nop(10), write(0, 16)};
    run();
    EXPECT_EQ(result.cycles, 31u);
    EXPECT_EQ(lane(east0, 0, 0), 0);
    EXPECT_EQ(lane(east0, 0, 1), 127);
}

TEST_F(reference, releases_a_sync_35_cycles_after_the_notify) {
    p.queues[west0] = {nop(4), notify()};
    p.queues[east0] = {sync(), read(0, 0)}; // at 39, driven at 40
    run();
    EXPECT_EQ(result.cycles, 40u + 1 + 20);
}

// 2 in every weight of row 3 and 3 in every activation: 320 * 6 = 1920 = 0x780.
TEST_F(reference, multiplies_a_row) {
    constexpr unsigned first = GROQ_ICU_MXM(GROQ_EAST, 0); // 13 hops from 0
    for (unsigned n = 0; n < 16; ++n) {
        put(44 + n, 0, [n](unsigned) { return n == 3 ? 2 : 0; });
        int far = 3 - static_cast<int>(n / 4); // those closer to the west read first
        p.queues[44 + n] = {nop(4 - far), read(0, n)};
    }
    put(60, 0, [](unsigned) { return 3; });
    p.queues[60] = {nop(20), read(0, 0)}; // at position 5: arrives in 29
    p.queues[first + 0] = {nop(14), load_weights(0, 0), install()};
    p.queues[first + 1] = {nop(29), activate(0, GROQ_TYPE_I8)};
    p.queues[first + 2] = {nop(42), accumulate_and_emit(GROQ_TYPE_I32, 0, west(4))};
    p.queues[87] = {nop(78), write(1, west(4))}; // position 11, two hops after 76
    p.queues[86] = {nop(78), write(1, west(5))};
    run();
    ASSERT_EQ(result.fault.cause, uint32_t{GROQ_FAULT_NONE}) << p.listing();
    EXPECT_EQ(lane(87, 1, 3), 0x80);
    EXPECT_EQ(lane(86, 1, 3), 0x07);
    EXPECT_EQ(lane(86, 1, 4), 0);
}

TEST_F(reference, permutes_to_the_mirror_image) {
    put(44, 0, [](unsigned n) { return n % 251; });
    put(45, 0, [](unsigned n) { return 319 - static_cast<int>(n); });
    put(46, 0, [](unsigned n) { return (319 - n) >> 8; });
    p.queues[44] = {read(0, 0)}; // at 1 in 1, at 12 in 12
    p.queues[45] = {read(0, 2)};
    p.queues[46] = {read(0, 3)};
    p.queues[GROQ_ICU_SXM(GROQ_EAST, GROQ_SXM_QUEUE_PERMUTE)] = {
        nop(12), groq::reference::encode(GROQ_OPCODE_PERMUTE,
                                         {{"from", 0}, {"map", 2}, {"to", west(9)}})};
    p.queues[87] = {nop(49), write(0, west(9))}; // 12 + 36, one hop
    run();
    ASSERT_EQ(result.fault.cause, uint32_t{GROQ_FAULT_NONE});
    EXPECT_EQ(lane(87, 0, 0), 319 % 251);
    EXPECT_EQ(lane(87, 0, 319), 0);
}

TEST_F(reference, gathers_a_word_for_every_tile) {
    put(44, 0, [](unsigned n) { return n / 16 == 2 ? 6 : 5; });
    put(45, 0, [](unsigned) { return 0; });
    put(48, 5, [](unsigned) { return 50; });
    put(48, 6, [](unsigned) { return 60; });
    p.queues[44] = {read(0, 0)};
    p.queues[45] = {read(0, 1)};
    p.queues[48] = {nop(2), gather(8, 0, 0)}; // position 2; driven in 3
    p.queues[49] = {nop(3), write(0, 8)};
    run();
    ASSERT_EQ(result.fault.cause, uint32_t{GROQ_FAULT_NONE});
    EXPECT_EQ(lane(49, 0, 31), 50);
    EXPECT_EQ(lane(49, 0, 32), 60);
    EXPECT_EQ(lane(49, 0, 48), 50);
}

TEST_F(reference, rounds_halves_to_nearest_even) {
    using namespace groq::reference;
    EXPECT_EQ(half_nearest(1.0), 0x3c00u);
    EXPECT_EQ(half_nearest(1.0 + 1.0 / 2048), 0x3c00u);
    EXPECT_EQ(half_nearest(1.0 + 3.0 / 2048), 0x3c02u);
    EXPECT_EQ(half_nearest(65519.0), 0x7bffu);
    EXPECT_EQ(half_nearest(65520.0), 0x7c00u);
    EXPECT_EQ(half_nearest(-1.0 / 16777216), 0x8001u);
    EXPECT_EQ(half_nearest(1.0 / 33554432), 0u);
}

// 1 + 2^-24 + 2^-48 is just above the middle between two floats: rounded twice it
// would go down.
TEST_F(reference, rounds_a_dot_product_once) {
    using namespace groq::reference;
    EXPECT_EQ(dot_of_halves({0x3c00, 0x0001, 0x0001}, {0x3c00, 0x3c00, 0x0001}),
              0x3f800001u);
    EXPECT_EQ(dot_of_halves({0x3c00, 0x0001}, {0x3c00, 0x3c00}), 0x3f800000u);
    EXPECT_EQ(dot_of_halves({0x7c00}, {0x0000}), nan32);
}

TEST_F(reference, knows_the_edges_of_functions) {
    using namespace groq::reference;
    auto f32 = [](unsigned opcode, uint32_t a) {
        return compute(opcode, GROQ_TYPE_F32, a, 0, 0);
    };
    EXPECT_EQ(f32(GROQ_OPCODE_EXP, 0x3f800000), 0x402df854u); // e
    EXPECT_EQ(f32(GROQ_OPCODE_TANH, 0x80000000), 0x80000000u);
    EXPECT_EQ(f32(GROQ_OPCODE_RSQRT, 0x80000000), 0xff800000u);
    EXPECT_EQ(f32(GROQ_OPCODE_RSQRT, 0x40800000), 0x3f000000u);
    EXPECT_EQ(f32(GROQ_OPCODE_RSQRT, 0xbf800000), nan32);
}

} // namespace
} // namespace groq::conformance
