// SPDX-License-Identifier: MIT
// What goes wrong between chips, and in which cycle: docs/isa.md section 5.7.
#include "fabric_card.hpp"

namespace groq::chip::test {
namespace {

TEST(fabric_faults, has_the_wire_free_after_23_616_cycles) {
    for (uint32_t gap : {22u, 23u}) {
        two_chips f;
        // 0, 23, 47, 70, 94; and then one of @gap.
        f.card(0).add(c2c(0),
                      {transmit(), nop(22), transmit(), nop(23), transmit(), nop(22),
                       transmit(), nop(23), transmit(), nop(gap), transmit()});
        f.card(1).add(c2c(0), {await(0, 6)});
        f.submit(0);
        f.submit(1);
        f.settle();
        bool fits = gap == 23;
        EXPECT_EQ(f.result(0) != 0, fits);
        EXPECT_EQ(f.fault.cause, fits ? 0u : uint32_t{GROQ_FAULT_LINK_BUSY});
        EXPECT_EQ(f.fault.cycle, fits ? 0u : 94u + 23);
        EXPECT_EQ(f.result(1) != 0, fits);
        EXPECT_EQ(f.fault.cause, fits ? 0u : uint32_t{GROQ_FAULT_LINK_EMPTY});
    }
}

TEST(fabric_faults, takes_longer_with_fewer_lanes) {
    groq_cable worn = fabric::plain();
    worn.lanes = 2;
    for (uint32_t interval : {46u, 47u}) {
        two_chips f(worn);
        f.card(0).add(c2c(0), {transmit(), nop(interval - 1), transmit()});
        f.card(1).add(c2c(0), {await(0, 1)});
        f.submit(0);
        f.submit(1);
        f.settle();
        EXPECT_EQ(f.result(0) != 0, interval == 47);
    }
}

// The cycles from the vector's sending to its first being there, of many.
TEST(fabric_faults, lets_vectors_come_within_the_spread_of_the_latency) {
    std::set<uint64_t> seen;
    for (uint64_t seed = 1; seed < 40; ++seed) {
        groq_cable cable = fabric::plain();
        cable.seed = seed;
        two_chips f(cable, 0, 0);
        f.card(0).add(c2c(0), {transmit()});
        f.card(1).add(c2c(0), {await(0, 1)});
        f.submit(0);
        f.submit(1);
        f.settle();
        f.result(0);
        seen.insert(f.result(1) - GROQ_DELAY_DRAIN - 2); // released one later
    }
    EXPECT_GE(*seen.begin(), 203u);
    EXPECT_LE(*seen.rbegin(), 231u);
    EXPECT_GT(seen.size(), 8u);
}

TEST(fabric_faults, has_nothing_to_receive_before_it_has_come) {
    groq_cable exact = fabric::plain();
    exact.spread = 0;
    for (uint32_t at : {40u + 216, 40u + 217}) {
        two_chips f(exact, 0, 0);
        add_sender(f.card(0), 40, 1);
        f.card(1).add(c2c(0), {nop(at), receive(east(0))});
        f.submit(0);
        f.submit(1);
        f.settle();
        bool is_there = at == 40 + 217;
        EXPECT_EQ(f.result(1) != 0, is_there);
        EXPECT_EQ(f.fault.cause, is_there ? 0u : uint32_t{GROQ_FAULT_LINK_EMPTY});
        EXPECT_EQ(f.fault.cycle, is_there ? 0u : at);
    }
}

TEST(fabric_faults, holds_64_vectors) {
    for (uint32_t count : {64u, 65u}) {
        two_chips f;
        add_sender(f.card(0), 40, count);
        f.card(1).add(c2c(0), {nop(5000), receive(east(0)), repeat(63, 2)});
        f.submit(0);
        f.submit(1);
        f.settle();
        EXPECT_NE(f.result(0), 0u);
        EXPECT_EQ(f.result(1) != 0, count == 64);
        EXPECT_EQ(f.fault.cause, count == 64 ? 0u : uint32_t{GROQ_FAULT_LINK_OVERFLOW});
        EXPECT_EQ(f.fault.cycle, count == 64 ? 0u : 5000u);
    }
}

TEST(fabric_faults, counts_errors_and_fails_where_fec_does) {
    groq_cable poor = fabric::plain();
    poor.corrected_every = 3;
    poor.uncorrected_at = 8;
    two_chips f(poor);
    add_sender(f.card(0), 40, 10);
    f.card(1).add(c2c(0), {nop(3000), receive(east(0)), repeat(9, 2)});
    f.submit(0);
    f.submit(1);
    f.settle();
    EXPECT_EQ(f.counter({1, 0}, GROQ_LINK_CORRECTED), 3u);
    EXPECT_EQ(f.counter({1, 0}, GROQ_LINK_UNCORRECTED), 1u);
    EXPECT_EQ(f.result(1), 0u);
    EXPECT_EQ(f.fault.cause, uint32_t{GROQ_FAULT_LINK_ERROR});
    EXPECT_EQ(f.fault.detail, 7u);
    EXPECT_EQ(f.fault.cycle, 3000u + 14);
}

TEST(fabric_faults, injects_errors_into_the_next_vector) {
    for (uint32_t error : {GROQ_LINK_INJECT_CORRECTED, GROQ_LINK_INJECT_UNCORRECTED}) {
        two_chips f;
        f.card(0).write32(GROQ_LINK(0) + GROQ_LINK_INJECT, error);
        add_sender(f.card(0), 40, 2);
        f.card(1).add(c2c(0), {nop(3000), receive(east(0)), receive(east(0))});
        f.submit(0);
        f.submit(1);
        f.settle();
        bool corrected = error == GROQ_LINK_INJECT_CORRECTED;
        EXPECT_EQ(f.counter({1, 0}, GROQ_LINK_CORRECTED), corrected);
        EXPECT_EQ(f.counter({1, 0}, GROQ_LINK_UNCORRECTED), !corrected);
        EXPECT_EQ(f.result(1) != 0, corrected);
        EXPECT_EQ(f.fault.cause, corrected ? 0u : uint32_t{GROQ_FAULT_LINK_ERROR});
    }
}

TEST(fabric_faults, ends_programs_at_both_ends_when_a_link_goes_down) {
    two_chips f;
    f.card(0).add(c2c(0), {await(0, 1)});
    f.card(1).add(c2c(0), {await(0, 1)});
    f.submit(0);
    f.submit(1);
    for (int n = 0; n < 50; ++n) // they await each other for ever
        for (uint32_t chip : {0, 1})
            f.work(chip, 100), f.bring({1 - chip, 0});
    f.card(0).write32(GROQ_LINK(0) + GROQ_LINK_CONTROL, 0);
    f.settle();
    for (uint32_t n : {0, 1}) {
        EXPECT_EQ(f.result(n), 0u);
        EXPECT_EQ(f.fault.cause, uint32_t{GROQ_FAULT_LINK_DOWN}) << n;
        EXPECT_EQ(f.fault.unit, c2c(0));
    }
}

TEST(fabric_faults, knows_that_an_awaited_program_has_ended) {
    groq_cable exact = fabric::plain();
    exact.spread = 0;
    two_chips f(exact, 0, 0);
    f.card(0).add(c2c(0), {nop(99), nop(1)});
    f.card(1).add(c2c(0), {await(0, 1)});
    f.submit(0);
    f.submit(1);
    f.settle();
    EXPECT_EQ(f.result(0), 100u + GROQ_DELAY_DRAIN);
    EXPECT_EQ(f.result(1), 0u);
    EXPECT_EQ(f.fault.cause, uint32_t{GROQ_FAULT_LINK_EMPTY});
    EXPECT_EQ(f.fault.cycle, 99u + 217 + 1);
}

TEST(fabric_faults, awaits_no_link_that_is_not_open) {
    two_chips f;
    f.card(0).add(c2c(0), {nop(7), await(5, 1)});
    f.card(1).add(c2c(0), {nop(1)});
    f.submit(0);
    f.submit(1);
    f.settle();
    EXPECT_EQ(f.result(0), 0u);
    EXPECT_EQ(f.fault.cause, uint32_t{GROQ_FAULT_LINK_EMPTY});
    EXPECT_EQ(f.fault.cycle, 8u);
}

TEST(fabric_faults, has_a_launch_of_links_that_are_brought_out) {
    program_card few;
    few.link_count = 3;
    few.put_new_chip();
    few.queue.set_up(4);
    few.queue.enable();
    few.queue.open_everything();
    few.add(c2c(3), {nop(1)});
    EXPECT_EQ(few.fault_of_run().cause, uint32_t{GROQ_FAULT_BAD_LAUNCH});
}

TEST(fabric_faults, repeats_only_send_and_receive) {
    for (const instruction_word &word : {transmit(), await(0, 1), deskew()}) {
        two_chips f;
        f.card(0).add(c2c(0), {transmit(), nop(30), word, repeat(1, 50)});
        f.card(1).add(c2c(0), {transmit(), nop(5000)});
        f.submit(0);
        f.submit(1);
        f.settle();
        EXPECT_EQ(f.result(0), 0u);
        EXPECT_EQ(f.fault.cause, uint32_t{GROQ_FAULT_ILLEGAL});
    }
}

// SRAM errors that cannot be corrected do not get onto a wire.
TEST(fabric_faults, checks_what_it_sends) {
    two_chips f;
    add_sender(f.card(0), 40, 1);
    f.card(0).write32(GROQ_ECC_INJECT_ADDRESS, GROQ_SRAM_ADDRESS(GROQ_WEST, 0, 0));
    f.card(0).write32(GROQ_ECC_INJECT_BITS, 3 << 8 | 5);
    f.card(0).write32(GROQ_ECC_INJECT, GROQ_ECC_INJECT_INTO_SRAM);
    f.card(1).add(c2c(0), {nop(1)});
    f.submit(0);
    f.submit(1);
    f.settle();
    EXPECT_EQ(f.result(0), 0u);
    EXPECT_EQ(f.fault.cause, uint32_t{GROQ_FAULT_ECC});
    EXPECT_EQ(f.fault.cycle, 40u);
    EXPECT_EQ(f.counter({0, 0}, GROQ_LINK_SENT), 0u);
}

TEST(fabric_faults, finds_a_clock_that_has_drifted_too_far) {
    for (int32_t ppb : {200'000, -200'000}) {
        fabric f({0, 0}, {ppb, 0});
        f.plug({0, 0}, {1, 0});
        f.settle();
        f.card(0).add(c2c(0), {deskew(), nop(50'000), deskew_runtime(9)});
        f.card(1).add(c2c(0), {nop(1)});
        f.submit(0);
        f.submit(1);
        f.settle();
        // A slow clock has 10 cycles less to wait than the 9 it was to take.
        EXPECT_EQ(f.result(0) != 0, ppb > 0);
        EXPECT_EQ(f.fault.cause, ppb > 0 ? 0u : uint32_t{GROQ_FAULT_LINK_DRIFT});
    }
}

} // namespace
} // namespace groq::chip::test
