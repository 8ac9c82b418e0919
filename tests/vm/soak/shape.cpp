// SPDX-License-Identifier: MIT
#include "shape.hpp"

#include <algorithm>
#include <cstring>

namespace groq::soak {
namespace {

constexpr std::uint64_t rows_max = 40;

// Where rows of `bytes` may begin, and how far apart: anywhere in `space`.
void place(randomness &random, std::uint64_t space, const shape &what,
           std::uint64_t &first, std::uint64_t &stride) {
    stride = what.rows == 1 ? 0 : pick(random, what.bytes, space / what.rows);
    const std::uint64_t length = (what.rows - 1) * stride + what.bytes;
    first = pick(random, 0, space - length);
}

} // namespace

shape random_shape(randomness &random, std::uint64_t space) {
    shape made{};
    made.rows = pick(random, 0, 1) ? 1 : pick(random, 2, rows_max);
    // As many small ones as large ones.
    const std::uint64_t most = space / made.rows;
    made.bytes =
        pick(random, 1, std::max<std::uint64_t>(most >> pick(random, 0, 12), 1));
    place(random, space, made, made.from, made.from_stride);
    place(random, space, made, made.sram, made.sram_stride);
    place(random, space, made, made.to, made.to_stride);
    return made;
}

void scribble(randomness &random, std::span<std::byte> bytes) {
    std::size_t at = 0;
    for (std::uint64_t word; at + sizeof word <= bytes.size(); at += sizeof word) {
        word = random();
        std::memcpy(&bytes[at], &word, sizeof word);
    }
    for (; at < bytes.size(); ++at)
        bytes[at] = std::byte(random());
}

bool brought(const shape &copied, std::span<const std::byte> source,
             std::span<const std::byte> target) {
    std::vector<std::byte> expected(target.size(), untouched);
    for (std::uint64_t row = 0; row < copied.rows; ++row)
        std::memcpy(&expected[copied.to + row * copied.to_stride],
                    &source[copied.from + row * copied.from_stride], copied.bytes);
    return std::ranges::equal(expected, target);
}

} // namespace groq::soak
