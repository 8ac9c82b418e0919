// SPDX-License-Identifier: MIT
// Random programs in chip and reference. A seed that fails is printed, with the
// program that is left when everything that does not matter is dropped.
#include <gtest/gtest.h>

#include "bench.hpp"
#include "generator.hpp"
#include "options.hpp"

namespace groq::conformance {
namespace {

constexpr encoded pause = {GROQ_OPCODE_NOP, 0, 1};

// Drops what can go while the two still differ: whole queues, then instructions,
// which become a pause so that the others keep their time.
program shrink(bench &b, program p) {
    auto still_fails = [&](const program &smaller) {
        return !smaller.queues.empty() && !b.compare(smaller).empty();
    };
    for (auto it = p.queues.begin(); it != p.queues.end();) {
        program smaller = p;
        smaller.queues.erase((it++)->first);
        if (still_fails(smaller)) {
            p = smaller;
            it = p.queues.begin();
        }
    }
    for (auto &[icu, text] : p.queues)
        for (encoded &word : text) {
            encoded dropped = std::exchange(word, pause);
            if (!still_fails(p))
                word = dropped;
        }
    return p;
}

TEST(random_programs, end_alike_in_chip_and_reference) {
    bench b;
    uint64_t first = chosen.seed.value_or(chosen.first);
    uint64_t count = chosen.seed ? 1 : chosen.programs;
    uint64_t ended_well = 0;
    for (uint64_t seed = first; seed < first + count; ++seed) {
        program p = generator::random_program(seed);
        std::string differs = b.compare(p);
        ended_well += b.expected().fault.cause == GROQ_FAULT_NONE;
        if (differs.empty())
            continue;
        program small = shrink(b, p);
        FAIL() << "--seed " << seed << " differs:\n"
               << differs << "shrunk:\n"
               << b.compare(small) << small.listing();
    }
    RecordProperty("ended_well", std::to_string(ended_well));
    if (!chosen.seed) {
        EXPECT_GT(ended_well, count / 2) << "too few programs run to their end";
    }
}

} // namespace
} // namespace groq::conformance
