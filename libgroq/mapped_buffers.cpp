// SPDX-License-Identifier: MIT
#include "mapped_buffers.hpp"

#include <algorithm>

namespace groq {

std::uint64_t mapped_buffers::add(const port_buffer &buffer) {
    const auto [place, is_new] =
        buffers_.try_emplace(buffer.handle, known_buffer{last_ + 1});
    last_ += is_new;
    place->second.mappings.push_back(buffer.bytes);
    return place->second.number;
}

void mapped_buffers::remove(const port_buffer &buffer) noexcept {
    const auto known = buffers_.find(buffer.handle);
    if (known == buffers_.end())
        return;
    auto &mappings = known->second.mappings;
    const auto gone =
        std::find_if(mappings.begin(), mappings.end(), [&](const auto &each) {
            return each.data() == buffer.bytes.data();
        });
    if (gone != mappings.end())
        mappings.erase(gone);
    if (mappings.empty())
        buffers_.erase(known);
}

std::uint64_t mapped_buffers::number(std::uint32_t handle) const {
    const auto known = buffers_.find(handle);
    return known == buffers_.end() ? 0 : known->second.number;
}

std::span<std::byte> mapped_buffers::bytes(std::uint32_t handle) const {
    const auto known = buffers_.find(handle);
    if (known == buffers_.end())
        return {};
    const auto &mappings = known->second.mappings;
    const auto mapped = std::find_if(mappings.begin(), mappings.end(),
                                     [](const auto &each) { return !each.empty(); });
    return mapped == mappings.end() ? std::span<std::byte>{} : *mapped;
}

} // namespace groq
