// SPDX-License-Identifier: MIT
//
// The host memory that a simulated card reaches. Bus addresses are the card's own, as
// behind an IOMMU: what was not put there does not exist on the bus, and the same
// memory may be there more than once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <shared_mutex>
#include <span>

namespace groq::sim {

class host_memory;

enum class host_access {
    full,
    read_only, // the card does not write there
};

// Pages that the card reaches for as long as they live.
class host_pages {
public:
    host_pages(host_memory &memory, std::span<std::byte> bytes, host_access access,
               bool is_own);
    host_pages(const host_pages &) = delete;
    ~host_pages();

    std::span<std::byte> bytes() const { return bytes_; }
    std::uint64_t bus_address() const { return bus_address_; }
    host_access access() const { return access_; }

private:
    host_memory &memory_;
    std::span<std::byte> bytes_;
    host_access access_;
    bool is_own_; // mapped for this, and unmapped with it
    std::uint64_t bus_address_;
};

// Any thread may use it.
class host_memory {
public:
    // Whole pages for `size` bytes, zeroed; null when there are none.
    std::shared_ptr<host_pages> allocate(std::uint64_t size);
    // Pages of the caller, who keeps them where they are; null when not all of them are
    // memory that may be written, or read.
    std::shared_ptr<host_pages> pin(std::span<std::byte> bytes, host_access access);

    // False when a byte of it does not exist. The last word of a write becomes
    // visible after the rest.
    bool read(std::uint64_t address, void *data, std::size_t bytes) const;
    bool write(std::uint64_t address, const void *data, std::size_t bytes);

private:
    friend host_pages;

    struct block {
        std::span<std::byte> bytes;
        host_access access;
    };

    std::uint64_t add(const block &added);
    void remove(std::uint64_t address);
    // Null when a byte of it does not exist, or may not be written.
    std::byte *find_locked(std::uint64_t address, std::size_t bytes,
                           host_access wanted) const;

    mutable std::shared_mutex lock_;        // shared while bytes move; all below
    std::map<std::uint64_t, block> blocks_; // by bus address
    std::uint64_t next_address_ = 4096;
};

} // namespace groq::sim
