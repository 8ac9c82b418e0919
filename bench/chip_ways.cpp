// SPDX-License-Identifier: MIT
//
// What it costs to hold the chip model back, and to watch it. One chip:
//
//   NAME/free       in one go
//   NAME/windows    217 cycles at a time, the latency of a link
//   NAME/horizons   each time to 217 cycles after the next event
//   NAME/traced     in one go, into a trace
//
// and two of them with dense/4, on a thread each; both their cycles are counted:
//
//   pair/free       as fast as each can
//   pair/horizons   in step: to 217 cycles after the other's next event
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include <groq_tracer.h>
#include <unistd.h>

#include "chip_card.hpp"
#include "programs.hpp"
#include "sample.hpp"

namespace {

using namespace bench;
using groq::assembly::program;

constexpr double mega = 1e-6;
constexpr std::uint64_t latency = 217, never = UINT64_MAX;

template <class Run>
void measure(const std::string &name, seconds length, Run run) {
    const double each = seconds_per_operation(length, run);
    print_sample(name, "Mcycle/s", mega / each);
}

void complain(void *, const char *line) {
    std::cerr << "chip_ways: " << line << '\n';
}

// Into a file that is gone afterwards.
void measure_traced(const std::string &name, chip_card &card, const program &program,
                    seconds length) {
    const auto file = std::filesystem::temp_directory_path() /
                      ("chip_ways-" + std::to_string(::getpid()) + ".json");
    const std::unique_ptr<groq_tracer, decltype(&groq_tracer_destroy)> tracer(
        groq_tracer_create(file.c_str(), "card", complain, nullptr),
        groq_tracer_destroy);
    if (!tracer)
        throw std::runtime_error("no trace");
    groq_chip_observe(card.chip(), &groq_tracer_observer, tracer.get());
    measure(name, length, [&] { return card.run(program.entries.front()); });
    groq_chip_observe(card.chip(), nullptr, nullptr);
    std::filesystem::remove(file);
}

void measure_ways(const std::string &name, chip_card &card, const program &program,
                  seconds length) {
    const auto &entry = program.entries.front();
    card.load(program);
    const auto in_steps = [&](auto next) {
        return [&, next] {
            card.begin(entry);
            groq_progress now = groq_chip_advance(card.chip(), 0);
            while (now.state == GROQ_PROGRESS_HELD)
                now = groq_chip_advance(card.chip(), next(now));
            return card.end();
        };
    };
    measure(name + "/free", length, [&] { return card.run(entry); });
    measure(name + "/windows", length,
            in_steps([](const groq_progress &now) { return now.position + latency; }));
    measure(name + "/horizons", length, in_steps([](const groq_progress &now) {
                return now.next_event + latency;
            }));
    measure_traced(name + "/traced", card, program, length);
}

class pair {
public:
    explicit pair(const program &program) : entry_(program.entries.front()) {
        for (chip_card &card : cards_)
            card.load(program);
    }

    // Both, each with @run on a thread; the cycles of both.
    template <class Run>
    std::uint64_t run(Run run) {
        std::array<std::uint64_t, 2> cycles{};
        std::thread other([&] { cycles[1] = run(1); });
        cycles[0] = run(0);
        other.join();
        return cycles[0] + cycles[1];
    }

    std::uint64_t run_free() {
        return run([&](unsigned which) { return cards_[which].run(entry_); });
    }

    std::uint64_t run_in_step() {
        for (auto &each : next_event_)
            each = 0;
        return run([&](unsigned which) { return follow(which); });
    }

private:
    std::uint64_t follow(unsigned which) {
        chip_card &card = cards_[which];
        std::uint64_t last = never;
        card.begin(entry_);
        while (next_event_[which] != never) {
            const std::uint64_t other = next_event_[1 - which];
            if (other == last)
                std::this_thread::yield();
            last = other;
            next_event_[which] =
                groq_chip_advance(card.chip(),
                                  std::min(other, never - latency) + latency)
                    .next_event;
        }
        return card.end();
    }

    groq::assembly::entry_point entry_;
    std::array<chip_card, 2> cards_;
    std::array<std::atomic<std::uint64_t>, 2> next_event_{};
};

void measure_all(seconds length) {
    chip_card card;
    measure_ways("idle", card, make_idle_program(), length);
    measure_ways("moving", card, make_moving_program(), length);
    measure_ways("dense/4", card, make_dense_program(4), length);
    measure_ways("straight", card, make_straight_program(), length);
    pair both(make_dense_program(4));
    measure("pair/free", length, [&] { return both.run_free(); });
    measure("pair/horizons", length, [&] { return both.run_in_step(); });
}

} // namespace

int main(int argc, char **argv) {
    if (argc != 2) {
        std::cerr << "usage: chip_ways SECONDS\n";
        return 2;
    }
    try {
        measure_all(seconds(std::atof(argv[1])));
    } catch (const std::exception &error) {
        std::cerr << "chip_ways: " << error.what() << '\n';
        return 1;
    }
}
