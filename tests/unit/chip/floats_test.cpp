// SPDX-License-Identifier: MIT
// binary16 and back, every way that this processor has: docs/isa.md section 5.5.
#include "chip/floats.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "vector_reference.hpp"

namespace groq::chip::test {
namespace {

template <class Check>
void for_every_kernel(Check check) {
    for (const half_conversion &k : half_conversions())
        if (k.is_usable())
            check(k);
}

// Of all NaNs, the sign and the upper ten bits of the fraction are kept, the
// first of them set.
uint32_t nan_from_half(uint32_t half) {
    return (half & 0x8000) << 16 | 0x7fc00000 | (half & 0x3ff) << 13;
}

uint32_t nan_to_half(uint32_t bits) {
    return (bits >> 16 & 0x8000) | 0x7e00 | (bits >> 13 & 0x3ff);
}

uint32_t expected_narrow(uint32_t bits) {
    float x = std::bit_cast<float>(bits);
    return std::isnan(x) ? nan_to_half(bits) : nearest_half(x);
}

TEST(floats, widen_all_halves) {
    for_every_kernel([](const half_conversion &k) {
        for (uint32_t first = 0; first < 0x10000; first += GROQ_LANES) {
            lanes in, out;
            for (uint32_t lane = 0; lane < GROQ_LANES; ++lane)
                store(in, lane, static_cast<uint16_t>(first + lane));
            k.widen(in, out);
            for (uint32_t lane = 0; lane < GROQ_LANES; ++lane) {
                auto h = load<uint16_t>(in, lane);
                wide_float x = half_number(h);
                uint32_t want = std::isnan(x)
                                    ? nan_from_half(h)
                                    : std::bit_cast<uint32_t>(static_cast<float>(x));
                ASSERT_EQ(load<uint32_t>(out, lane), want) << k.name << std::hex << h;
            }
        }
    });
}

// Every half; what lies in the middle between it and the next; what is next to
// that; and every bit pattern with other lower bits, by stride.
TEST(floats, narrow_where_it_matters) {
    std::vector<uint32_t> values;
    for (uint32_t h = 0; h < 0x10000; ++h) {
        auto exact = std::bit_cast<uint32_t>(widen(half{static_cast<uint16_t>(h)}));
        for (uint32_t offset : {0u, 1u, 0xfffu, 0x1000u, 0x1001u, 0x1fffu})
            values.push_back(exact + offset);
    }
    for (uint64_t bits = 0; bits < uint64_t{1} << 32; bits += 99991)
        values.push_back(static_cast<uint32_t>(bits));
    for_every_kernel([&](const half_conversion &k) {
        for (size_t first = 0; first + GROQ_LANES <= values.size();
             first += GROQ_LANES) {
            lanes in, out;
            for (uint32_t lane = 0; lane < GROQ_LANES; ++lane)
                store(in, lane, values[first + lane]);
            k.narrow(in, out);
            for (uint32_t lane = 0; lane < GROQ_LANES; ++lane)
                ASSERT_EQ(load<uint16_t>(out, lane),
                          expected_narrow(values[first + lane]))
                    << k.name << std::hex << " " << values[first + lane];
        }
    });
}

TEST(floats, come_back_from_float_unchanged) {
    for (uint32_t h = 0; h < 0x10000; ++h) {
        half x{static_cast<uint16_t>(h)};
        bool is_nan = (h & 0x7fff) > half::infinity;
        EXPECT_EQ(narrow(widen(x)).bits, is_nan ? h | 0x200 : h);
    }
}

TEST(floats, have_a_kernel_for_every_processor) {
    EXPECT_TRUE(half_conversions().back().is_usable());
}

} // namespace
} // namespace groq::chip::test
