// SPDX-License-Identifier: MIT
#include "sram_windows.hpp"

#include <algorithm>
#include <utility>

namespace groq::sim {
namespace {

bool holds(const sram_extent &window, std::uint64_t address, std::uint64_t size) {
    return address >= window.address && address < window.end() &&
           size <= window.end() - address;
}

// The first of which that is true; null: none.
template <class Condition>
sram_extent *find(sram_windows::table &all, Condition condition) {
    auto *const found = std::find_if(all.begin(), all.end(), condition);
    return found == all.end() ? nullptr : found;
}

} // namespace

bool sram_windows::hold(std::uint64_t address, std::uint64_t size) const {
    return std::any_of(all_.begin(), all_.end(), [&](const auto &window) {
        return holds(window, address, size);
    });
}

sram_extent *sram_windows::unused() {
    return find(all_, [](const auto &window) { return window.size == 0; });
}

bool sram_windows::add(const sram_extent &granted) {
    auto *const below = find(all_, [&](const auto &window) {
        return window.size && window.end() == granted.address;
    });
    auto *const above = find(all_, [&](const auto &window) {
        return window.size && window.address == granted.end();
    });
    if (below) {
        below->size += granted.size;
        if (above)
            below->size += std::exchange(*above, {}).size;
    } else if (above) {
        *above = {granted.address, granted.size + above->size};
    } else if (auto *const free = unused()) {
        *free = granted;
    } else {
        return false;
    }
    return true;
}

bool sram_windows::remove(const sram_extent &taken) {
    auto *const window = find(
        all_, [&](const auto &each) { return holds(each, taken.address, taken.size); });
    const sram_extent below{window->address, taken.address - window->address};
    const sram_extent above{taken.end(), window->end() - taken.end()};
    if (below.size && above.size) {
        auto *const rest = unused();
        if (!rest)
            return false;
        *rest = above;
    }
    *window = below.size ? below : above;
    return true;
}

} // namespace groq::sim
