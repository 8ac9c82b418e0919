// SPDX-License-Identifier: MIT
//
// Structures of the C interface begin with the size that their owner knows.
// Those of an older caller are shorter than ours, those of a newer one longer.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>

#include "error.hpp"

namespace groq {

// Write what the caller has room for, but for the size.
template <class T>
void store(T *out, const T &value) noexcept {
    constexpr auto head = sizeof out->size;
    const auto end = std::min(out->size, sizeof(T));
    if (end > head)
        std::memcpy(reinterpret_cast<std::byte *>(out) + head,
                    reinterpret_cast<const std::byte *>(&value) + head, end - head);
}

// Read what the caller gave; members that it does not know are zero. What we do
// not know must be.
template <class T>
result<T> fetch(const T *in) {
    T value{};
    std::memcpy(&value, in, std::min(in->size, sizeof(T)));
    const auto *bytes = reinterpret_cast<const std::byte *>(in);
    for (auto i = sizeof(T); i < in->size; ++i)
        if (bytes[i] != std::byte{0})
            return fail(errc::too_old,
                        "a structure has members that this library, version %s, "
                        "does not know",
                        groq_library_version());
    value.size = sizeof(T);
    return value;
}

// Into an array of characters, cut to fit, the rest zero.
template <std::size_t Size>
void copy_text(char (&out)[Size], std::string_view text) noexcept {
    const auto length = std::min(text.size(), Size - 1);
    std::memcpy(out, text.data(), length);
    std::memset(out + length, 0, Size - length);
}

} // namespace groq
