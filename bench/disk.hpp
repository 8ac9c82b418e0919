// SPDX-License-Identifier: MIT
//
// The yardstick of a round trip: a disk that is read through io_uring.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <liburing.h>

namespace bench {

// Keeps `depth` reads of 4 KiB at random places in flight, past the page cache,
// with the file and the buffers registered: io_uring at its quickest.
class disk {
public:
    static constexpr std::size_t block_bytes = 4096;

    // Throws std::system_error.
    disk(const std::string &path, unsigned depth);
    ~disk();
    disk(const disk &) = delete;
    disk &operator=(const disk &) = delete;

    // Waits for at least one read and begins as many anew as have ended. Returns
    // how many that were.
    std::size_t turn();

private:
    struct free_memory {
        void operator()(std::byte *memory) const noexcept;
    };

    void begin(std::uint64_t slot);
    std::uint64_t random_block();

    int fd_;
    std::uint64_t blocks_;
    std::uint64_t random_ = 1;
    std::unique_ptr<std::byte, free_memory> memory_;
    io_uring ring_{};
};

} // namespace bench
