// SPDX-License-Identifier: MIT
// tanh, exp and rsqrt: the same bits on every processor. Which bits is tested
// in tests/numerics.
#include "chip/elementary_functions.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

namespace groq::chip::test {
namespace {

// Every sign and exponent, with random significands.
void fill(lanes &v, uint32_t first, std::mt19937 &random) {
    for (uint32_t lane = 0; lane < GROQ_LANES; ++lane)
        store(v, lane, (first + lane) << 23 | static_cast<uint32_t>(random()) >> 9);
}

TEST(elementary_functions, give_the_same_bits_by_every_kernel) {
    std::mt19937 random{7};
    const float_functions &portable = all_float_functions().back();
    ASSERT_TRUE(portable.is_usable());
    for (const float_functions &k : all_float_functions())
        for (uint32_t i = 0; k.is_usable() && i < 2000; ++i) {
            lanes in, got, want;
            fill(in, i * GROQ_LANES, random);
            for (auto function : {&float_functions::tanh, &float_functions::exp,
                                  &float_functions::rsqrt}) {
                (k.*function)(in, got);
                (portable.*function)(in, want);
                ASSERT_EQ(std::memcmp(&got, &want, sizeof(lanes)), 0) << k.name;
            }
        }
}

} // namespace
} // namespace groq::chip::test
