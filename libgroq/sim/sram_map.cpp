// SPDX-License-Identifier: MIT
#include "sram_map.hpp"

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

} // namespace groq::sim
