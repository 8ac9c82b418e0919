// SPDX-License-Identifier: MIT
// How weights get into the array, IW and IW_STREAM: docs/isa.md section 5.2.
#include "matrix_card.hpp"
#include "pieces.hpp"

namespace groq::chip::test {
namespace {

struct mxm_install : testing::Test, matrix_card {
    static constexpr uint32_t first_abc = 20;
    static constexpr uint32_t vectors = 60; // one per cycle
    static constexpr uint32_t leaves = first_abc + GROQ_DELAY_MXM_MULTIPLY;

    // Vectors of ones go through plane 0 all the time; what comes out says which
    // weights they met.
    void keep_multiplying() {
        std::memset(word(GROQ_EAST, 20, 0), 1, lanes);
        read_at(GROQ_EAST, 20, first_abc, {read(0, east(0)), repeat(vectors - 1)});
        add(activations_icu(GROQ_EAST, 0),
            {nop(first_abc), activate(east(0)), repeat(vectors - 1)});
        add(results_icu(GROQ_EAST, 0),
            {nop(leaves), accumulate(0, false, west(0), 1), repeat(vectors - 1)});
        write_results(GROQ_EAST, leaves + GROQ_DELAY_MXM_ACCUMULATE, vectors);
    }

    // Word n of the 16 slices has @values[n] in every lane.
    void place_blocks(std::initializer_list<int8_t> values) {
        uint32_t number = 0;
        for (int8_t value : values) {
            for (uint32_t slice = 0; slice < 16; ++slice)
                std::memset(word(GROQ_EAST, slice, number), value, lanes);
            ++number;
        }
    }

    // Of the vector that enters in @cycle, in the rows of @block.
    int32_t sum(uint32_t cycle, uint32_t block) {
        std::vector<int32_t> sums = result(GROQ_EAST, cycle - first_abc);
        EXPECT_EQ(sums[16 * block], sums[16 * block + 15]);
        return sums[16 * block];
    }

    uint32_t queue_of_weights() { return weights_icu(GROQ_EAST, 0); }
};

TEST_F(mxm_install, puts_streams_into_the_array_from_the_third_cycle_on) {
    place_blocks({1, 2, 3, 4});
    send_weights(GROQ_EAST, 10, 4);
    constexpr uint32_t when = arrival + 10;
    add(queue_of_weights(),
        {nop(when), stream_weights(east(16), 5, 3), repeat(2), // blocks 5, 8, 11
         stream_weights(east(16), 8)});                        // and 8 again
    keep_multiplying();
    ASSERT_EQ(run().status, GROQ_COMPLETION_OK) << queue.last_fault().cause;
    for (uint32_t cycle = first_abc; cycle < first_abc + vectors; ++cycle) {
        auto from = [&](uint32_t issue, int32_t before, int32_t after) {
            return 320 * (cycle < issue + GROQ_DELAY_MXM_INSTALL ? before : after);
        };
        EXPECT_EQ(sum(cycle, 0), 0) << cycle << ": another row";
        EXPECT_EQ(sum(cycle, 5), from(when, 0, 1)) << cycle;
        EXPECT_EQ(sum(cycle, 8), from(when + 3, from(when + 1, 0, 2) / 320, 4))
            << cycle;
        EXPECT_EQ(sum(cycle, 11), from(when + 2, 0, 3)) << cycle;
    }
}

TEST_F(mxm_install, leaves_the_buffer_alone_when_streaming) {
    place_blocks({1, 2, 3});
    send_weights(GROQ_EAST, 5, 3);
    constexpr uint32_t when = arrival + 5;
    add(queue_of_weights(), {nop(when), load_weights(east(16), 4), // 1
                             stream_weights(east(16), 4),          // 2
                             stream_weights(east(16), 7),          // 3
                             nop(7), install()});
    keep_multiplying();
    ASSERT_EQ(run().status, GROQ_COMPLETION_OK) << queue.last_fault().cause;
    constexpr uint32_t last_before = when + 10 + GROQ_DELAY_MXM_INSTALL - 1;
    EXPECT_EQ(sum(last_before, 4), 320 * 2);
    EXPECT_EQ(sum(last_before, 7), 320 * 3);
    EXPECT_EQ(sum(last_before + 1, 4), 320 * 1);
    EXPECT_EQ(sum(last_before + 1, 7), 0);
}

TEST_F(mxm_install, fills_the_array_from_streams_in_20_cycles) {
    weights w = random_weights();
    place(GROQ_EAST, w);
    std::vector<bytes> a = {random_bytes(), random_bytes()};
    multiply(GROQ_EAST, 0, a, GROQ_TYPE_U8);
    queues[queue_of_weights()] = {nop(arrival), stream_weights(east(16), 0, 1),
                                  repeat(19)};
    ASSERT_EQ(run().status, GROQ_COMPLETION_OK) << queue.last_fault().cause;
    for (uint32_t i = 0; i < a.size(); ++i)
        EXPECT_EQ(result(GROQ_EAST, i), product(w, a[i], GROQ_TYPE_U8)) << i;
}

TEST_F(mxm_install, conflicts_with_another_within_two_cycles) {
    for (bool first_streams : {false, true}) {
        for (bool second_streams : {false, true}) {
            for (uint32_t distance : {1u, 2u, 3u, 4u}) {
                queues.clear();
                send_weights(GROQ_EAST, 0, 10);
                auto one = [](bool streams) {
                    return streams ? stream_weights(east(16), 1) : install();
                };
                words &text = queues[queue_of_weights()];
                text = {nop(arrival), one(first_streams)};
                if (distance > 1)
                    text.push_back(nop(distance - 1));
                text.push_back(one(second_streams));
                bool conflict = distance < GROQ_DELAY_MXM_INSTALL &&
                                !(first_streams && second_streams);
                groq_completion end = run();
                ASSERT_EQ(end.status,
                          conflict ? GROQ_COMPLETION_FAULT : GROQ_COMPLETION_OK)
                    << first_streams << second_streams << distance;
                if (!conflict)
                    continue;
                groq_fault f = queue.last_fault();
                EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_MXM_CONFLICT});
                EXPECT_EQ(f.unit, queue_of_weights());
                EXPECT_EQ(f.cycle, arrival + distance);
            }
        }
    }
}

TEST_F(mxm_install, streams_only_into_blocks_that_exist) {
    send_weights(GROQ_EAST);
    add(queue_of_weights(), {nop(arrival), stream_weights(east(16), 18, 1), repeat(2)});
    groq_fault f = fault_of_run();
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_ADDRESS});
    EXPECT_EQ(f.cycle, arrival + 2u);
    EXPECT_EQ(f.detail, 20u);
}

// Of several faults of one instruction that of the streams comes first.
TEST_F(mxm_install, needs_all_sixteen_streams) {
    send_weights(GROQ_EAST);
    queues.erase(mem(GROQ_EAST, 3));
    add(queue_of_weights(), {nop(arrival - 1), install(), stream_weights(east(16), 0)});
    groq_fault f = fault_of_run();
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_STREAM_EMPTY});
    EXPECT_EQ(f.detail, east(19));
}

TEST_F(mxm_install, survives_being_saved_under_way) {
    place_blocks({1, 2, 3, 4, 5});
    send_weights(GROQ_EAST, 0, 5);
    add(queue_of_weights(), {nop(arrival), stream_weights(east(16), 0, 1), repeat(3),
                             load_weights(east(16), 1), nop(2), install()});
    keep_multiplying();
    groq_completion whole = run();
    ASSERT_EQ(whole.status, GROQ_COMPLETION_OK) << queue.last_fault().cause;
    std::vector<std::vector<int32_t>> results;
    for (uint32_t i = 0; i < vectors; ++i)
        results.push_back(result(GROQ_EAST, i));
    for (uint32_t byte = 0; byte < 4; ++byte)
        std::memset(word(GROQ_EAST, 28 + byte, 6000), 0, vectors * lanes);
    EXPECT_EQ(run_in_pieces(*this).result, whole.result);
    for (uint32_t i = 0; i < vectors; ++i)
        EXPECT_EQ(result(GROQ_EAST, i), results[i]) << i;
}

} // namespace
} // namespace groq::chip::test
