// SPDX-License-Identifier: MIT
//
// CRC-32 of IEEE 802.3, as in zlib: `crc32(b, crc32(a))` is that of a and b.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace groq {

std::uint32_t crc32(std::span<const std::byte> data, std::uint32_t before = 0) noexcept;

} // namespace groq
