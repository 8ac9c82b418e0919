// SPDX-License-Identifier: MIT
// Random programs: the checks and the chip agree on whether one runs, where it stops
// and why, and on its cycles.
#include <optional>

#include <gtest/gtest.h>

#include "asm/check.hpp"
#include "chip_runner.hpp"
#include "random_program.hpp"
#include "random_text.hpp"

namespace groq::assembly::test {
namespace {

// Where the chip would stop, by the checks.
std::optional<diagnostic> first_fault(const program &source) {
    for (const diagnostic &each : check(source))
        if (each.error && each.cause != GROQ_FAULT_NONE)
            return each;
    return {};
}

// False when it stops in a fault.
bool expect_agreement(const program &source) {
    const auto expected = first_fault(source);
    const run_result end = chip_runner(source).run();
    if (!expected) {
        EXPECT_EQ(end.status, GROQ_COMPLETION_OK)
            << "cause " << end.fault.cause << ", unit " << end.fault.unit << ", cycle "
            << end.fault.cycle;
        EXPECT_EQ(end.cycles, source.entries[0].cycles);
        return true;
    }
    EXPECT_EQ(end.status, GROQ_COMPLETION_FAULT) << to_text(*expected);
    EXPECT_EQ(end.fault.cycle, expected->fault_cycle) << to_text(*expected);
    EXPECT_EQ(end.fault.cause, expected->cause) << to_text(*expected);
    EXPECT_EQ(end.fault.unit, expected->fault_icu) << to_text(*expected);
    return false;
}

template <class RandomProgram>
void expect_agreement_on_many() {
    unsigned good = 0;
    constexpr unsigned programs = 300;
    for (unsigned seed = 0; seed < programs && !testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE(seed);
        good += expect_agreement(RandomProgram(seed).link()) ? 1 : 0;
    }
    EXPECT_GT(good, programs / 5); // or little was tested
    EXPECT_LT(good, programs * 4 / 5);
}

TEST(checks_and_chip, agree_on_random_programs) {
    expect_agreement_on_many<random_program>();
}

TEST(checks_and_chip, agree_on_random_text) {
    expect_agreement_on_many<random_text>();
}

} // namespace
} // namespace groq::assembly::test
