// SPDX-License-Identifier: MIT
//
// A thread that does one operation after another.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "calls.hpp"
#include "files.hpp"
#include "memory.hpp"
#include "uring.hpp"

namespace groq::fuzz {

// How often what has come of what.
using tally = std::map<std::string, std::uint64_t>;

class actor {
public:
    // `quiet`: nobody else is at the card, so that a call that is refused must leave
    // its free SRAM and queues as they were.
    actor(std::uint64_t seed, files &cards, bool quiet)
        : seed_(seed), cards_(cards), quiet_(quiet) {}

    void operate(std::uint32_t thread, std::uint64_t number);
    const tally &outcomes() const { return outcomes_; }

private:
    void call(dice &roll);
    void call_raw(dice &roll);
    void wait_for_sync(dice &roll);
    void export_and_import(dice &roll);
    void map(dice &roll, int fd, std::uint64_t offset);
    void touch_file(dice &roll);
    void fork_away(dice &roll);
    void count(const char *what, int error);

    std::uint64_t seed_;
    files &cards_;
    bool quiet_;
    memory own_;
    std::unique_ptr<uring> ring_;
    tally outcomes_;
};

} // namespace groq::fuzz
