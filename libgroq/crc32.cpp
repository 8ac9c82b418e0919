// SPDX-License-Identifier: MIT
#include "crc32.hpp"

#include <array>
#include <cstring>

namespace groq {
namespace {

constexpr int slices = 8;
using crc_table = std::array<std::array<std::uint32_t, 256>, slices>;

// table[n][b]: what byte b does to the remainder n bytes later.
constexpr crc_table make_table() {
    crc_table table{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        auto remainder = byte;
        for (int bit = 0; bit < 8; ++bit)
            remainder = remainder >> 1 ^ (remainder & 1 ? 0xedb88320u : 0u);
        table[0][byte] = remainder;
    }
    for (int n = 1; n < slices; ++n)
        for (std::uint32_t byte = 0; byte < 256; ++byte)
            table[n][byte] =
                table[n - 1][byte] >> 8 ^ table[0][table[n - 1][byte] & 0xff];
    return table;
}

constexpr crc_table table = make_table();

std::uint32_t eight_bytes(std::uint32_t remainder, const std::byte *data) {
    std::uint64_t word;
    std::memcpy(&word, data, sizeof word);
    word ^= remainder;
    remainder = 0;
    for (int n = 0; n < slices; ++n)
        remainder ^= table[slices - 1 - n][word >> 8 * n & 0xff];
    return remainder;
}

} // namespace

std::uint32_t crc32(std::span<const std::byte> data, std::uint32_t before) noexcept {
    auto remainder = ~before;
    while (data.size() >= slices) {
        remainder = eight_bytes(remainder, data.data());
        data = data.subspan(slices);
    }
    for (const auto byte : data)
        remainder = remainder >> 8 ^
                    table[0][(remainder ^ std::to_integer<unsigned>(byte)) & 0xff];
    return ~remainder;
}

} // namespace groq
