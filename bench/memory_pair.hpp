// SPDX-License-Identifier: MIT
//
// The yardstick of a copy: memcpy.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <system_error>

#include <sys/mman.h>

namespace bench {

// Two pieces of memory that are copied one onto the other. They lie an odd number
// of pages apart from a power of two: otherwise, in an emulated processor, both
// compete for the same entries of its address translation.
class memory_pair {
public:
    // Throws std::system_error.
    explicit memory_pair(std::size_t bytes)
        : bytes_(bytes), area_bytes_(2 * rounded(bytes) + skew) {
        void *area = ::mmap(nullptr, area_bytes_, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (area == MAP_FAILED)
            throw std::system_error(errno, std::generic_category(), "memory");
        ::madvise(area, area_bytes_, MADV_HUGEPAGE);
        area_ = static_cast<std::byte *>(area);
        std::memset(area_, 1, area_bytes_);
    }
    ~memory_pair() { ::munmap(area_, area_bytes_); }
    memory_pair(const memory_pair &) = delete;
    memory_pair &operator=(const memory_pair &) = delete;

    void copy() noexcept {
        std::memcpy(area_ + rounded(bytes_) + skew, area_, bytes_);
        asm volatile("" : : : "memory"); // or copies would be merged
    }

private:
    static constexpr std::size_t page = 4096;
    static constexpr std::size_t skew = 3 * page;
    static constexpr std::size_t rounded(std::size_t bytes) {
        return (bytes + 2 * page - 1) / (2 * page) * (2 * page);
    }

    std::size_t bytes_;
    std::size_t area_bytes_;
    std::byte *area_;
};

} // namespace bench
