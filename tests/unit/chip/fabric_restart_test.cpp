// SPDX-License-Identifier: MIT
// Programs that are aborted while they wait for each other, or run, and begin again;
// chips that are saved and loaded in the midst of it. In any order of what happens.
#include "fabric_card.hpp"
#include "pieces.hpp"

namespace groq::chip::test {
namespace {

constexpr uint32_t sent_vectors = 5;

// Chip 0 sends and waits for an answer; chip 1 answers when it has received.
void put_programs(fabric &f) {
    f.card(0).add(c2c(0), {transmit()});
    add_sender(f.card(0), 100, sent_vectors);
    f.card(0).add(c2c(0), {await(0, 1)});
    f.card(1).add(c2c(0), {await(0, 1), nop(250), receive(east(0)),
                           repeat(sent_vectors - 1, 24), transmit()});
}

// Whatever is under way between them, however far each has come, after @steps
// messages and turns in an order that @seed says.
void go_a_little(fabric &f, uint32_t seed, uint32_t steps) {
    std::mt19937 random(seed);
    for (uint32_t n = 0; n < steps; ++n)
        if (random() % 2)
            f.bring({static_cast<uint32_t>(random() % 2), 0});
        else
            f.work(random() % 2, 1 + random() % 90);
}

void abort_program(fabric &f, uint32_t n) {
    f.card(n).write32(f.card(n).queue.reg(GROQ_QUEUE_ABORT), GROQ_QUEUE_ABORT_ANY);
}

void expect_both_end_well(fabric &f, const std::string &what) {
    f.submit(0);
    f.submit(1);
    f.settle();
    for (uint32_t n : {0, 1})
        EXPECT_GT(f.result(n), 0u)
            << what << ", chip " << n << ": fault " << f.fault.cause << " in cycle "
            << f.fault.cycle << ", status " << f.last_status;
}

// Until its command has ended, if it had one; messages of it may still lie about.
void end_program(fabric &f, uint32_t n) {
    for (f.last_status = ~0u; f.last_status == ~0u;) {
        abort_program(f, n);
        f.work(n);
        f.result(n);
    }
}

TEST(fabric_restart, begins_anew_after_an_abort_at_any_point) {
    two_chips f;
    put_programs(f);
    for (uint32_t seed = 0; seed < 400; ++seed) {
        bool both = seed % 5; // sometimes the other has not even begun
        f.submit(0);
        if (both)
            f.submit(1);
        go_a_little(f, seed, seed % 40);
        end_program(f, seed % 2 && both);
        go_a_little(f, seed + 1, seed % 11);
        if (both)
            end_program(f, seed % 2 == 0);
        expect_both_end_well(f, "seed " + std::to_string(seed));
    }
}

TEST(fabric_restart, begins_anew_after_a_reset_at_any_point) {
    two_chips f;
    put_programs(f);
    for (uint32_t seed = 0; seed < 60; ++seed) {
        f.submit(0);
        f.submit(1);
        go_a_little(f, seed, seed % 40);
        uint32_t n = seed % 2;
        groq_chip_reset(f.chip(n), false);
        f.settle_somehow(seed);
        for (uint32_t link_end : {0, 1})
            ASSERT_EQ(f.state({link_end, 0}), uint32_t{GROQ_LINK_UP});
        f.card(n).queue.set_up(4);
        f.card(n).queue.enable();
        f.card(n).queue.open_everything();
        end_program(f, 1 - n);
        expect_both_end_well(f, "seed " + std::to_string(seed));
    }
}

// As by migration: another chip takes over where this one is.
void move_chip(fabric &f, uint32_t n) {
    program_card &card = f.card(n);
    std::vector<uint8_t> state = save(card);
    card.put_new_chip();
    groq_cable cable = fabric::plain();
    ASSERT_TRUE(groq_chip_plug(card.chip.get(), 0, &cable));
    ASSERT_TRUE(load(card, state));
    ASSERT_EQ(save(card), state);
}

TEST(fabric_restart, goes_on_where_it_was_saved) {
    two_chips whole;
    put_programs(whole);
    whole.submit(0);
    whole.submit(1);
    whole.settle();
    uint64_t first = whole.result(0), second = whole.result(1);
    EXPECT_GT(first, 0u);
    for (uint32_t seed = 0; seed < 60; ++seed) {
        two_chips f;
        put_programs(f);
        f.submit(0);
        f.submit(1);
        for (uint32_t part = 0; part < 4; ++part) {
            go_a_little(f, 10 * seed + part, 1 + (seed + part) % 12);
            move_chip(f, part % 2);
        }
        f.settle();
        EXPECT_EQ(f.result(0), first) << seed;
        EXPECT_EQ(f.result(1), second) << seed;
        EXPECT_TRUE(has_come(whole.card(0), f.card(0), sent_vectors));
    }
}

TEST(fabric_restart, has_its_links_down_where_it_is_loaded_without_cables) {
    two_chips f;
    put_programs(f);
    f.submit(0);
    f.submit(1);
    go_a_little(f, 3, 30);
    program_card &card = f.card(0);
    std::vector<uint8_t> state = save(card);
    card.put_new_chip();
    ASSERT_TRUE(load(card, state));
    EXPECT_EQ(f.state({0, 0}), uint32_t{GROQ_LINK_DOWN});
    f.settle();
    EXPECT_EQ(f.result(0), 0u);
    EXPECT_EQ(f.fault.cause, uint32_t{GROQ_FAULT_LINK_DOWN});
}

// Every byte of a state may lie: it is refused, or the chip goes on somehow.
TEST(fabric_restart, survives_states_that_lie) {
    two_chips f;
    put_programs(f);
    f.submit(0);
    f.submit(1);
    go_a_little(f, 5, 45);
    std::vector<uint8_t> state = save(f.card(1));
    std::mt19937 random(1);
    uint32_t taken = 0;
    // Links and what the program has of them lie in front of the streams.
    for (uint32_t n = 0; n < 4000; ++n) {
        std::vector<uint8_t> wrong = state;
        for (uint32_t bytes = 1 + random() % 3; bytes; --bytes)
            wrong[random() % wrong.size()] = static_cast<uint8_t>(random());
        taken += load(f.card(1), wrong);
        for (uint32_t m = 0; m < 3; ++m) {
            groq_chip_work(f.chip(1), GROQ_ENGINE_COPY, 100);
            groq_chip_work(f.chip(1), GROQ_ENGINE_PROGRAM, 300);
        }
        ASSERT_TRUE(load(f.card(1), state));
    }
    EXPECT_GT(taken, 0u);
}

} // namespace
} // namespace groq::chip::test
