// SPDX-License-Identifier: MIT
#include "file_checksum.hpp"

#include <algorithm>
#include <array>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "crc32.hpp"

namespace groq {

struct file_checksum::hash_state {
    XXH3_state_t state;
};

file_checksum::file_checksum(const checksum_field &field)
    : field_(field), hash_(std::make_unique<hash_state>()) {
    XXH3_128bits_reset(&hash_->state);
}

file_checksum::~file_checksum() = default;

// What lies before the field, the field, what lies behind it.
void file_checksum::add(std::span<const std::byte> bytes) {
    XXH3_128bits_update(&hash_->state, bytes.data(), bytes.size());
    constexpr std::array<std::byte, sizeof field_.crc32> zeroes{};
    const auto end = at_ + bytes.size();
    const auto inside = [&](std::uint64_t offset) {
        return std::clamp(offset, at_, end) - at_;
    };
    const auto first = inside(field_.offset);
    const auto last = inside(field_.offset + zeroes.size());
    crc32_ = groq::crc32(bytes.first(first), crc32_);
    crc32_ = groq::crc32(std::span(zeroes).first(last - first), crc32_);
    crc32_ = groq::crc32(bytes.subspan(last), crc32_);
    at_ = end;
}

content_hash file_checksum::hash() const {
    const auto hash = XXH3_128bits_digest(&hash_->state);
    return {hash.low64, hash.high64};
}

} // namespace groq
