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

// Whether the size is one: not forgotten, nor never set.
template <class T>
bool has_size(const T &structure) noexcept {
    constexpr std::size_t longest = 4096; // that any release may ever have
    return structure.size > sizeof structure.size && structure.size <= longest;
}

template <class T>
result<void> check_size(const T &structure) {
    if (has_size(structure))
        return {};
    return fail(errc::invalid,
                "a structure says that it has %zu bytes: set its size to its sizeof",
                structure.size);
}

// Write what the caller has room for, but for the size, which has been checked.
template <class T>
void store_checked(T *out, const T &value) noexcept {
    constexpr auto head = sizeof out->size;
    std::memcpy(reinterpret_cast<std::byte *>(out) + head,
                reinterpret_cast<const std::byte *>(&value) + head,
                std::min(out->size, sizeof(T)) - head);
}

template <class T>
result<void> store(T *out, const T &value) {
    if (const auto right = check_size(*out); !right)
        return right;
    store_checked(out, value);
    return {};
}

// Read what the caller gave; members that it does not know are zero. What we do
// not know must be.
template <class T>
result<T> fetch(const T *in) {
    if (const auto right = check_size(*in); !right)
        return right.error();
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
