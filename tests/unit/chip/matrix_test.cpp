// SPDX-License-Identifier: MIT
// MXM on bytes: docs/isa.md section 5.2.
#include <memory>

#include "chip/matrix_kernels.hpp"
#include "matrix_card.hpp"

namespace groq::chip::test {
namespace {

struct mxm : testing::Test, matrix_card {};

TEST_F(mxm, multiplies_a_stream_of_vectors_by_its_weights) {
    for (uint32_t hemisphere : {GROQ_WEST, GROQ_EAST}) {
        for (uint32_t plane : {0, 1}) {
            for (uint32_t type : {GROQ_TYPE_I8, GROQ_TYPE_U8}) {
                queues.clear();
                weights w = random_weights();
                std::vector<bytes> a;
                for (int i = 0; i < 40; ++i)
                    a.push_back(random_bytes());
                place(hemisphere, w);
                multiply(hemisphere, plane, a, type);
                ASSERT_EQ(run().status, GROQ_COMPLETION_OK) << queue.last_fault().cause;
                for (uint32_t i = 0; i < a.size(); ++i)
                    ASSERT_EQ(result(hemisphere, i), product(w, a[i], type)) << i;
            }
        }
    }
}

TEST_F(mxm, holds_the_largest_sums_exactly) {
    weights w(lanes * lanes, -128);
    place(GROQ_EAST, w);
    multiply(GROQ_EAST, 0, {bytes(lanes, 0x80), bytes(lanes, 0x7f)}, GROQ_TYPE_I8);
    ASSERT_EQ(run().status, GROQ_COMPLETION_OK);
    EXPECT_EQ(result(GROQ_EAST, 0), std::vector<int32_t>(lanes, 320 * 128 * 128));
    EXPECT_EQ(result(GROQ_EAST, 1), std::vector<int32_t>(lanes, -320 * 128 * 127));
}

TEST_F(mxm, accumulates_modulo_two_to_the_32) {
    // Each pass adds 320 * 255 * 127 to what is there: past 2^31 after 208.
    weights w(lanes * lanes, 127);
    place(GROQ_WEST, w);
    multiply(GROQ_WEST, 0, std::vector<bytes>(300, bytes(lanes, 255)), GROQ_TYPE_U8);
    words &text = queues[results_icu(GROQ_WEST, 0)];
    text[1] = accumulate(7, true, inward(GROQ_WEST, 0));
    ASSERT_EQ(run().status, GROQ_COMPLETION_OK);
    for (uint32_t i : {0u, 100u, 250u, 299u}) {
        uint32_t sum = (i + 1) * (320u * 255 * 127);
        EXPECT_EQ(result(GROQ_WEST, i),
                  std::vector<int32_t>(lanes, static_cast<int32_t>(sum)));
    }
}

TEST_F(mxm, starts_every_program_with_zero_accumulators) {
    weights w(lanes * lanes, 1);
    place(GROQ_WEST, w);
    multiply(GROQ_WEST, 0, {bytes(lanes, 1)}, GROQ_TYPE_U8);
    queues[results_icu(GROQ_WEST, 0)] = {
        nop(arrival + 20 + GROQ_DELAY_MXM_INSTALL + GROQ_DELAY_MXM_MULTIPLY),
        accumulate(3, true, inward(GROQ_WEST, 0))};
    queues[activations_icu(GROQ_WEST, 0)].pop_back();
    queues[mem(GROQ_WEST, 20)].pop_back();
    for (int round = 0; round < 2; ++round) {
        ASSERT_EQ(run().status, GROQ_COMPLETION_OK) << queue.last_fault().cause;
        EXPECT_EQ(result(GROQ_WEST, 0), std::vector<int32_t>(lanes, 320));
    }
}

TEST_F(mxm, starts_every_program_with_zero_weights) {
    weights w(lanes * lanes, 1);
    place(GROQ_WEST, w);
    multiply(GROQ_WEST, 0, {bytes(lanes, 1), bytes(lanes, 2)}, GROQ_TYPE_U8);
    ASSERT_EQ(run().status, GROQ_COMPLETION_OK);
    EXPECT_EQ(result(GROQ_WEST, 1), std::vector<int32_t>(lanes, 640));
    words full = queues[weights_icu(GROQ_WEST, 0)];
    queues[weights_icu(GROQ_WEST, 0)] = {nop(1)};
    ASSERT_EQ(run().status, GROQ_COMPLETION_OK);
    EXPECT_EQ(result(GROQ_WEST, 1), std::vector<int32_t>(lanes, 0)) << "array";
    // Only blocks 0..9 are loaded: the buffer's other rows are zero.
    queues[weights_icu(GROQ_WEST, 0)] = {full[0], full[1], repeat(9), nop(10),
                                         install()};
    ASSERT_EQ(run().status, GROQ_COMPLETION_OK);
    std::vector<int32_t> half(lanes, 640);
    std::fill(half.begin() + 160, half.end(), 0);
    EXPECT_EQ(result(GROQ_WEST, 1), half) << "buffer";
}

TEST_F(mxm, uses_installed_weights_from_the_third_cycle_on) {
    weights first(lanes * lanes, 1), second(lanes * lanes, 2);
    place(GROQ_EAST, first, 0);
    place(GROQ_EAST, second, 20);
    send_weights(GROQ_EAST, 0, 40);
    // The first IW takes cycle 40, in which block 0 of the second weights goes
    // by: rows 0..15 stay 1. The second issues in cycle 60.
    add(weights_icu(GROQ_EAST, 0),
        {nop(arrival), load_weights(east(16), 0, 1), repeat(19), install(),
         load_weights(east(16), 1, 1), repeat(18), install()});
    read_at(GROQ_EAST, 20, 55, {read(0, east(0)), repeat(19)});
    std::memset(word(GROQ_EAST, 20, 0), 1, lanes);
    add(activations_icu(GROQ_EAST, 0), {nop(55), activate(east(0)), repeat(19)});
    uint32_t leaves = 55 + GROQ_DELAY_MXM_MULTIPLY;
    add(results_icu(GROQ_EAST, 0),
        {nop(leaves), accumulate(0, false, west(0), 1), repeat(19)});
    write_results(GROQ_EAST, leaves + GROQ_DELAY_MXM_ACCUMULATE, 20);
    ASSERT_EQ(run().status, GROQ_COMPLETION_OK) << queue.last_fault().cause;
    constexpr uint32_t installed = arrival + 40 + GROQ_DELAY_MXM_INSTALL;
    for (uint32_t i = 0; i < 20; ++i) {
        std::vector<int32_t> sums = result(GROQ_EAST, i);
        EXPECT_EQ(sums[0], 320) << i;
        EXPECT_EQ(sums[16], 55 + i < installed ? 320 : 640) << i;
        EXPECT_EQ(sums[319], 55 + i < installed ? 320 : 640) << i;
    }
}

TEST_F(mxm, loads_only_blocks_that_exist) {
    send_weights(GROQ_WEST);
    add(weights_icu(GROQ_WEST, 0),
        {nop(arrival), load_weights(west(16), 10, 3), repeat(5)});
    groq_fault f = fault_of_run();
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_ADDRESS});
    EXPECT_EQ(f.cycle, arrival + 4u);
    EXPECT_EQ(f.detail, 22u);
}

TEST_F(mxm, needs_all_sixteen_streams_of_a_load) {
    send_weights(GROQ_WEST);
    queues.erase(mem(GROQ_WEST, 9));
    add(weights_icu(GROQ_WEST, 0), {nop(arrival), load_weights(west(16), 0)});
    groq_fault f = fault_of_run();
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_STREAM_EMPTY});
    EXPECT_EQ(f.detail, west(25));
}

TEST_F(mxm, needs_an_accumulate_for_every_result_in_its_cycle) {
    auto program = [&](uint32_t wait) {
        queues.clear();
        read_at(GROQ_WEST, 20, 10, {read(0, west(0))});
        add(activations_icu(GROQ_WEST, 0), {nop(10), activate(west(0))});
        if (wait)
            add(results_icu(GROQ_WEST, 0), {nop(wait), accumulate(0)});
    };
    uint32_t leaves = 10 + GROQ_DELAY_MXM_MULTIPLY;
    program(leaves);
    EXPECT_EQ(run().result, leaves + 1 + GROQ_DELAY_DRAIN);
    for (uint32_t wait : {0u, leaves + 1}) {
        program(wait);
        groq_fault f = fault_of_run();
        EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_MXM_LOST});
        EXPECT_EQ(f.unit, results_icu(GROQ_WEST, 0));
        EXPECT_EQ(f.cycle, leaves);
    }
    program(leaves - 1);
    groq_fault f = fault_of_run();
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_MXM_EMPTY});
    EXPECT_EQ(f.cycle, leaves - 1);
}

TEST_F(mxm, steps_only_to_accumulators_that_exist) {
    read_at(GROQ_WEST, 20, 10, {read(0, west(0)), repeat(1)});
    add(activations_icu(GROQ_WEST, 0), {nop(10), activate(west(0)), repeat(1)});
    add(results_icu(GROQ_WEST, 0),
        {nop(10 + GROQ_DELAY_MXM_MULTIPLY), accumulate(511, false, std::nullopt, 1),
         repeat(1)});
    groq_fault f = fault_of_run();
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_ADDRESS});
    EXPECT_EQ(f.detail, 512u);
}

TEST_F(mxm, collides_when_both_planes_emit_onto_the_same_streams) {
    read_at(GROQ_WEST, 20, 10, {read(0, west(0))});
    for (uint32_t plane : {0, 1}) {
        add(activations_icu(GROQ_WEST, plane), {nop(10), activate(west(0))});
        add(results_icu(GROQ_WEST, plane),
            {nop(10 + GROQ_DELAY_MXM_MULTIPLY), accumulate(0, false, east(4))});
    }
    groq_fault f = fault_of_run();
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_STREAM_CONFLICT});
    EXPECT_EQ(f.unit, results_icu(GROQ_WEST, 1));
    EXPECT_EQ(f.cycle,
              10u + GROQ_DELAY_MXM_MULTIPLY + uint32_t{GROQ_DELAY_MXM_ACCUMULATE});
    EXPECT_EQ(f.detail, east(4));
}

TEST(matrix_kernels, agree_to_the_bit) {
    std::mt19937 random(2);
    auto packed = std::make_unique<matrix_weights>();
    std::vector<int8_t> plain(lanes * lanes);
    for (int8_t &x : plain)
        x = static_cast<int8_t>(random() % 8 ? random() : -128);
    for (uint32_t b = 0; b < matrix_weights::blocks; ++b) {
        const uint8_t *rows[16];
        for (uint32_t i = 0; i < 16; ++i)
            rows[i] = reinterpret_cast<const uint8_t *>(&plain[(b * 16 + i) * lanes]);
        pack_block(rows, packed->block[b]);
    }
    for (size_t count = 1; count <= 16; ++count) {
        std::vector<matrix_activations> a(count);
        for (matrix_activations &v : a)
            for (uint8_t &x : v.lane)
                x = static_cast<uint8_t>(random() % 8 ? random() : 255);
        for (const matrix_kernel &kernel : matrix_kernels()) {
            if (!kernel.is_usable())
                continue;
            std::vector<matrix_sums> sums(count);
            std::vector<const matrix_activations *> in;
            std::vector<matrix_sums *> out;
            for (size_t n = 0; n < count; ++n)
                in.push_back(&a[n]), out.push_back(&sums[n]);
            kernel.multiply(*packed, in.data(), out.data(), count);
            for (size_t n = 0; n < count; ++n) {
                for (uint32_t o = 0; o < lanes; ++o) {
                    int32_t sum = 0;
                    for (uint32_t i = 0; i < lanes; ++i)
                        sum += plain[o * lanes + i] * a[n].lane[i];
                    ASSERT_EQ(sums[n].lane[o], sum) << kernel.name << " " << count;
                }
            }
        }
    }
}

} // namespace
} // namespace groq::chip::test
