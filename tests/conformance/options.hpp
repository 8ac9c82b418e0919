// SPDX-License-Identifier: MIT
// How much the random tests do, from the command line.
#ifndef GROQ_TESTS_CONFORMANCE_OPTIONS_HPP
#define GROQ_TESTS_CONFORMANCE_OPTIONS_HPP

#include <cstdint>
#include <optional>

namespace groq::conformance {

struct options {
    uint64_t programs = 2000;     // --programs N
    uint64_t first = 1;           // --first N: seed of the first of them
    std::optional<uint64_t> seed; // --seed N: this one alone, with its listing
};

extern options chosen;

} // namespace groq::conformance

#endif
