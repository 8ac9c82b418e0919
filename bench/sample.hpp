// SPDX-License-Identifier: MIT
//
// What the benchmark programs share: how they measure, and the line per
// measurement that bench/run reads from their standard output.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdio>
#include <string>

namespace bench {

using clock = std::chrono::steady_clock;
using seconds = std::chrono::duration<double>;

// One measurement: "name unit value". Printed at once: whoever reads shows progress.
inline void print_sample(const std::string &name, const char *unit, double value) {
    std::printf("%s %s %.9g\n", name.c_str(), unit, value);
    std::fflush(stdout);
}

// Seconds that each operation took while `work`, which returns how many it did,
// was repeated for at least `length`.
template <std::invocable Work>
double seconds_per_operation(seconds length, Work work) {
    std::size_t operations = 0;
    const auto start = clock::now();
    auto now = start;
    do {
        operations += work();
        now = clock::now();
    } while (now - start < length);
    return seconds(now - start).count() / static_cast<double>(operations);
}

} // namespace bench
