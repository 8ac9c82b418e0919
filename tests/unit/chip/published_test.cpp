// SPDX-License-Identifier: MIT
// The figures that are published of whole programs, in the chip's own cycles:
// docs/isa.md section 3.
#include "matrix_card.hpp"

namespace groq::chip::test {
namespace {

struct published : testing::Test, matrix_card {
    // From slice 0, next to the VXM, to the MXM.
    static constexpr uint32_t to_mxm = GROQ_DELAY_MEM_READ + 12 * GROQ_DELAY_HOP;
    static constexpr uint32_t to_vxm = 13 * GROQ_DELAY_HOP; // from the MXM
};

TEST_F(published, notify_to_sync_in_35_cycles) {
    add(mem(GROQ_WEST, 0), {sync(), write(0, east(0))}); // faults when it issues
    add(mem(GROQ_EAST, 43), {notify(), nop(100)});
    groq_fault f = fault_of_run();
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_STREAM_EMPTY});
    EXPECT_EQ(f.cycle, 35u);
}

// The first read issues in cycle 0; 20 cycles of 16 streams for each plane, both of
// a hemisphere at once from 32 slices.
struct four_planes : published {
    static constexpr uint32_t usable = to_mxm + 20 + GROQ_DELAY_MXM_INSTALL;
    static_assert(usable == 36);

    void load(uint32_t hemisphere) {
        for (uint32_t slice = 0; slice < 32; ++slice) {
            uint32_t hops = 13 - GROQ_POSITION_MEM(slice / 4);
            uint32_t departure = to_mxm - hops - GROQ_DELAY_MEM_READ;
            if (departure)
                add(mem(hemisphere, slice), {nop(departure)});
            add(mem(hemisphere, slice),
                {read(0, outward(hemisphere, slice), 1), repeat(19)});
            for (uint32_t row = slice % 16; row < lanes; row += 16)
                std::memcpy(word(hemisphere, slice, row / 16),
                            &all[hemisphere][slice / 16][row * lanes], lanes);
        }
        for (uint32_t plane : {0, 1})
            add(weights_icu(hemisphere, plane),
                {nop(to_mxm), load_weights(outward(hemisphere, 16 * plane), 0, 1),
                 repeat(19), install()});
    }

    // Two vectors: one a cycle too early, one in time.
    void use(uint32_t hemisphere) {
        for (uint32_t i : {0, 1})
            std::memcpy(word(hemisphere, 32, i), activations.data(), lanes);
        read_at(hemisphere, 32, usable - 1,
                {read(0, outward(hemisphere, 0), 1), read(1, outward(hemisphere, 0))});
        for (uint32_t plane : {0, 1}) {
            add(activations_icu(hemisphere, plane),
                {nop(usable - 1), activate(outward(hemisphere, 0)), repeat(1)});
            uint32_t leaves = usable - 1 + GROQ_DELAY_MXM_MULTIPLY;
            add(results_icu(hemisphere, plane),
                {nop(leaves), accumulate(0, false, inward(hemisphere, 4 * plane), 1),
                 repeat(1)});
            for (uint32_t byte = 0; byte < 4; ++byte)
                add(mem(hemisphere, 36 + 4 * plane + byte),
                    {nop(leaves + GROQ_DELAY_MXM_ACCUMULATE + 3 - plane),
                     write(0, inward(hemisphere, 4 * plane + byte), 1), repeat(1)});
        }
    }

    std::vector<int32_t> output(uint32_t hemisphere, uint32_t plane, uint32_t i) {
        std::vector<int32_t> values(lanes);
        for (uint32_t lane = 0; lane < lanes; ++lane)
            for (uint32_t byte = 0; byte < 4; ++byte)
                values[lane] |= word(hemisphere, 36 + 4 * plane + byte, i)[lane]
                                << 8 * byte;
        return values;
    }

    weights all[GROQ_HEMISPHERES][GROQ_MXM_PLANES] = {
        {random_weights(), random_weights()}, {random_weights(), random_weights()}};
    bytes activations = random_bytes();
};

TEST_F(four_planes, are_loaded_in_less_than_40_cycles_with_transit) {
    for (uint32_t hemisphere : {GROQ_WEST, GROQ_EAST})
        load(hemisphere), use(hemisphere);
    ASSERT_EQ(run().status, GROQ_COMPLETION_OK) << queue.last_fault().cause;
    EXPECT_LT(usable, 40u);
    for (uint32_t hemisphere : {GROQ_WEST, GROQ_EAST}) {
        for (uint32_t plane : {0, 1}) {
            EXPECT_EQ(output(hemisphere, plane, 0), std::vector<int32_t>(lanes));
            EXPECT_EQ(output(hemisphere, plane, 1),
                      product(all[hemisphere][plane], activations, GROQ_TYPE_I8));
        }
    }
}

// A row of weights leaves SRAM in cycle 0, and what it made of a vector is at the
// ALUs in cycle 76. Published as 4 + 9 + 3 + 13 + 34 + 19 - 6; here:
//   4 + 9    13  read 1, 12 hops: from the slice at position 1 to the MXM at 13
//   3         3  install, straight from the streams
//   13       13  multiply
//   34       34  accumulate
//   19 - 6   13  13 hops: from the MXM to the VXM at position 0
struct int8_chain : published {
    static constexpr uint32_t installs = to_mxm;
    static constexpr uint32_t multiplies = installs + GROQ_DELAY_MXM_INSTALL;
    static constexpr uint32_t leaves = multiplies + GROQ_DELAY_MXM_MULTIPLY;
    static constexpr uint32_t at_alus = leaves + GROQ_DELAY_MXM_ACCUMULATE + to_vxm;
    static_assert(at_alus == 76);

    // With an ALU that takes the result in cycle @when.
    void schedule(uint32_t when) {
        queues.clear();
        for (uint32_t slice = 0; slice < 16; ++slice) {
            std::memset(word(GROQ_EAST, slice, 0), 3, lanes);
            uint32_t later = GROQ_POSITION_MEM(slice / 4) - 1;
            if (later)
                add(mem(GROQ_EAST, slice), {nop(later)});
            add(mem(GROQ_EAST, slice), {read(0, east(16 + slice))});
        }
        std::memset(word(GROQ_EAST, 20, 0), 2, lanes);
        read_at(GROQ_EAST, 20, multiplies, {read(0, east(0))});
        add(weights_icu(GROQ_EAST, 0), {nop(installs), stream_weights(east(16), 0)});
        add(activations_icu(GROQ_EAST, 0), {nop(multiplies), activate(east(0))});
        add(results_icu(GROQ_EAST, 0), {nop(leaves), accumulate(0, false, west(0))});
        add(GROQ_ICU_VXM(0),
            {nop(when), convert(GROQ_TYPE_I32, GROQ_TYPE_I16, west(4), west(0))});
        for (uint32_t byte : {0, 1})
            add(mem(GROQ_WEST, byte),
                {nop(when + GROQ_DELAY_VXM + 1), write(0, west(4 + byte))});
    }
};

TEST_F(int8_chain, from_memory_through_the_mxm_to_an_alu_takes_76_cycles) {
    schedule(at_alus - 1);
    EXPECT_EQ(fault_of_run().cause, uint32_t{GROQ_FAULT_STREAM_EMPTY});
    schedule(at_alus);
    ASSERT_EQ(run().status, GROQ_COMPLETION_OK) << queue.last_fault().cause;
    constexpr uint32_t sum = 320 * 2 * 3;
    for (uint32_t lane = 0; lane < 32; ++lane) {
        uint32_t value = word(GROQ_WEST, 0, 0)[lane] | word(GROQ_WEST, 1, 0)[lane] << 8;
        EXPECT_EQ(value, lane < 16 ? sum : 0) << lane;
    }
}

} // namespace
} // namespace groq::chip::test
