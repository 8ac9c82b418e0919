// SPDX-License-Identifier: MIT
// tanh, exp and rsqrt: docs/isa.md section 5.5.
#include "examination.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace groq::chip::test {
namespace {

struct numerics : testing::TestWithParam<function> {
    template <class T>
    void take(const std::vector<T> &arguments) {
        lanes in{};
        for (size_t first = 0; first < arguments.size(); first += GROQ_LANES) {
            for (uint32_t lane = 0; lane < GROQ_LANES; ++lane)
                store(in, lane, arguments[(first + lane) % arguments.size()]);
            exam_of<T>().take(in);
        }
    }

    template <class T>
    examination &exam_of() {
        return sizeof(T) == 2 ? halves : floats;
    }

    static void expect_all_right(const examination &exam) {
        EXPECT_EQ(exam.wrong_results(), 0u) << "of " << exam.results() << ", one for "
                                            << std::hexfloat << exam.wrong_argument();
        EXPECT_LE(exam.largest_error(), 0.5) << std::hexfloat << exam.worst_argument();
        EXPECT_GT(exam.largest_error(), 0.49) << "something was measured";
        RecordProperty("largest_error", std::to_string(exam.largest_error()));
    }

    std::mt19937 random{29};
    examination halves{GetParam(), binary16};
    examination floats{GetParam(), binary32};
};

TEST_P(numerics, rounds_every_f16_correctly) {
    std::vector<uint16_t> arguments;
    for (uint32_t bits = 0; bits < 0x10000; ++bits)
        arguments.push_back(static_cast<uint16_t>(bits));
    take(arguments);
    expect_all_right(halves);
}

// Of every sign and exponent, the first and the last significands and random
// ones.
TEST_P(numerics, rounds_f32_of_every_exponent_correctly) {
    std::vector<uint32_t> arguments;
    for (uint32_t exponent = 0; exponent < 0x200; ++exponent) {
        uint32_t first = exponent << 23;
        arguments.insert(arguments.end(),
                         {first, first + 1, first + 0x400000, first + 0x7fffff});
        for (int i = 0; i < 3000; ++i)
            arguments.push_back(first | random() >> 9);
    }
    take(arguments);
    expect_all_right(floats);
}

// Where results are neither zero nor infinite nor 1, more closely.
TEST_P(numerics, rounds_common_f32_correctly) {
    std::vector<float> arguments;
    std::uniform_real_distribution<float> exponent(-16, 7);
    for (int i = 0; i < 3'000'000; ++i) {
        float magnitude = std::exp2(exponent(random));
        arguments.push_back(random() & 1 ? magnitude : -magnitude);
    }
    take(arguments);
    expect_all_right(floats);
}

INSTANTIATE_TEST_SUITE_P(
    of, numerics, testing::Values(function::TANH, function::EXP, function::RSQRT),
    [](const auto &name) { return function_names[static_cast<int>(name.param)]; });

} // namespace
} // namespace groq::chip::test
