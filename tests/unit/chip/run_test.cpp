// SPDX-License-Identifier: MIT
// Whole programs: right, the same however they are run, and safe to stop,
// save, load and reset at any point.
#include <thread>

#include "dense_layer.hpp"

namespace groq::chip::test {
namespace {

constexpr uint32_t inputs = 30;

struct whole_run : testing::Test {
    void expect_outputs(dense_layer &of) {
        for (uint32_t i = 0; i < inputs; ++i)
            ASSERT_EQ(of.output(i), of.expected(i)) << i;
    }

    static void begin(dense_layer &of) {
        of.queue.push(of.build());
        of.queue.ring();
        groq_chip_work(of.chip.get(), GROQ_ENGINE_COPY, 1);
    }

    static std::vector<uint8_t> save(card &from) {
        std::vector<uint8_t> state(groq_chip_save(from.chip.get(), nullptr, 0));
        EXPECT_EQ(groq_chip_save(from.chip.get(), state.data(), state.size()),
                  state.size());
        return state;
    }

    static bool load(card &to, const std::vector<uint8_t> &state) {
        return groq_chip_load(to.chip.get(), state.data(), state.size());
    }

    static bool work(card &c, uint64_t budget) {
        return groq_chip_work(c.chip.get(), GROQ_ENGINE_PROGRAM, budget);
    }

    dense_layer layer{inputs};
};

TEST_F(whole_run, computes_a_layer_like_plain_loops) {
    groq_completion c = layer.run();
    ASSERT_EQ(c.status, GROQ_COMPLETION_OK) << layer.queue.last_fault().cause;
    expect_outputs(layer);
}

TEST_F(whole_run, takes_the_same_cycles_and_gives_the_same_bytes_at_any_budget) {
    uint64_t cycles = layer.run().result;
    for (uint64_t budget : {1, 2, 3, 7, 64, 1000}) {
        layer.clear_outputs();
        layer.queue.push(layer.build());
        layer.queue.ring();
        layer.settle(budget);
        layer.queue.acknowledge();
        EXPECT_EQ(layer.queue.reap().value().result, cycles) << budget;
        expect_outputs(layer);
    }
}

TEST_F(whole_run, faults_in_the_same_cycle_at_any_budget) {
    words &text = layer.queues[GROQ_ICU_VXM(3)];
    text[1].low += 1 << 16; // one cycle late: the fifth ALU finds nothing
    groq_fault first = layer.fault_of_run();
    for (uint64_t budget : {1, 5, 64}) {
        uint32_t index = layer.queue.push(layer.build());
        layer.queue.ring();
        layer.settle(budget);
        EXPECT_EQ(layer.queue.reap().value().status, GROQ_COMPLETION_FAULT);
        layer.queue.acknowledge();
        groq_fault f = layer.queue.fault(index);
        EXPECT_EQ(std::memcmp(&f, &first, sizeof(f)), 0) << budget;
    }
}

// Between any two cycles: saved, loaded into another chip with the same SRAM,
// and gone on with there.
TEST_F(whole_run, can_be_saved_and_loaded_between_any_two_cycles) {
    uint64_t cycles = layer.run().result;
    layer.clear_outputs();
    dense_layer other{inputs};
    begin(layer);
    bool busy = true;
    for (uint64_t window = 0; busy; ++window) {
        std::vector<uint8_t> state = save(layer);
        if (window % 3 == 0 || window < 5) {
            std::memcpy(other.sram.get(), layer.sram.get(), layer.sram_bytes);
            std::memcpy(other.host.at(fake_host::base), layer.host.at(fake_host::base),
                        1 << 20);
            ASSERT_TRUE(load(other, state)) << window;
            ASSERT_EQ(save(other), state) << window;
            other.settle();
            auto c = other.host.load<groq_completion>(other.queue.cq() + 32);
            ASSERT_EQ(c.status, GROQ_COMPLETION_OK) << window;
            ASSERT_EQ(c.result, cycles) << window;
            expect_outputs(other);
        }
        busy = work(layer, 1);
    }
    expect_outputs(layer);
}

TEST_F(whole_run, can_be_reset_between_any_two_cycles) {
    uint64_t cycles = layer.run().result;
    for (uint64_t at = 1; at < cycles; at += 7) {
        begin(layer);
        ASSERT_TRUE(work(layer, at));
        groq_chip_reset(layer.chip.get(), false);
        layer.settle();
        layer.queue.set_up(4);
        layer.queue.open_everything();
        layer.queue.enable();
        layer.clear_outputs();
        ASSERT_EQ(layer.run().result, cycles) << at;
        expect_outputs(layer);
    }
}

TEST_F(whole_run, leaves_nothing_behind_for_the_next_program) {
    groq_command command = layer.build();
    uint64_t cycles = layer.run().result;
    for (uint64_t limit = 1; limit < cycles; limit += 5) {
        command.run.max_cycles = limit;
        ASSERT_EQ(layer.queue.execute(command).status, GROQ_COMPLETION_FAULT);
        ASSERT_EQ(layer.queue.last_fault().cause, uint32_t{GROQ_FAULT_CYCLE_LIMIT});
        ASSERT_EQ(layer.run().result, cycles);
    }
    expect_outputs(layer);
}

// Each engine on a thread of its own, copies beside the program in other parts
// of the SRAM, a third thread reading registers. Meant for -fsanitize=thread.
TEST_F(whole_run, shares_the_chip_with_copies_and_register_accesses) {
    uint64_t cycles = layer.run().result;
    layer.clear_outputs();
    driver_queue copies(layer, 6, 6);
    copies.open_everything();
    uint64_t memory = layer.host.allocate(1 << 16);
    for (uint32_t i = 0; i < 50; ++i) {
        copies.push(copy_command(i % 2 ? GROQ_OP_COPY_OUT : GROQ_OP_COPY_IN, memory,
                                 GROQ_SRAM_ADDRESS(GROQ_WEST, 30, 0), 1 << 16));
    }
    std::atomic<bool> done{false};
    auto engine = [&](groq_engine e) {
        return std::thread([&, e] {
            while (!done)
                if (!groq_chip_work(layer.chip.get(), e, 50))
                    std::this_thread::yield();
        });
    };
    std::thread copier = engine(GROQ_ENGINE_COPY), runner = engine(GROQ_ENGINE_PROGRAM);
    layer.queue.push(layer.build());
    layer.queue.ring();
    copies.ring();
    auto tail = [&](const driver_queue &q) {
        return layer.read32(q.reg(GROQ_QUEUE_CQ_TAIL));
    };
    while (tail(layer.queue) != 2 || tail(copies) != 50) {
        layer.read64(GROQ_CYCLES);
        layer.read64(GROQ_TELEMETRY_POWER_MW);
        layer.read32(GROQ_STATUS);
        std::this_thread::yield();
    }
    // A completion is counted before it is written: wait for the engines too.
    while (layer.read32(layer.queue.reg(GROQ_QUEUE_STATUS)) & GROQ_QUEUE_ACTIVE ||
           layer.read32(copies.reg(GROQ_QUEUE_STATUS)) & GROQ_QUEUE_ACTIVE)
        std::this_thread::yield();
    done = true;
    copier.join();
    runner.join();
    EXPECT_EQ(layer.queue.reap().value().result, cycles);
    expect_outputs(layer);
}

// Disabled, aborted or reset from a third thread while both engines work.
TEST_F(whole_run, survives_resets_and_disables_from_other_threads) {
    driver_queue copies(layer, 6, 6);
    copies.open_everything();
    uint64_t memory = layer.host.allocate(1 << 20);
    groq_command copy = copy_command(GROQ_OP_COPY_IN, memory,
                                     GROQ_SRAM_ADDRESS(GROQ_WEST, 20, 0), 1 << 20);
    groq_command program = layer.build();
    std::atomic<bool> done{false};
    auto engine = [&](groq_engine e) {
        return std::thread([&, e] {
            while (!done)
                if (!groq_chip_work(layer.chip.get(), e, 50'000))
                    std::this_thread::yield();
        });
    };
    std::thread copier = engine(GROQ_ENGINE_COPY), runner = engine(GROQ_ENGINE_PROGRAM);
    for (int round = 0; round < 200; ++round) {
        for (driver_queue *q : {&layer.queue, &copies}) {
            while (layer.read32(q->reg(GROQ_QUEUE_STATUS)) & GROQ_QUEUE_ACTIVE)
                std::this_thread::yield();
            q->set_up(4);
            q->open_everything();
            q->enable();
            q->push(q == &copies ? copy : program);
            q->ring();
        }
        if (round % 3 == 0)
            groq_chip_reset(layer.chip.get(), false);
        if (round % 3 == 1)
            copies.disable();
        if (round % 3 == 2)
            layer.write32(layer.queue.reg(GROQ_QUEUE_ABORT), 1);
        layer.queue.disable();
        copies.disable();
        while (layer.read32(GROQ_STATUS) & GROQ_STATUS_RESETTING)
            std::this_thread::yield();
    }
    done = true;
    copier.join();
    runner.join();
    groq_chip_reset(layer.chip.get(), false);
    layer.settle();
    layer.queue.set_up(4);
    layer.queue.open_everything();
    layer.queue.enable();
    ASSERT_EQ(layer.run().status, GROQ_COMPLETION_OK);
    expect_outputs(layer);
}

} // namespace
} // namespace groq::chip::test
