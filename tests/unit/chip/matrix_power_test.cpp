// SPDX-License-Identifier: MIT
// Config in the queues of the MXM: docs/isa.md sections 4 and 5.2.
#include <bit>

#include "matrix_card.hpp"

namespace groq::chip::test {
namespace {

// Superlanes of the queues when they load, install, activate and accumulate.
struct power_levels {
    uint32_t load = 20, install = 20, activate = 20, accumulate = 20;
};

struct matrix_power : testing::TestWithParam<uint32_t>, matrix_card {
    static constexpr uint32_t plane = 1;
    static constexpr uint32_t usable = arrival + 22 + GROQ_DELAY_MXM_INSTALL;
    static constexpr uint32_t leaves = usable + GROQ_DELAY_MXM_MULTIPLY;

    const uint32_t n = GetParam(); // superlanes
    const uint32_t side = n % 2 ? GROQ_WEST : GROQ_EAST;

    static weights cut_inputs(weights w, uint32_t superlanes) {
        for (uint32_t o = 0; o < lanes; ++o)
            for (uint32_t i = superlanes * 16; i < lanes; ++i)
                w[o * lanes + i] = 0;
        return w;
    }
    static bytes cut(bytes a, uint32_t superlanes) {
        std::fill(a.begin() + superlanes * 16, a.end(), 0);
        return a;
    }
    static std::vector<int32_t> cut(std::vector<int32_t> sums, uint32_t superlanes) {
        std::fill(sums.begin() + superlanes * 16, sums.end(), 0);
        return sums;
    }

    void load(const weights &w, const power_levels &p) {
        place(side, w);
        send_weights(side);
        add(weights_icu(side, plane),
            {config(p.load), nop(arrival - 1), load_weights(outward(side, 16), 0, 1),
             repeat(19), config(p.install), nop(1), install()});
    }

    // Vector @a twice, two cycles apart: the first at full power into accumulator
    // 7, the second at that of @p, with @add and out.
    void multiply_twice(const bytes &a, const power_levels &p, bool add_up) {
        std::memcpy(word(side, 20, 0), a.data(), lanes);
        read_at(side, 20, usable,
                {read(0, outward(side, 0)), nop(1), read(0, outward(side, 0))});
        add(activations_icu(side, plane),
            {nop(usable), activate(outward(side, 0)), config(p.activate),
             activate(outward(side, 0))});
        add(results_icu(side, plane), {nop(leaves), accumulate(7), config(p.accumulate),
                                       accumulate(7, add_up, inward(side, 0))});
        write_results(side, leaves + 2 + GROQ_DELAY_MXM_ACCUMULATE, 1);
    }

    std::vector<int32_t> run_and_result() {
        EXPECT_EQ(run().status, GROQ_COMPLETION_OK) << queue.last_fault().cause;
        return result(side, 0);
    }
};

INSTANTIATE_TEST_SUITE_P(superlanes, matrix_power,
                         testing::Values(1u, 2u, 7u, 10u, 19u, 20u));

TEST_P(matrix_power, loads_zeros_for_input_lanes_without_it) {
    weights w = random_weights();
    bytes a = random_bytes();
    load(w, {.load = n});
    multiply_twice(a, {}, false);
    EXPECT_EQ(run_and_result(), product(cut_inputs(w, n), a, GROQ_TYPE_I8));
}

TEST_P(matrix_power, installs_zeros_for_input_lanes_without_it) {
    weights w = random_weights();
    bytes a = random_bytes();
    load(w, {.install = n});
    multiply_twice(a, {}, false);
    EXPECT_EQ(run_and_result(), product(cut_inputs(w, n), a, GROQ_TYPE_I8));
}

TEST_P(matrix_power, leaves_the_buffer_whole_when_it_installs_a_part) {
    weights w = random_weights();
    bytes a = random_bytes();
    load(w, {.install = n});
    add(weights_icu(side, plane), {config(20), nop(2), install()});
    std::memcpy(word(side, 20, 0), a.data(), lanes);
    read_at(side, 20, usable + 4, {read(0, outward(side, 0))});
    add(activations_icu(side, plane), {nop(usable + 4), activate(outward(side, 0))});
    add(results_icu(side, plane),
        {nop(leaves + 4), accumulate(7, false, inward(side, 0))});
    write_results(side, leaves + 4 + GROQ_DELAY_MXM_ACCUMULATE, 1);
    EXPECT_EQ(run_and_result(), product(w, a, GROQ_TYPE_I8));
}

TEST_P(matrix_power, streams_zeros_into_the_array_for_input_lanes_without_it) {
    weights w = random_weights();
    bytes a = random_bytes();
    place(side, w);
    send_weights(side);
    add(weights_icu(side, plane),
        {config(n), nop(arrival - 1), stream_weights(outward(side, 16), 0, 1),
         repeat(19)});
    multiply_twice(a, {}, false);
    EXPECT_EQ(run_and_result(), product(cut_inputs(w, n), a, GROQ_TYPE_I8));
}

TEST_P(matrix_power, activates_input_lanes_and_gives_sums_of_output_lanes_with_it) {
    weights w = random_weights();
    bytes a = random_bytes();
    load(w, {});
    multiply_twice(a, {.activate = n}, false);
    EXPECT_EQ(run_and_result(), cut(product(w, cut(a, n), GROQ_TYPE_I8), n));
}

TEST_P(matrix_power, accumulates_zero_in_output_lanes_without_it) {
    weights w = random_weights();
    bytes a = random_bytes();
    load(w, {});
    multiply_twice(a, {.accumulate = n}, false);
    EXPECT_EQ(run_and_result(), cut(product(w, a, GROQ_TYPE_I8), n));
}

TEST_P(matrix_power, adds_what_came_with_it_and_forgets_the_other_lanes) {
    weights w = random_weights();
    bytes a = random_bytes();
    load(w, {});
    uint32_t less = (n + 1) / 2;
    multiply_twice(a, {.activate = less, .accumulate = n}, true);
    std::vector<int32_t> expected = product(w, a, GROQ_TYPE_I8);
    std::vector<int32_t> second = cut(product(w, cut(a, less), GROQ_TYPE_I8), less);
    for (uint32_t lane = 0; lane < lanes; ++lane)
        expected[lane] += second[lane];
    EXPECT_EQ(run_and_result(), cut(expected, n));
}

// Ones in all lanes: the sums say how many had power. Plane 0 holds the low
// bytes, which are zero.
TEST_P(matrix_power, counts_for_halves_as_for_bytes) {
    load(weights(lanes * lanes, 0x3c), {});
    std::memset(word(side, 20, 0), 0, lanes);
    std::memset(word(side, 24, 0), 0x3c, lanes);
    read_at(side, 20, usable, {read(0, outward(side, 0))});
    read_at(side, 24, usable, {read(0, outward(side, 1))});
    add(activations_icu(side, 0),
        {config(n), nop(usable - 1), activate(outward(side, 0), GROQ_TYPE_F16)});
    add(results_icu(side, 0),
        {nop(leaves), encode(GROQ_OPCODE_ACC, accumulate_fields{inward(side, 0), 0, 1,
                                                                GROQ_TYPE_F32, 3, 0})});
    write_results(side, leaves + GROQ_DELAY_MXM_ACCUMULATE, 1);
    std::vector<int32_t> ones(lanes, std::bit_cast<int32_t>(float(n * 16)));
    EXPECT_EQ(run_and_result(), cut(ones, n));
}

} // namespace
} // namespace groq::chip::test
