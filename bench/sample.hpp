// SPDX-License-Identifier: MIT
//
// What the benchmark programs share: how they measure, and the line per
// measurement that bench/run reads from their standard output.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdio>
#include <ctime>
#include <string>

namespace bench {

using clock = std::chrono::steady_clock;
using seconds = std::chrono::duration<double>;

// One measurement: "name unit value". Printed at once: whoever reads shows progress.
inline void print_sample(const std::string &name, const char *unit, double value) {
    std::printf("%s %s %.9g\n", name.c_str(), unit, value);
    std::fflush(stdout);
}

// The processor's time of the calling thread: whatever else runs on the machine.
struct thread_clock {
    using time_point = std::chrono::time_point<thread_clock, std::chrono::nanoseconds>;
    using duration = time_point::duration;
    using rep = duration::rep;
    using period = duration::period;
    static constexpr bool is_steady = true;

    static time_point now() {
        timespec time{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return time_point(std::chrono::seconds(time.tv_sec) +
                          std::chrono::nanoseconds(time.tv_nsec));
    }
};

// Seconds that each operation took while `work`, which returns how many it did,
// was repeated for at least `length`.
template <class Clock = clock, std::invocable Work>
double seconds_per_operation(seconds length, Work work) {
    std::size_t operations = 0;
    const auto start = Clock::now();
    auto now = start;
    do {
        operations += work();
        now = Clock::now();
    } while (now - start < length);
    return seconds(now - start).count() / static_cast<double>(operations);
}

} // namespace bench
