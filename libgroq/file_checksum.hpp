// SPDX-License-Identifier: MIT
//
// What tells program files apart and damaged ones from right ones, made while their
// bytes come by.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace groq {

// The CRC-32 that a file says it has, and where it says so.
struct checksum_field {
    std::uint64_t offset;
    std::uint32_t crc32;
};

// What a file says of itself: enough to see what it may be the same as.
struct program_key {
    std::uint64_t size;
    std::uint32_t crc32;

    bool operator==(const program_key &) const = default;
};

// Of all bytes of a file: equal for equal files, and in practice for no others.
struct content_hash {
    std::uint64_t low = 0;
    std::uint64_t high = 0;

    bool operator==(const content_hash &) const = default;
};

// Takes a file in order, from its beginning to its end.
class file_checksum {
public:
    explicit file_checksum(const checksum_field &field);
    ~file_checksum();

    void add(std::span<const std::byte> bytes);

    // With the field as zero.
    std::uint32_t crc32() const { return crc32_; }
    bool is_right() const { return crc32_ == field_.crc32; }
    content_hash hash() const;

private:
    struct hash_state;

    checksum_field field_;
    std::uint64_t at_ = 0;
    std::uint32_t crc32_ = 0;
    std::unique_ptr<hash_state> hash_;
};

} // namespace groq
