// SPDX-License-Identifier: MIT
//
// Host memory of replayed buffers: files in memory, so that they can be exported, and
// what the caller has pinned.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <span>

#include "error.hpp"

namespace groq {

class replayed_memory {
public:
    static result<replayed_memory> create(std::uint64_t size);
    // The first bytes of a file of at least that size, which it takes, also when it
    // fails. None: of size 0.
    static result<replayed_memory> map(int file, std::uint64_t size);
    static replayed_memory of(std::span<std::byte> pinned, bool is_read_only);

    replayed_memory(replayed_memory &&other) noexcept;
    ~replayed_memory();

    std::span<std::byte> bytes() const { return bytes_; }
    bool is_read_only() const { return is_read_only_; }
    // Another file descriptor of it, which is the caller's.
    result<int> share() const;

private:
    replayed_memory() = default;

    int file_ = -1;
    std::span<std::byte> bytes_;
    bool is_mapped_ = false;
    bool is_read_only_ = false;
};

// By handle; those of one handle are the same memory. Any thread may use it.
class replayed_buffers {
public:
    std::span<std::byte> add(std::uint32_t handle, replayed_memory memory);
    // By its bytes, since others may have its handle.
    void remove(std::uint32_t handle, const std::byte *data) noexcept;

    // Empty: they cannot be seen.
    std::span<std::byte> bytes(std::uint32_t handle) const;
    // The same; empty as well if only the card was to read them.
    std::span<std::byte> writable_bytes(std::uint32_t handle) const;
    result<int> share(std::uint32_t handle) const;
    // For what is imported: that of the buffer which it is, if that lives here; else
    // that of `file`, where there is as much of it; else some of its own.
    result<replayed_memory> find_or_make(std::uint32_t handle, int file,
                                         std::uint64_t size) const;

private:
    template <class Wanted>
    std::span<std::byte> find(std::uint32_t handle, Wanted is_wanted) const;

    mutable std::mutex lock_;
    std::multimap<std::uint32_t, replayed_memory> buffers_;
};

} // namespace groq
