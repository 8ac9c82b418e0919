// SPDX-License-Identifier: MIT
#include "crc32.hpp"

#include <isa-l/crc.h>

namespace groq {

std::uint32_t crc32(std::span<const std::byte> data, std::uint32_t before) noexcept {
    const auto *bytes = reinterpret_cast<const unsigned char *>(data.data());
    return ::crc32_gzip_refl(before, bytes, data.size());
}

} // namespace groq
