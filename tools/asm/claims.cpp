// SPDX-License-Identifier: MIT
#include "asm/claims.hpp"

#include <algorithm>

#include "asm/queue.hpp"

namespace groq::assembly {

void claims::add(std::uint64_t from, std::uint64_t to, std::string owner) {
    if (from < to)
        all_.push_back({from, to, std::move(owner)});
}

void claims::add(const tensor &source) {
    for (const groq_tensor_part &part : source.parts)
        if (part.stride == GROQ_VECTOR_BYTES)
            add(part.sram, part.sram + std::uint64_t{source.rows} * GROQ_VECTOR_BYTES,
                "tensor " + source.name);
        else
            for_each_word(part, source.rows, [&](std::uint64_t at) {
                add(at, at + GROQ_VECTOR_BYTES, "tensor " + source.name);
            });
}

std::vector<std::string> claims::overlaps() const {
    std::vector<claim> ordered = all_;
    std::ranges::sort(ordered, {}, &claim::from);
    std::vector<std::string> found;
    for (std::size_t i = 1; i < ordered.size(); ++i)
        if (ordered[i].from < ordered[i - 1].to) {
            const auto at = static_cast<std::uint32_t>(ordered[i].from);
            found.push_back(ordered[i - 1].owner + " and " + ordered[i].owner +
                            " overlap at " + address_text(at));
            ordered[i].to = std::max(ordered[i].to, ordered[i - 1].to);
        }
    return found;
}

} // namespace groq::assembly
