// SPDX-License-Identifier: MIT
//
// Structures of the contract headers in byte strings. All of them are little endian,
// and so is every host this runs on.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

namespace groq::assembly {

static_assert(std::endian::native == std::endian::little);

template <class T>
void append(std::vector<std::byte> &bytes, const T &value) {
    static_assert(std::is_trivially_copyable_v<T>);
    const auto raw = std::as_bytes(std::span(&value, 1));
    bytes.insert(bytes.end(), raw.begin(), raw.end());
}

// Throws std::out_of_range unless the bytes hold a T at the offset.
template <class T>
T read(std::span<const std::byte> bytes, std::uint64_t offset, const char *what) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (offset > bytes.size() || bytes.size() - offset < sizeof(T))
        throw std::out_of_range(std::string(what) + " at offset " +
                                std::to_string(offset) + " is beyond the end");
    T value;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

} // namespace groq::assembly
