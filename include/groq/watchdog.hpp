// SPDX-License-Identifier: MIT
//
// How long a job may take.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>

#include <groq/program.hpp>

namespace groq {

// A program for this chip takes as many cycles as its file says, every time. Whatever
// takes much longer hangs: it was not given the chip, or its data do not move.
//
// basic_async_queue::async_run() ends a job early that takes longer than limit(),
// counted from when the jobs before it in its queue have ended. Never changes: any
// thread may use it.
class watchdog {
public:
    using duration = std::chrono::nanoseconds;

    // What is allowed beside the program's own time.
    struct allowance {
        double margin = 2; // times as long as the program says; 1 or more
        // Copies of the job, the way to the card and back, others who use the card.
        duration grace = std::chrono::seconds(1);
    };

    // For a run of @entry, or of all entries one after another, at the card's nominal
    // clock. errc::invalid: the file does not tell how long it takes, or the card its
    // clock, or @allowed is out of range: give a limit then. errc::not_found: @entry.
    //
    // A simulated card, and an emulated one, is as slow as the processor makes it:
    // its jobs want a grace to fit.
    static result<watchdog> create(const device &device, const program &program,
                                   const std::optional<std::string> &entry,
                                   allowance allowed) {
        if (!(allowed.margin >= 1) || allowed.grace < duration::zero())
            return error(errc::invalid, "a watchdog's margin is 1 or more, and its "
                                        "grace is not negative");
        const auto cycles = cycles_of(program, entry);
        if (!cycles)
            return cycles.error();
        const auto info = device.info();
        if (!info)
            return info.error();
        if (!known(info->clock_hz) || info->clock_hz <= 0)
            return error(errc::invalid, "the card does not tell its clock: give the "
                                        "watchdog a limit");
        const double seconds = double(*cycles) / double(info->clock_hz);
        return watchdog(at_most_forever(seconds),
                        at_most_forever(seconds * allowed.margin), allowed.grace);
    }
    static result<watchdog> create(const device &device, const program &program,
                                   const std::optional<std::string> &entry = {}) {
        return create(device, program, entry, allowance{});
    }

    // The limit itself, more than 0: for programs whose length is not known.
    explicit watchdog(duration limit) : watchdog({}, limit, {}) {
        if (limit <= duration::zero())
            throw_exception_from_error(
                error(errc::invalid, "a watchdog's limit is more than 0"),
                BOOST_CURRENT_LOCATION);
    }

    duration limit() const noexcept { return limit_; }
    // By the program's file; 0 with a limit of one's own.
    duration expected() const noexcept { return expected_; }

private:
    // Sums of them stay in range.
    static constexpr duration longest = duration::max() / 4;

    watchdog(duration expected, duration limit, duration grace) noexcept
        : expected_(expected),
          limit_(std::min(limit, longest) + std::min(grace, longest)) {}

    static duration at_most_forever(double seconds) {
        const double ns = std::ceil(seconds * 1e9);
        return ns < double(longest.count()) ? duration(std::int64_t(ns)) : longest;
    }

    static result<std::uint64_t> cycles_of(const program &program,
                                           const std::optional<std::string> &entry) {
        std::uint64_t cycles = 0;
        bool is_found = false;
        for (std::size_t i = 0; i < program.entry_count(); ++i) {
            const auto each = program.entry(i);
            if (!each)
                return each.error();
            if (entry && *entry != each->name)
                continue;
            is_found = true;
            if (each->cycles == 0)
                return error(errc::invalid,
                             std::string("the program does not tell how long '") +
                                 each->name + "' takes: give the watchdog a limit");
            cycles += each->cycles;
        }
        if (!is_found)
            return error(errc::not_found,
                         "the program has no entry '" + entry.value_or("") + "'");
        return cycles;
    }

    duration expected_, limit_;
};

} // namespace groq
