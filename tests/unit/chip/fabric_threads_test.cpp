// SPDX-License-Identifier: MIT
// Each chip on a thread of its own, as a host has them.
#include <condition_variable>
#include <thread>

#include "fabric_card.hpp"

namespace groq::chip::test {
namespace {

// Works on one chip until it is told to stop, asleep while there is nothing to do.
class worker {
public:
    worker(groq_chip *chip, fake_host &host) : chip_(chip) {
        host.on_wake = [this] { wake(); };
    }

    // Once all of them can be woken.
    void start() {
        thread_ = std::thread([this] { run(); });
    }

    ~worker() {
        {
            std::lock_guard guard(lock_);
            stops_ = true;
        }
        wake();
        thread_.join();
    }

private:
    void wake() {
        std::lock_guard guard(lock_);
        awake_ = true;
        news_.notify_one();
    }

    void run() {
        for (std::unique_lock guard(lock_); !stops_;) {
            awake_ = false;
            guard.unlock();
            while (groq_chip_work(chip_, GROQ_ENGINE_COPY, 1 << 16) ||
                   groq_chip_work(chip_, GROQ_ENGINE_PROGRAM, 1 << 16))
                ;
            guard.lock();
            news_.wait(guard, [this] { return awake_ || stops_; });
        }
    }

    groq_chip *chip_;
    std::mutex lock_;
    std::condition_variable news_;
    bool awake_ = true;
    bool stops_ = false;
    std::thread thread_;
};

// Each chip sends to the next what slice 0 has, and keeps in slice 1 what comes.
void put_ring_programs(fabric &f, uint32_t times) {
    constexpr uint32_t pause = 3000;
    for (uint32_t n = 0; n < f.size(); ++n) {
        program_card &card = f.card(n);
        card.add(c2c(2), {transmit()});
        add_sender(card, 100, times, 24, 2);
        card.add(c2c(0), {await(0, 1), notify(), nop(pause), receive(east(5)),
                          repeat(times - 1, 24)});
        uint32_t on_the_way = 1 + pause + GROQ_DELAY_LINK_RECEIVE + to_edge;
        card.add(mem(GROQ_WEST, 1), {sync(), nop(on_the_way - GROQ_DELAY_SYNC),
                                     write(0, east(5), 1), repeat(times - 1, 24)});
        card.word(GROQ_WEST, 0, 0)[n] = 0xff; // each something of its own
    }
}

TEST(fabric_threads, run_as_one_thread_does) {
    constexpr uint32_t chips = 4, times = 40;
    std::vector<uint64_t> expected;
    for (bool threads : {false, true}) {
        fabric f({1, 2, 3, 4}, {0, 5'000, -5'000, 100});
        for (uint32_t n = 0; n < chips; ++n)
            f.plug({n, 2}, {(n + 1) % chips, 0});
        f.settle();
        f.brings_at_once = threads;
        put_ring_programs(f, times);
        for (uint32_t n = 0; n < chips; ++n)
            f.submit(n);
        std::vector<std::unique_ptr<worker>> workers;
        for (uint32_t n = 0; threads && n < chips; ++n)
            workers.push_back(std::make_unique<worker>(f.chip(n), f.card(n).host));
        for (auto &w : workers)
            w->start();
        for (uint32_t n = 0; threads && n < chips; ++n)
            while (f.card(n).read64(GROQ_PROGRAMS_DONE) +
                       f.card(n).read64(GROQ_PROGRAMS_FAULTED) ==
                   0)
                std::this_thread::yield();
        workers.clear();
        f.settle();
        for (uint32_t n = 0; n < chips; ++n) {
            uint64_t cycles = f.result(n);
            EXPECT_GT(cycles, 0u) << f.fault.cause << " in " << f.fault.cycle;
            EXPECT_EQ(std::memcmp(f.card(n).word(GROQ_WEST, 0, 0),
                                  f.card((n + 1) % chips).word(GROQ_WEST, 1, 0),
                                  times * GROQ_VECTOR_BYTES),
                      0);
            if (threads)
                EXPECT_EQ(cycles, expected[n]);
            else
                expected.push_back(cycles);
        }
    }
}

} // namespace
} // namespace groq::chip::test
