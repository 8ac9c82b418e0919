// SPDX-License-Identifier: MIT
#include "topo/bisection.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace groq::topo {
namespace {

template <class In>
std::uint64_t cut(const network &of, In in) {
    return std::uint64_t(std::ranges::count_if(of.cables(), [&](const cable &each) {
        return in(each.a.card) != in(each.b.card);
    }));
}

// Cables between every two cards, as pairs of bits with how many there are.
struct bundle {
    std::uint32_t ends;
    std::uint32_t cables;
};

std::vector<bundle> bundles(const network &of) {
    std::vector<bundle> all;
    for (const auto &each : of.cables()) {
        const auto ends = 1u << each.a.card | 1u << each.b.card;
        const auto found = std::ranges::find(all, ends, &bundle::ends);
        if (found != all.end())
            ++found->cables;
        else if (each.a.card != each.b.card)
            all.push_back({ends, 1});
    }
    return all;
}

// The next greater number with as many bits set.
std::uint32_t next_half(std::uint32_t half) {
    const auto lowest = half & -half;
    const auto ripple = half + lowest;
    return ripple | ((half ^ ripple) / lowest) >> 2;
}

std::uint64_t try_all(const network &of) {
    const auto all = bundles(of);
    const auto end = std::uint64_t{1} << of.cards();
    std::uint64_t least = of.cables().size();
    for (auto half = (1u << of.cards() / 2) - 1; half < end; half = next_half(half)) {
        std::uint64_t cables = 0;
        for (const auto &each : all)
            cables += std::popcount(half & each.ends) == 1 ? each.cables : 0;
        least = std::min(least, cables);
    }
    return least;
}

// Rounded up, but for what the sums of loads may have lost in rounding.
std::uint64_t least_by_load(double cards, const survey &seen) {
    if (!seen.is_joined())
        return 0;
    const auto crossing = std::floor(cards / 2) * std::ceil(cards / 2);
    return std::uint64_t(std::ceil(crossing / seen.greatest_load - 1e-6));
}

} // namespace

bisection bisect(const network &of, const survey &seen) {
    if (of.cards() < 2)
        return {};
    if (of.cards() <= exact_cards) {
        const auto cables = try_all(of);
        return {cables, cables};
    }
    const auto by_order =
        cut(of, [&](std::uint32_t card) { return card < of.cards() / 2; });
    const auto by_parity = cut(of, [](std::uint32_t card) { return card % 2 == 1; });
    return {least_by_load(of.cards(), seen), std::min(by_order, by_parity)};
}

} // namespace groq::topo
