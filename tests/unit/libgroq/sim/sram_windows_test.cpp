// SPDX-License-Identifier: MIT
//
// Against a naive model: a bit for each unit of SRAM.
#include "sim/sram_windows.hpp"

#include <bitset>
#include <random>

#include <gtest/gtest.h>

namespace groq::sim {
namespace {

constexpr std::uint64_t unit = 320;
constexpr unsigned units = 96;

using bits = std::bitset<units>;

bits span_of(unsigned first, unsigned count) {
    return (~bits() >> (units - count)) << first;
}

sram_extent extent_of(unsigned first, unsigned count) {
    return {first * unit, count * unit};
}

bits granted(const sram_extent &window) {
    return window.size
               ? span_of(unsigned(window.address / unit), unsigned(window.size / unit))
               : bits();
}

bits granted(const sram_windows::table &all) {
    bits sum;
    for (const auto &each : all)
        sum |= granted(each);
    return sum;
}

// The windows that it takes.
std::size_t pieces(const bits &all) {
    return (all & ~(all << 1)).count();
}

// A card sees them change one at a time, those that are given up last.
void expect_kept(const sram_windows::table &before, const sram_windows::table &after) {
    const auto kept = granted(before) & granted(after);
    auto seen = before;
    for (const bool is_used : {true, false})
        for (std::size_t i = 0; i < seen.size(); ++i)
            if (bool(after[i].size) == is_used) {
                seen[i] = after[i];
                ASSERT_EQ(granted(seen) & kept, kept);
            }
}

void expect_holds(const sram_windows &windows, const bits &model) {
    for (unsigned first = 0; first < units; ++first)
        for (unsigned count = 1; count <= units - first; count += 7) {
            const auto all = span_of(first, count);
            ASSERT_EQ(windows.hold(first * unit, count * unit), (model & all) == all);
        }
}

TEST(sram_windows, are_as_a_bit_for_each_unit) {
    std::mt19937 random(320);
    sram_windows windows;
    bits model;
    unsigned refused = 0;
    for (int round = 0; round < 5000; ++round) {
        const auto first = unsigned(random() % units);
        const auto count = 1 + unsigned(random() % std::min(4u, units - first));
        const auto all = span_of(first, count);
        const bool adds = (model & all).none();
        if (!adds && (model & all) != all)
            continue;
        const auto wanted = adds ? model | all : model & ~all;
        const auto before = windows.all();
        const bool is_done = adds ? windows.add(extent_of(first, count))
                                  : windows.remove(extent_of(first, count));
        ASSERT_EQ(is_done, pieces(wanted) <= before.size()) << "round " << round;
        refused += !is_done;
        if (is_done)
            model = wanted;
        ASSERT_EQ(granted(windows.all()), model) << "round " << round;
        // What is taken back is so from an idle card.
        if (adds)
            expect_kept(before, windows.all());
        if (round % 100 == 0)
            expect_holds(windows, model);
    }
    EXPECT_GT(refused, 0u);
}

TEST(sram_windows, hold_what_is_inside_of_one) {
    sram_windows windows;
    windows.add({320, 640});
    windows.add({1600, 320});
    EXPECT_TRUE(windows.hold(320, 640));
    EXPECT_TRUE(windows.hold(959, 1));
    EXPECT_FALSE(windows.hold(319, 2));
    EXPECT_FALSE(windows.hold(959, 2));
    EXPECT_FALSE(windows.hold(960, 0));
    EXPECT_FALSE(windows.hold(1000, 1));
    EXPECT_FALSE(windows.hold(320, ~0ull));
    EXPECT_FALSE(windows.hold(~0ull, 320));
}

} // namespace
} // namespace groq::sim
