// SPDX-License-Identifier: MIT
//
// The bytes of host memory that a command copies, one row after another.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include <drm/groq_accel.h>

namespace groq {

// Whether the rows of a copy lie in a buffer of `size` bytes.
inline bool lies_within(const drm_groq_command &copy, std::uint64_t size) {
    std::uint64_t end = 0;
    return copy.rows > 0 &&
           !__builtin_mul_overflow(copy.rows - std::uint64_t{1}, copy.bo_stride,
                                   &end) &&
           !__builtin_add_overflow(end, copy.size, &end) &&
           !__builtin_add_overflow(end, copy.bo_offset, &end) && end <= size;
}

// From the first to the last byte of it, in a buffer that it lies within.
inline std::span<std::byte> extent_of(const drm_groq_command &copy,
                                      std::span<std::byte> buffer) {
    return buffer.subspan(copy.bo_offset, (copy.rows - 1) * copy.bo_stride + copy.size);
}

inline void append(std::vector<std::byte> &to, const drm_groq_command &copy,
                   std::span<const std::byte> extent) {
    for (std::uint64_t row = 0; row < copy.rows; ++row) {
        const auto bytes = extent.subspan(row * copy.bo_stride, copy.size);
        to.insert(to.end(), bytes.begin(), bytes.end());
    }
}

// `from` is as long as the rows.
inline void scatter(std::span<const std::byte> from, const drm_groq_command &copy,
                    std::span<std::byte> extent) {
    for (std::uint64_t row = 0; row < copy.rows; ++row)
        std::memcpy(extent.data() + row * copy.bo_stride, from.data() + row * copy.size,
                    copy.size);
}

} // namespace groq
