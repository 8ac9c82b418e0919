// SPDX-License-Identifier: MIT
// An MXM with some superlanes alone under power: docs/isa.md sections 4 and 5.2.
#include "matrix_card.hpp"

namespace groq::chip::test {
namespace {

// Weights and activations are all 1; the queue under test has 7 superlanes.
struct mxm_power : testing::Test, matrix_card {
    static constexpr uint32_t superlanes = 7, powered = superlanes * 16;

    mxm_power() {
        place(GROQ_EAST, weights(lanes * lanes, 1));
        multiply(GROQ_EAST, 0, {bytes(lanes, 1), bytes(lanes, 1)}, GROQ_TYPE_U8);
    }

    // Takes the place of the first cycle of waiting.
    void limit(uint32_t icu) {
        words &text = queues[icu];
        uint32_t wait = static_cast<uint32_t>(text[0].low >> 16 & 0xffff);
        text[0] = nop(wait - 1);
        text.insert(text.begin(), config(superlanes));
    }

    // The same @inside in the first lanes and @outside in the others.
    void expect(int32_t inside, int32_t outside) {
        ASSERT_EQ(run().status, GROQ_COMPLETION_OK) << queue.last_fault().cause;
        std::vector<int32_t> expected(lanes, outside);
        std::fill_n(expected.begin(), powered, inside);
        for (uint32_t i : {0, 1})
            EXPECT_EQ(result(GROQ_EAST, i), expected);
    }
};

TEST_F(mxm_power, limits_the_inputs_of_weights_that_are_loaded) {
    limit(weights_icu(GROQ_EAST, 0));
    expect(powered, powered);
}

TEST_F(mxm_power, limits_the_inputs_of_weights_that_are_installed) {
    words &text = queues[weights_icu(GROQ_EAST, 0)];
    words install_alone = {config(superlanes), text.back()};
    text.pop_back();
    text.insert(text.end(), install_alone.begin(), install_alone.end());
    // A cycle later: the activations still find it in place.
    for (uint32_t icu :
         {activations_icu(GROQ_EAST, 0), results_icu(GROQ_EAST, 0), mem(GROQ_EAST, 20)})
        queues[icu].insert(queues[icu].begin(), nop(1));
    for (uint32_t slice = 28; slice < 32; ++slice)
        queues[mem(GROQ_EAST, slice)].insert(queues[mem(GROQ_EAST, slice)].begin(),
                                             nop(1));
    expect(powered, powered);
}

TEST_F(mxm_power, limits_the_inputs_of_weights_that_are_streamed) {
    queues[weights_icu(GROQ_EAST, 0)] = {nop(arrival), stream_weights(east(16), 0, 1),
                                         repeat(19)};
    limit(weights_icu(GROQ_EAST, 0));
    expect(powered, powered);
}

TEST_F(mxm_power, limits_inputs_and_outputs_of_a_product) {
    limit(activations_icu(GROQ_EAST, 0));
    expect(powered, 0);
}

TEST_F(mxm_power, limits_what_is_accumulated) {
    limit(results_icu(GROQ_EAST, 0));
    expect(lanes, 0);
}

// A lane without power loses what its accumulator held.
TEST_F(mxm_power, clears_accumulators_without_power) {
    constexpr uint32_t leaves =
        arrival + 20 + GROQ_DELAY_MXM_INSTALL + GROQ_DELAY_MXM_MULTIPLY;
    std::vector<bytes> a(4, bytes(lanes, 1));
    queues.clear();
    multiply(GROQ_EAST, 0, a, GROQ_TYPE_U8);
    for (uint32_t icu : {activations_icu(GROQ_EAST, 0), mem(GROQ_EAST, 20)})
        queues[icu].back() = repeat(3, 2);
    for (uint32_t slice = 28; slice < 32; ++slice)
        queues[mem(GROQ_EAST, slice)].back() = repeat(3, 2);
    instruction_word add_up = accumulate(0, true, inward(GROQ_EAST, 0));
    queues[results_icu(GROQ_EAST, 0)] = {
        nop(leaves),        add_up, nop(1), add_up, config(superlanes), add_up,
        config(GROQ_TILES), add_up};
    ASSERT_EQ(run().status, GROQ_COMPLETION_OK) << queue.last_fault().cause;
    auto outside = [&](uint32_t i) { return result(GROQ_EAST, i)[powered]; };
    auto inside = [&](uint32_t i) { return result(GROQ_EAST, i)[powered - 1]; };
    for (uint32_t i : {0, 1, 2, 3})
        EXPECT_EQ(inside(i), static_cast<int32_t>(lanes * (i + 1))) << i;
    EXPECT_EQ(outside(1), 640);
    EXPECT_EQ(outside(2), 0);
    EXPECT_EQ(outside(3), 320);
}

} // namespace
} // namespace groq::chip::test
