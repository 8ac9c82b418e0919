// SPDX-License-Identifier: MIT
#include "asm/program.hpp"

#include <algorithm>

namespace groq::assembly {
namespace {

// The bytes of the segment that lie in [address, address + out.size()).
void copy_overlap(const segment &s, std::uint64_t address, std::span<std::byte> out) {
    const std::uint64_t from = std::max<std::uint64_t>(s.address, address);
    const std::uint64_t to = std::min(s.address + s.bytes.size(), address + out.size());
    if (from < to)
        std::ranges::copy(std::span(s.bytes).subspan(from - s.address, to - from),
                          out.subspan(from - address).begin());
}

} // namespace

std::uint64_t end_of(const tensor &source) {
    std::uint64_t end = 0;
    for (const groq_tensor_part &part : source.parts)
        end = std::max(end, part.sram + std::uint64_t{part.stride} * (source.rows - 1) +
                                GROQ_VECTOR_BYTES);
    return end;
}

sram_image::sram_image(const program &source) {
    for (const segment &s : source.segments)
        by_address_.push_back(&s);
    std::ranges::stable_sort(by_address_, {}, &segment::address);
}

void sram_image::read(std::uint32_t address, std::span<std::byte> out) const {
    std::ranges::fill(out, std::byte{0});
    auto s = std::ranges::lower_bound(by_address_, address + out.size(), {},
                                      &segment::address);
    while (s != by_address_.begin() && (*--s)->end() > address)
        copy_overlap(**s, address, out);
}

std::vector<groq_launch> sram_image::read_launches(const entry_point &entry) const {
    std::vector<groq_launch> launches(entry.launch_count);
    read(entry.launch, std::as_writable_bytes(std::span(launches)));
    return launches;
}

} // namespace groq::assembly
