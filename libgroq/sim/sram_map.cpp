// SPDX-License-Identifier: MIT
#include "sram_map.hpp"

#include <algorithm>

namespace groq::sim {

std::optional<std::uint64_t> sram_map::take_at(std::uint64_t address,
                                               std::uint64_t size) {
    if (address > bytes_ || size > bytes_ - address)
        return std::nullopt;
    const auto next = taken_.lower_bound(address);
    if (next != taken_.end() && next->first < address + size)
        return std::nullopt;
    if (next != taken_.begin()) {
        const auto before = std::prev(next);
        if (before->first + before->second > address)
            return std::nullopt;
    }
    taken_.emplace_hint(next, address, size);
    used_ += size;
    return address;
}

std::optional<std::uint64_t> sram_map::take(std::uint64_t size) {
    std::uint64_t start = 0;
    for (const auto &[address, taken] : taken_) {
        if (size <= address - start)
            break;
        start = address + taken;
    }
    return take_at(start, size);
}

void sram_map::give_back(std::uint64_t address) {
    const auto taken = taken_.find(address);
    used_ -= taken->second;
    taken_.erase(taken);
}

std::vector<sram_extent> merged(std::span<const sram_extent> extents) {
    std::vector<sram_extent> sorted(extents.begin(), extents.end());
    std::sort(sorted.begin(), sorted.end(),
              [](const auto &a, const auto &b) { return a.address < b.address; });
    std::vector<sram_extent> made;
    for (const auto &extent : sorted) {
        if (!made.empty() && made.back().end() == extent.address)
            made.back().size += extent.size;
        else
            made.push_back(extent);
    }
    return made;
}

bool holds(std::span<const sram_extent> merged, std::uint64_t address,
           std::uint64_t size) {
    return std::any_of(merged.begin(), merged.end(), [&](const auto &extent) {
        return address >= extent.address && address <= extent.end() &&
               size <= extent.end() - address;
    });
}

} // namespace groq::sim
