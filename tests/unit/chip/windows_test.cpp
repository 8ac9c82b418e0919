// SPDX-License-Identifier: MIT
// Programs held at horizons: the same to the byte and the cycle wherever they
// are held, and several chips in step on several threads.
#include <algorithm>
#include <barrier>
#include <thread>

#include "dense_layer.hpp"

namespace groq::chip::test {
namespace {

constexpr uint32_t inputs = 30;
constexpr uint64_t latency = 217; // of a link, about

groq_progress advance(card &c, uint64_t until) {
    return groq_chip_advance(c.chip.get(), until);
}

// The copy engine is the one that fetches while nobody knows what it will be.
void submit(program_card &c, const groq_command &command) {
    c.queue.push(command);
    c.queue.ring();
    groq_chip_work(c.chip.get(), GROQ_ENGINE_COPY, 1);
}

void submit(program_card &c) {
    submit(c, c.build());
}

// To its end, each window from the position on as long as @next says.
template <class Next>
groq_progress run_in_windows(card &c, Next next) {
    groq_progress p = advance(c, 0);
    while (p.state == GROQ_PROGRESS_HELD) {
        uint64_t until = p.position + next();
        p = advance(c, until);
        EXPECT_TRUE(p.state == GROQ_PROGRESS_ENDED || p.position == until);
        EXPECT_GE(p.next_event, p.position);
    }
    return p;
}

groq_completion completion(program_card &c) {
    std::optional<groq_completion> done = c.queue.reap();
    c.queue.acknowledge();
    EXPECT_TRUE(done.has_value());
    return done.value_or(groq_completion{});
}

bool have_same_sram(const card &a, const card &b) {
    return std::memcmp(a.sram.get(), b.sram.get(), a.sram_bytes) == 0;
}

struct windows : testing::Test {
    void expect_same(auto next, const char *what) {
        layer.clear_outputs();
        submit(layer);
        groq_progress p = run_in_windows(layer, next);
        EXPECT_EQ(p.state, GROQ_PROGRESS_ENDED) << what;
        EXPECT_EQ(p.position, cycles) << what;
        EXPECT_EQ(completion(layer).result, cycles) << what;
        EXPECT_TRUE(have_same_sram(layer, free)) << what;
    }

    dense_layer free{inputs}; // run in one go
    uint64_t cycles = free.run().result;
    dense_layer layer{inputs};
};

TEST_F(windows, of_any_size_give_the_same_bytes_and_cycles) {
    for (uint64_t size : {1, 7, 217, 100'000})
        expect_same([&] { return size; }, std::to_string(size).c_str());
    std::mt19937 random(5);
    for (int round = 0; round < 20; ++round)
        expect_same([&] { return random() % 40; }, "random, with empty ones");
    EXPECT_EQ(layer.read64(GROQ_CYCLES), 24 * cycles);
}

TEST_F(windows, may_end_where_something_happens_next) {
    submit(layer);
    groq_progress p = advance(layer, 0);
    uint32_t calls = 0;
    for (; p.state == GROQ_PROGRESS_HELD; ++calls)
        p = advance(layer, p.next_event + 1);
    EXPECT_LT(calls, cycles);
    EXPECT_EQ(completion(layer).result, cycles);
    EXPECT_TRUE(have_same_sram(layer, free));
}

TEST_F(windows, of_any_size_fault_alike) {
    for (dense_layer *of : {&free, &layer})
        of->queues[GROQ_ICU_VXM(3)][1].low += 1 << 16; // the fifth ALU finds nothing
    free.clear_outputs();
    groq_fault expected = free.fault_of_run();
    uint32_t index = 0;
    for (uint64_t size : {1, 7, 217}) {
        submit(layer);
        groq_progress p = run_in_windows(layer, [&] { return size; });
        EXPECT_EQ(p.position, expected.cycle) << size;
        EXPECT_EQ(completion(layer).status, GROQ_COMPLETION_FAULT) << size;
        groq_fault fault = layer.queue.fault(index++);
        EXPECT_EQ(std::memcmp(&fault, &expected, sizeof(fault)), 0) << size;
        EXPECT_TRUE(have_same_sram(layer, free)) << size;
    }
}

TEST_F(windows, end_at_the_cycle_limit) {
    for (uint64_t size : {1, 7, 50, 217}) {
        submit(layer, layer.build(50));
        EXPECT_EQ(run_in_windows(layer, [&] { return size; }).position, 50u) << size;
        EXPECT_EQ(completion(layer).result, 50u) << size;
    }
}

TEST_F(windows, start_in_cycle_0_with_nothing_done) {
    EXPECT_EQ(advance(layer, 0).state, GROQ_PROGRESS_IDLE);
    submit(layer);
    for (int again = 0; again < 2; ++again) {
        groq_progress p = advance(layer, 0);
        EXPECT_EQ(p.state, GROQ_PROGRESS_HELD);
        EXPECT_EQ(p.position, 0u);
        EXPECT_EQ(p.next_event, 0u);
    }
    EXPECT_TRUE(layer.read32(GROQ_STATUS) & GROQ_STATUS_RUNNING);
    EXPECT_EQ(layer.read64(GROQ_CYCLES), 0u);
}

TEST_F(windows, never_go_back) {
    submit(layer);
    advance(layer, 100);
    EXPECT_EQ(advance(layer, 50).position, 100u);
    EXPECT_EQ(advance(layer, 100).position, 100u);
    EXPECT_EQ(layer.read64(GROQ_CYCLES), 100u);
}

TEST_F(windows, cost_nothing_where_nothing_happens) {
    program_card waiting;
    waiting.add(0, {nop(60'000), nop(60'000)});
    submit(waiting);
    EXPECT_EQ(advance(waiting, 1).next_event, 60'000u);
    EXPECT_EQ(advance(waiting, 60'000).next_event, 60'000u);
    EXPECT_EQ(advance(waiting, 60'001).state, GROQ_PROGRESS_ENDED);
}

TEST_F(windows, hold_one_program_at_a_time) {
    submit(layer);
    submit(layer);
    EXPECT_EQ(advance(layer, ~uint64_t{0}).state, GROQ_PROGRESS_ENDED);
    EXPECT_EQ(layer.read64(GROQ_CYCLES), cycles);
    EXPECT_EQ(advance(layer, 10).position, 10u);
    layer.settle(); // and the other way to work goes on with it
    EXPECT_EQ(completion(layer).result, cycles);
    EXPECT_EQ(completion(layer).result, cycles);
    EXPECT_EQ(advance(layer, 0).state, GROQ_PROGRESS_IDLE);
}

TEST_F(windows, pass_over_commands_that_are_refused) {
    submit(layer, run_command(0, 1, 100)); // a table of zeroes
    submit(layer);
    groq_progress p = advance(layer, 10);
    EXPECT_EQ(p.state, GROQ_PROGRESS_ENDED);
    EXPECT_EQ(p.position, 0u);
    EXPECT_EQ(advance(layer, 10).state, GROQ_PROGRESS_HELD);
    EXPECT_NE(completion(layer).status, GROQ_COMPLETION_OK);
}

TEST_F(windows, are_called_off_by_an_abort_that_wakes) {
    submit(layer);
    advance(layer, 10);
    unsigned int wakes = layer.host.wakes(GROQ_ENGINE_PROGRAM);
    layer.write32(layer.queue.reg(GROQ_QUEUE_ABORT), 1);
    EXPECT_GT(layer.host.wakes(GROQ_ENGINE_PROGRAM), wakes);
    groq_progress p = advance(layer, 10);
    EXPECT_EQ(p.state, GROQ_PROGRESS_ENDED);
    EXPECT_EQ(p.position, 10u);
    groq_completion c = completion(layer);
    EXPECT_EQ(c.status, GROQ_COMPLETION_ABORTED);
    EXPECT_EQ(c.result, 10u);
}

TEST_F(windows, are_called_off_by_a_queue_that_ends) {
    submit(layer);
    advance(layer, 10);
    unsigned int wakes = layer.host.wakes(GROQ_ENGINE_PROGRAM);
    layer.queue.disable();
    EXPECT_GT(layer.host.wakes(GROQ_ENGINE_PROGRAM), wakes);
    EXPECT_EQ(advance(layer, 10).state, GROQ_PROGRESS_ENDED);
    EXPECT_EQ(layer.queue.reap(), std::nullopt);
}

TEST_F(windows, are_called_off_by_a_reset) {
    submit(layer);
    advance(layer, 10);
    unsigned int wakes = layer.host.wakes(GROQ_ENGINE_PROGRAM);
    groq_chip_reset(layer.chip.get(), false);
    EXPECT_GT(layer.host.wakes(GROQ_ENGINE_PROGRAM), wakes);
    EXPECT_EQ(advance(layer, 10).state, GROQ_PROGRESS_IDLE);
    groq_chip_work(layer.chip.get(), GROQ_ENGINE_COPY, 1);
    EXPECT_FALSE(layer.read32(GROQ_STATUS) & GROQ_STATUS_RESETTING);
}

TEST_F(windows, can_be_gone_on_with_on_another_chip) {
    submit(layer);
    for (uint64_t at : {0, 1, 60, 100}) {
        advance(layer, at);
        std::vector<uint8_t> state(groq_chip_save(layer.chip.get(), nullptr, 0));
        groq_chip_save(layer.chip.get(), state.data(), state.size());
        dense_layer other{inputs};
        std::memcpy(other.sram.get(), layer.sram.get(), layer.sram_bytes);
        ASSERT_TRUE(groq_chip_load(other.chip.get(), state.data(), state.size()));
        EXPECT_EQ(advance(other, at).position, at);
        EXPECT_EQ(run_in_windows(other, [] { return latency; }).position, cycles);
        EXPECT_TRUE(have_same_sram(other, free)) << at;
    }
}

// Chips with layers of different sizes, run by two threads.
struct several_chips : testing::TestWithParam<uint32_t> {
    several_chips() {
        for (uint32_t i = 0; i < GetParam(); ++i) {
            expected.push_back(std::make_unique<dense_layer>(10 + 40 * i));
            expected.back()->run();
            chips.push_back(std::make_unique<dense_layer>(10 + 40 * i));
            submit(*chips.back());
        }
    }

    // @body(n) on thread n, for the chips n, n + 2, ...
    template <class Body>
    static void on_two_threads(Body body) {
        std::thread other(body, 1);
        body(0);
        other.join();
    }

    void expect_results() {
        for (size_t i = 0; i < chips.size(); ++i) {
            uint64_t cycles = expected[i]->read64(GROQ_CYCLES);
            EXPECT_EQ(completion(*chips[i]).result, cycles) << i;
            EXPECT_TRUE(have_same_sram(*chips[i], *expected[i])) << i;
        }
    }

    std::vector<std::unique_ptr<dense_layer>> expected; // run in one go
    std::vector<std::unique_ptr<dense_layer>> chips;
};

TEST_P(several_chips, keep_in_step_at_a_barrier) {
    std::vector<groq_progress> progress(chips.size());
    std::barrier everyone(2);
    auto is_running = [](const groq_progress &p) {
        return p.state == GROQ_PROGRESS_HELD;
    };
    on_two_threads([&](size_t thread) {
        bool more = true;
        for (uint64_t until = 0; more; until += latency) {
            for (size_t i = thread; i < chips.size(); i += 2)
                if (until == 0 || is_running(progress[i]))
                    progress[i] = advance(*chips[i], until);
            everyone.arrive_and_wait();
            more = std::any_of(progress.begin(), progress.end(), is_running);
            everyone.arrive_and_wait(); // nobody changes what others still look at
        }
    });
    expect_results();
}

// Nobody waits at a barrier: each goes as far as the others let it.
TEST_P(several_chips, keep_in_step_by_what_the_others_have_yet_to_do) {
    constexpr uint64_t never = ~uint64_t{0};
    std::vector<std::atomic<uint64_t>> next_event(chips.size());
    auto horizon = [&](size_t of) {
        uint64_t least = never - latency;
        for (size_t i = 0; i < chips.size(); ++i)
            least = std::min(least, i == of ? least : next_event[i].load());
        return least + latency;
    };
    on_two_threads([&](size_t thread) {
        bool more = true;
        while (more) {
            more = false;
            for (size_t i = thread; i < chips.size(); i += 2) {
                if (next_event[i] != never)
                    next_event[i] = advance(*chips[i], horizon(i)).next_event;
                more = more || next_event[i] != never;
            }
            std::this_thread::yield();
        }
    });
    expect_results();
}

INSTANTIATE_TEST_SUITE_P(of_a_node, several_chips, testing::Values(2, 4));

} // namespace
} // namespace groq::chip::test
