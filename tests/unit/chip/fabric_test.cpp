// SPDX-License-Identifier: MIT
// Programs on several chips: docs/hardware.md section 7.4, docs/isa.md section 5.7.
#include "fabric_card.hpp"

#include <numeric>

namespace groq::chip::test {
namespace {

TEST(fabric, carries_vectors_from_chip_to_chip) {
    two_chips f;
    add_sender(f.card(0), 40, 10);
    add_receiver(f.card(1), {nop(3000)}, 3000, 10);
    f.submit(0);
    f.submit(1);
    f.settle();
    EXPECT_GT(f.result(0), 40u);
    EXPECT_GT(f.result(1), 3000u);
    EXPECT_TRUE(has_come(f.card(0), f.card(1), 10));
    EXPECT_EQ(f.counter({0, 0}, GROQ_LINK_SENT), 10u);
    EXPECT_EQ(f.counter({1, 0}, GROQ_LINK_RECEIVED), 10u);
    EXPECT_EQ(f.counter({1, 0}, GROQ_LINK_SENT), 0u);
}

TEST(fabric, waits_in_cycle_0_for_the_other_end) {
    two_chips f;
    add_sender(f.card(0), 40, 1);
    f.submit(0);
    f.settle();
    EXPECT_TRUE(f.card(0).read32(GROQ_STATUS) & GROQ_STATUS_RUNNING);
    EXPECT_EQ(f.card(0).read64(GROQ_CYCLES), 0u);
    EXPECT_EQ(groq_chip_advance(f.chip(0), 1000).state, GROQ_PROGRESS_HELD);
    EXPECT_EQ(groq_chip_advance(f.chip(0), 1000).position, 0u);
    add_receiver(f.card(1), {nop(3000)}, 3000, 1);
    f.submit(1);
    f.settle();
    EXPECT_GT(f.result(0), 40u);
    EXPECT_GT(f.result(1), 3000u) << f.last_status << " " << f.fault.cause << " "
                                  << f.fault.cycle << " " << f.fault.unit;
    EXPECT_TRUE(has_come(f.card(0), f.card(1), 1));
}

uint32_t open_of(fabric &f, uint32_t n) {
    return f.card(n).read32(GROQ_LINK(0) + GROQ_LINK_OPEN);
}

TEST(fabric, tells_who_has_opened_a_link) {
    two_chips f;
    add_sender(f.card(0), 40, 1);
    add_receiver(f.card(1), {nop(3000)}, 3000, 1);
    EXPECT_EQ(open_of(f, 0), uint32_t{GROQ_LINK_CLOSED});
    f.submit(0);
    f.settle();
    EXPECT_EQ(open_of(f, 0), uint32_t{GROQ_LINK_OPENED_HERE});
    EXPECT_EQ(open_of(f, 1), uint32_t{GROQ_LINK_CLOSED});
    f.submit(1);
    f.work(1, 1);
    while (f.bring({0, 0}))
        continue;
    f.work(0, 1);
    EXPECT_EQ(open_of(f, 0), uint32_t{GROQ_LINK_OPENED_BOTH});
    f.settle();
    for (uint32_t n : {0, 1})
        EXPECT_EQ(open_of(f, n), uint32_t{GROQ_LINK_CLOSED}) << n;
}

TEST(fabric, tells_which_link_a_program_waited_for_that_is_aborted) {
    two_chips f;
    add_sender(f.card(0), 40, 1);
    f.submit(0);
    f.settle();
    driver_queue &queue = f.card(0).queue;
    f.card(0).write32(queue.reg(GROQ_QUEUE_ABORT), GROQ_QUEUE_ABORT_ANY);
    f.settle();
    f.result(0);
    EXPECT_EQ(f.last_status, uint32_t{GROQ_COMPLETION_ABORTED});
    groq_fault told = queue.last_fault();
    EXPECT_EQ(told.cause, uint32_t{GROQ_FAULT_ABORTED});
    EXPECT_EQ(told.unit, c2c(0));
    EXPECT_EQ(told.detail, 1u << 0);
    EXPECT_EQ(open_of(f, 0), uint32_t{GROQ_LINK_CLOSED});
}

TEST(fabric, starts_the_receiver_by_a_notification) {
    two_chips f;
    f.card(0).add(c2c(0), {transmit()});
    add_sender(f.card(0), 100, 10);
    // Behind await: nop is relative to the arrival.
    f.card(1).add(c2c(0), {await(0, 1), nop(200), receive(east(0)), repeat(9, 24)});
    f.submit(0);
    f.submit(1);
    f.settle();
    EXPECT_GT(f.result(0), 0u);
    EXPECT_GT(f.result(1), 0u) << f.fault.cause << " in " << f.fault.cycle;
    EXPECT_EQ(f.counter({1, 0}, GROQ_LINK_RECEIVED), 11u);
}

// What a run leaves behind, on every chip.
struct trace {
    std::vector<uint64_t> results;
    std::vector<uint32_t> causes;
    std::vector<uint64_t> fault_cycles;
    std::vector<std::vector<uint8_t>> words;
    bool operator==(const trace &) const = default;
};

trace trace_of(fabric &f) {
    trace t;
    for (uint32_t n = 0; n < f.size(); ++n) {
        t.results.push_back(f.result(n));
        t.causes.push_back(f.fault.cause);
        t.fault_cycles.push_back(f.fault.cycle);
        uint8_t *words = f.card(n).word(GROQ_WEST, 0, 0);
        t.words.emplace_back(words, words + 64 * GROQ_VECTOR_BYTES);
    }
    return t;
}

// Eight in a ring: each tells the next by link 1 to begin and passes on what comes.
trace run_ring(uint32_t seed, uint32_t chips) {
    std::vector<uint64_t> serials(chips);
    std::iota(serials.begin(), serials.end(), 100);
    fabric f(serials, {0, 100'000, -100'000, 20, 150'000, -200'000, 200'000, 3});
    for (uint32_t n = 0; n < chips; ++n)
        f.plug({n, 1}, {(n + 1) % chips, 0});
    f.settle();
    for (uint32_t n = 0; n < chips; ++n) {
        program_card &card = f.card(n);
        // Link 1 is east: what comes by link 0 in the west crosses the chip.
        words first = n == 0 ? words{nop(50), transmit(), nop(65)}
                             : words{await(0, 1), transmit(), nop(65)};
        card.add(c2c(1), first);
        card.add(c2c(1), {nop(400), deskew(), nop(300), deskew_runtime(50)});
        card.add(c2c(0),
                 {await(0, 1), deskew(), nop(700), deskew_runtime(100), nop(5)});
        card.add(c2c(0), {receive(east(2))});
        card.add(c2c(0), {transmit()});
        if (n != 0)
            card.add(c2c(1), {nop(20), await(0, 1), nop(2)});
    }
    for (uint32_t n = 0; n < chips; ++n)
        f.submit(n);
    seed ? f.settle_somehow(seed) : f.settle();
    return trace_of(f);
}

TEST(fabric, does_not_depend_on_how_the_host_schedules_it) {
    trace first = run_ring(0, 4);
    for (uint32_t seed = 1; seed < 20; ++seed)
        EXPECT_EQ(run_ring(seed, 4), first) << seed;
}

} // namespace
} // namespace groq::chip::test
