// SPDX-License-Identifier: MIT
// tanh, exp and rsqrt: docs/isa.md section 5.5.
#include "examination.hpp"

#include <gtest/gtest.h>

#include <cmath>
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
        EXPECT_GT(exam.largest_error(), 0.4) << "something was measured";
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

// Arguments whose results come nearest to the middle of two F32, nearer than
// 2^-49 of the result: first those of exp, then those of tanh. After them two
// that an estimate in double alone gets wrong, the ends of where exp is a normal
// number or a number at all, and where tanh becomes 1.
TEST_P(numerics, rounds_the_hardest_f32_correctly) {
    take<float>({
        -0x1.d2259ap+3f,  -0x1.e1dbe2p-8f,   -0x1.c1c4b8p-10f, -0x1p-25f,
        0x1.fdff02p-17f,  0x1.62b666p+1f,    0x1.036492p+1f,   0x1.8d7cb6p-12f,
        0x1.cd3982p-14f,  0x1.747de2p-15f,   -0x1.548c34p-7f,  0x1.344e9cp-5f,
        0x1.112856p+6f,   -0x1.6e1ddp-8f,    0x1.86fbc4p-10f,  0x1.dc0accp-2f,
        0x1.5969ap+2f,    0x1.a83722p-6f,    -0x1.86fbc4p-10f, -0x1.dc0accp-2f,
        -0x1.5969ap+2f,   -0x1.a83722p-6f,   0x1.060e1ep+6f,   -0x1.03d5bep+0f,
        0x1.62e42ep+6f,   0x1.62e43p+6f,     -0x1.9fe368p+6f,  -0x1.9fe36ap+6f,
        -0x1.5d589ep+6f,  -0x1.5d58ap+6f,    0x1.205966p+3f,   0x1.205968p+3f,
        0x1.fffffep+127f, -0x1.fffffep+127f,
    });
    expect_all_right(floats);
}

// One test more where all arguments can be had: those of [1, 4) have every
// significand with both parities of exponents, and others scale them by 4.
TEST(rsqrt, rounds_every_significand_of_f32_correctly) {
    examination exam(function::RSQRT, binary32);
    lanes in;
    for (float first = 1; first < 4;) {
        for (uint32_t lane = 0; lane < GROQ_LANES; ++lane) {
            store(in, lane, first);
            first = std::nextafter(first, 5.0f);
        }
        exam.take(in);
    }
    EXPECT_EQ(exam.wrong_results(), 0u) << std::hexfloat << exam.wrong_argument();
    EXPECT_GE(exam.results(), 1u << 24);
}

INSTANTIATE_TEST_SUITE_P(
    of, numerics, testing::Values(function::TANH, function::EXP, function::RSQRT),
    [](const auto &name) { return function_names[static_cast<int>(name.param)]; });

} // namespace
} // namespace groq::chip::test
