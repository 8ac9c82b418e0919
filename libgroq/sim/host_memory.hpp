// SPDX-License-Identifier: MIT
//
// The host memory that a simulated card reaches. Bus addresses are those of the
// process; what was not allocated here does not exist on the bus.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <shared_mutex>
#include <span>

namespace groq::sim {

class host_memory;

// Zeroed pages that the card reaches for as long as they live.
class host_pages {
public:
    host_pages(host_memory &memory, std::span<std::byte> bytes);
    host_pages(const host_pages &) = delete;
    ~host_pages();

    std::span<std::byte> bytes() const { return bytes_; }
    std::uint64_t bus_address() const {
        return reinterpret_cast<std::uintptr_t>(bytes_.data());
    }

private:
    host_memory &memory_;
    std::span<std::byte> bytes_;
};

// Any thread may use it.
class host_memory {
public:
    // Whole pages for `size` bytes; null when there are none.
    std::shared_ptr<host_pages> allocate(std::uint64_t size);

    // False when a byte of it does not exist. The last word of a write becomes
    // visible after the rest.
    bool read(std::uint64_t address, void *data, std::size_t bytes) const;
    bool write(std::uint64_t address, const void *data, std::size_t bytes);

private:
    friend host_pages;

    bool holds_locked(std::uint64_t address, std::size_t bytes) const;

    mutable std::shared_mutex lock_;                // shared while bytes move
    std::map<std::uint64_t, std::uint64_t> blocks_; // end by start; lock_
};

} // namespace groq::sim
