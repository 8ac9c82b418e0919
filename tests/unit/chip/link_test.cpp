// SPDX-License-Identifier: MIT
// Registers, training and self-tests of links: docs/hardware.md 7.1 to 7.3.
#include "chip/message.hpp"
#include "fabric.hpp"

#include <cmath>

namespace groq::chip::test {
namespace {

constexpr socket a{0, 0}, b{1, 3};
constexpr uint32_t changed_by_a = 1u << a.link;

struct link : testing::Test, fabric {
    link() : fabric({11, 22}) {}

    uint32_t reg(socket s, uint32_t offset) {
        return card(s.chip).read32(GROQ_LINK(s.link) + offset);
    }
    uint64_t reg64(socket s, uint32_t offset) {
        return card(s.chip).read64(GROQ_LINK(s.link) + offset);
    }
    void set(socket s, uint32_t offset, uint32_t value) {
        card(s.chip).write32(GROQ_LINK(s.link) + offset, value);
    }
    uint64_t aligned(socket s, uint32_t offset) {
        return card(s.chip).read64(GROQ_LINK_ALIGNMENT(s.link) + offset);
    }
    void expect_states(uint32_t of_a, uint32_t of_b) {
        EXPECT_EQ(state(a), of_a);
        EXPECT_EQ(state(b), of_b);
    }
    void bring_up(const groq_cable &cable = plain()) {
        plug(a, b, cable);
        settle();
        expect_states(GROQ_LINK_UP, GROQ_LINK_UP);
    }
    void align(socket s, uint32_t value) {
        card(s.chip).write32(GROQ_LINK_ALIGNMENT(s.link) + GROQ_LINK_ALIGN, value);
        settle();
    }
};

TEST_F(link, comes_up_when_both_ends_have_heard_each_other) {
    expect_states(GROQ_LINK_DOWN, GROQ_LINK_DOWN);
    EXPECT_EQ(reg(a, GROQ_LINK_CONTROL), uint32_t{GROQ_LINK_ENABLE});
    plug(a, b);
    work(0);
    expect_states(GROQ_LINK_DOWN, GROQ_LINK_DOWN);
    bring(b);
    work(1);
    expect_states(GROQ_LINK_DOWN, GROQ_LINK_TRAINING);
    bring(a);
    work(0);
    expect_states(GROQ_LINK_UP, GROQ_LINK_TRAINING);
    settle();
    expect_states(GROQ_LINK_UP, GROQ_LINK_UP);
    EXPECT_EQ(reg64(a, GROQ_LINK_PEER_SERIAL), 22u);
    EXPECT_EQ(reg(a, GROQ_LINK_PEER_LINK), b.link);
    EXPECT_EQ(reg64(b, GROQ_LINK_PEER_SERIAL), 11u);
    EXPECT_EQ(reg(b, GROQ_LINK_PEER_LINK), a.link);
    EXPECT_EQ(reg(a, GROQ_LINK_ACTIVE_LANES), 4u);
}

TEST_F(link, tells_of_every_change) {
    card(0).write32(GROQ_INTR_ENABLE, GROQ_INTR_LINK);
    bring_up();
    EXPECT_EQ(card(0).read32(GROQ_LINKS_CHANGED), changed_by_a);
    EXPECT_EQ(card(0).read32(GROQ_INTR_STATUS), uint32_t{GROQ_INTR_LINK});
    EXPECT_EQ(card(0).host.take_interrupts(),
              std::vector<unsigned int>{GROQ_VECTOR_DEVICE});
    card(0).write32(GROQ_LINKS_CHANGED, changed_by_a);
    card(0).write32(GROQ_INTR_STATUS, GROQ_INTR_LINK);
    EXPECT_EQ(card(0).read32(GROQ_LINKS_CHANGED), 0u);
    pull(a);
    EXPECT_EQ(card(0).read32(GROQ_LINKS_CHANGED), changed_by_a);
    EXPECT_EQ(card(0).read32(GROQ_INTR_STATUS), uint32_t{GROQ_INTR_LINK});
}

TEST_F(link, goes_down_when_the_cable_is_pulled_and_comes_up_with_the_next) {
    bring_up();
    pull(a);
    settle();
    expect_states(GROQ_LINK_DOWN, GROQ_LINK_DOWN);
    EXPECT_EQ(reg64(a, GROQ_LINK_PEER_SERIAL), 0u);
    EXPECT_EQ(reg(a, GROQ_LINK_ACTIVE_LANES), 0u);
    EXPECT_EQ(counter(a, GROQ_LINK_DOWNS), 1u);
    bring_up();
    EXPECT_EQ(counter(a, GROQ_LINK_DOWNS), 1u);
}

TEST_F(link, goes_down_at_both_ends_and_trains_again_after_any_reset) {
    bring_up();
    uint64_t downs = 0;
    for (bool cold : {false, true}) {
        groq_chip_reset(chip(0), cold);
        EXPECT_NE(state(a), uint32_t{GROQ_LINK_UP});
        settle();
        expect_states(GROQ_LINK_UP, GROQ_LINK_UP);
        EXPECT_EQ(counter(b, GROQ_LINK_DOWNS), ++downs);
    }
    card(0).write32(GROQ_CONTROL, GROQ_CONTROL_RESET);
    settle();
    expect_states(GROQ_LINK_UP, GROQ_LINK_UP);
    EXPECT_EQ(counter(a, GROQ_LINK_DOWNS), 1u); // a cold reset forgot the others
    EXPECT_EQ(counter(b, GROQ_LINK_DOWNS), ++downs);
}

TEST_F(link, obeys_enable_and_train) {
    bring_up();
    set(a, GROQ_LINK_CONTROL, 0);
    settle();
    expect_states(GROQ_LINK_DOWN, GROQ_LINK_DOWN);
    EXPECT_EQ(reg(a, GROQ_LINK_CONTROL), 0u);
    set(a, GROQ_LINK_CONTROL, GROQ_LINK_ENABLE);
    settle();
    expect_states(GROQ_LINK_UP, GROQ_LINK_UP);
    EXPECT_EQ(counter(b, GROQ_LINK_DOWNS), 1u);
    set(a, GROQ_LINK_CONTROL, GROQ_LINK_ENABLE | GROQ_LINK_TRAIN);
    EXPECT_EQ(reg(a, GROQ_LINK_CONTROL), uint32_t{GROQ_LINK_ENABLE});
    settle();
    expect_states(GROQ_LINK_UP, GROQ_LINK_UP);
    EXPECT_EQ(counter(b, GROQ_LINK_DOWNS), 2u);
}

TEST_F(link, comes_up_however_both_ends_train_at_once) {
    for (uint32_t seed = 1; seed < 30; ++seed) {
        plug(a, b);
        settle_somehow(seed);
        for (socket s : {a, b})
            if (seed % 3)
                set(s, GROQ_LINK_CONTROL, GROQ_LINK_ENABLE | GROQ_LINK_TRAIN);
        for (uint32_t n = 0; n < seed % 7; ++n)
            n % 2 ? bring(a) || work(0) : bring(b) || work(1);
        set(seed % 2 ? a : b, GROQ_LINK_CONTROL, GROQ_LINK_ENABLE | GROQ_LINK_TRAIN);
        settle_somehow(seed + 100);
        expect_states(GROQ_LINK_UP, GROQ_LINK_UP);
        pull(a);
    }
}

TEST_F(link, works_with_fewer_lanes) {
    groq_cable worn = plain();
    worn.lanes = 3;
    plug(a, b, worn);
    settle();
    expect_states(GROQ_LINK_DEGRADED, GROQ_LINK_DEGRADED);
    EXPECT_EQ(reg(b, GROQ_LINK_ACTIVE_LANES), 3u);
}

TEST_F(link, is_not_trained_by_a_dead_controller) {
    ASSERT_TRUE(groq_chip_fail(chip(0), GROQ_FAILURE_CONTROLLER, 1));
    plug(a, b);
    settle();
    EXPECT_NE(state(a), uint32_t{GROQ_LINK_UP});
    EXPECT_NE(state(b), uint32_t{GROQ_LINK_UP});
    ASSERT_TRUE(groq_chip_fail(chip(0), GROQ_FAILURE_CONTROLLER, 0));
    settle();
    expect_states(GROQ_LINK_UP, GROQ_LINK_UP);
    ASSERT_TRUE(groq_chip_fail(chip(0), GROQ_FAILURE_CONTROLLER, 1));
    settle();
    expect_states(GROQ_LINK_UP, GROQ_LINK_UP);
}

TEST_F(link, ties_two_links_of_one_card) {
    plug({0, 4}, {0, 5});
    settle();
    EXPECT_EQ(state({0, 4}), uint32_t{GROQ_LINK_UP});
    EXPECT_EQ(reg64({0, 5}, GROQ_LINK_PEER_SERIAL), 11u);
    EXPECT_EQ(reg({0, 5}, GROQ_LINK_PEER_LINK), 4u);
}

TEST_F(link, takes_only_cables_that_are_in_range) {
    auto refused = [&](auto change) {
        groq_cable c = plain();
        change(c);
        EXPECT_FALSE(groq_chip_plug(chip(0), 0, &c));
    };
    refused([](groq_cable &c) { c.size = 1; });
    refused([](groq_cable &c) { c.latency = 63; });
    refused([](groq_cable &c) { c.latency = 65536; });
    refused([](groq_cable &c) { c.spread = c.latency * 100 + 1; });
    refused([](groq_cable &c) { c.lanes = 0; });
    refused([](groq_cable &c) { c.lanes = 5; });
    groq_cable good = plain();
    EXPECT_FALSE(groq_chip_plug(chip(0), 16, &good));
    EXPECT_TRUE(groq_chip_plug(chip(0), 0, &good));
    EXPECT_FALSE(groq_chip_plug(chip(0), 0, &good));
    program_card few;
    few.link_count = 2;
    few.put_new_chip();
    EXPECT_FALSE(groq_chip_plug(few.chip.get(), 2, &good));
    EXPECT_EQ(few.read32(GROQ_LINK(2) + GROQ_LINK_STATE), uint32_t{GROQ_LINK_ABSENT});
    few.write32(GROQ_LINK(2) + GROQ_LINK_CONTROL, GROQ_LINK_ENABLE | GROQ_LINK_TRAIN);
    EXPECT_EQ(few.read32(GROQ_LINK(2) + GROQ_LINK_STATE), uint32_t{GROQ_LINK_ABSENT});
}

TEST_F(link, goes_down_over_what_is_no_message) {
    bring_up();
    uint8_t noise[GROQ_LINK_MESSAGE_BYTES] = {1, 2, 3};
    EXPECT_FALSE(groq_chip_deliver(chip(0), a.link, noise, sizeof(noise)));
    settle();
    expect_states(GROQ_LINK_DOWN, GROQ_LINK_DOWN); // until another cable comes
    pull(a);
    bring_up();
    EXPECT_FALSE(groq_chip_deliver(chip(0), a.link, noise, 0));
    EXPECT_FALSE(groq_chip_deliver(chip(0), 16, noise, 32));
    EXPECT_FALSE(groq_chip_deliver(chip(0), a.link + 1, noise, 32)); // no cable
}

// The published half of a round: 216.9 cycles, deviation 2.9, from 209 to 228.
TEST_F(link, measures_the_way_there_and_back) {
    bring_up();
    constexpr uint32_t samples = 100'000;
    align(a, samples);
    EXPECT_EQ(reg(a, GROQ_LINK_TEST_STATUS), uint32_t{GROQ_LINK_TEST_DONE});
    double mean = double(aligned(a, GROQ_LINK_ROUND_SUM)) / samples;
    double squares = double(aligned(a, GROQ_LINK_ROUND_SQUARES)) / samples;
    EXPECT_NEAR(mean / 2, 217, 0.1);
    EXPECT_NEAR(std::sqrt(squares - mean * mean) / 2, 2.9, 0.05);
    uint64_t range = aligned(a, GROQ_LINK_ROUND_MIN);
    EXPECT_GE(uint32_t(range), 2 * 203u);
    EXPECT_LE(range >> 32, 2 * 231u);
}

TEST_F(link, aligns_the_counters_of_two_cards) {
    bring_up();
    auto hac = [&](socket s) { return card(s.chip).read32(GROQ_HAC); };
    uint32_t skew = (card(1).read32(GROQ_HAC) + GROQ_HAC_PERIOD_RESET - hac(a)) %
                    GROQ_HAC_PERIOD_RESET;
    EXPECT_NE(skew, 0u);
    align(a, 10'000);
    auto offset = int32_t(aligned(a, GROQ_LINK_HAC_OFFSET));
    EXPECT_LE(std::abs(offset), GROQ_HAC_PERIOD_RESET / 2);
    align(a, 10'000 | GROQ_LINK_ALIGN_ADJUST);
    EXPECT_EQ(int32_t(aligned(a, GROQ_LINK_HAC_OFFSET)), offset);
    align(a, 10'000);
    EXPECT_EQ(aligned(a, GROQ_LINK_HAC_OFFSET), 0u);
    align(b, 10'000);
    EXPECT_EQ(aligned(b, GROQ_LINK_HAC_OFFSET), 0u);
}

TEST_F(link, refuses_alignments_that_cannot_be) {
    align(a, 100);
    EXPECT_EQ(reg(a, GROQ_LINK_TEST_STATUS), uint32_t{GROQ_LINK_TEST_FAILED});
    bring_up();
    align(a, 0);
    EXPECT_EQ(reg(a, GROQ_LINK_TEST_STATUS), uint32_t{GROQ_LINK_TEST_FAILED});
    card(1).write32(GROQ_HAC_PERIOD, 100);
    EXPECT_EQ(card(1).read32(GROQ_HAC_PERIOD), 100u);
    card(1).write32(GROQ_HAC_PERIOD, 15);
    card(1).write32(GROQ_HAC_PERIOD, 256);
    EXPECT_EQ(card(1).read32(GROQ_HAC_PERIOD), 100u);
    align(a, 100);
    EXPECT_EQ(reg(a, GROQ_LINK_TEST_STATUS), uint32_t{GROQ_LINK_TEST_FAILED});
}

TEST_F(link, counts_wrong_bits_of_its_self_test) {
    groq_cable noisy = plain();
    noisy.bit_errors = 1'000'000; // 1e-6
    bring_up(noisy);
    EXPECT_EQ(reg(a, GROQ_LINK_TEST_STATUS), uint32_t{GROQ_LINK_TEST_IDLE});
    set(a, GROQ_LINK_PRBS, 30);
    EXPECT_EQ(reg(a, GROQ_LINK_TEST_STATUS), uint32_t{GROQ_LINK_TEST_BUSY});
    settle();
    EXPECT_EQ(reg(a, GROQ_LINK_TEST_STATUS), uint32_t{GROQ_LINK_TEST_DONE});
    EXPECT_NEAR(double(reg64(a, GROQ_LINK_PRBS_ERRORS)), std::ldexp(1e-6, 30), 1);
    set(a, GROQ_LINK_PRBS, 40);
    settle();
    EXPECT_NEAR(double(reg64(a, GROQ_LINK_PRBS_ERRORS)), std::ldexp(1e-6, 40), 1);
    set(a, GROQ_LINK_PRBS, 41);
    EXPECT_EQ(reg(a, GROQ_LINK_TEST_STATUS), uint32_t{GROQ_LINK_TEST_FAILED});
    set(a, GROQ_LINK_PRBS, 30);
    work(0);
    pull(a);
    EXPECT_EQ(reg(a, GROQ_LINK_TEST_STATUS), uint32_t{GROQ_LINK_TEST_FAILED});
}

} // namespace
} // namespace groq::chip::test
