// SPDX-License-Identifier: MIT
//
// Memory of a thread for what it hands to the kernel: at its end a page that is not
// there, before it one that cannot be written.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "dice.hpp"

namespace groq::fuzz {

class memory {
public:
    memory();
    memory(const memory &) = delete;
    memory &operator=(const memory &) = delete;
    ~memory();

    // A copy of `bytes`, zeroes if there are none: mostly as it should be, seldom
    // across the end of what is mapped, not writable, or no memory at all. Good until
    // the thread asks for as much again.
    void *place(dice &roll, const void *bytes, std::size_t size);

    // Pages to be pinned: `size` bytes, at times with holes or not writable. Fresh
    // ones: a kernel that debugs DMA warns of what is mapped many times. The last
    // few stay mapped.
    std::uint64_t pages(dice &roll, std::size_t size);

    // Pages that are registered with the thread's ring, if it has them.
    void keep(std::uint64_t registered) { registered_ = registered; }
    std::uint64_t registered(dice &roll) const;

private:
    static constexpr std::size_t page = 4096, size_ = 64 * page;

    struct area {
        void *start = nullptr;
        std::size_t size = 0;
    };

    void forget(area &which);

    std::byte *begin_;
    std::size_t next_ = 0;
    std::array<area, 8> recent_{};
    unsigned next_area_ = 0;
    std::uint64_t registered_ = 0;
};

} // namespace groq::fuzz
