// SPDX-License-Identifier: MIT
//
// Memory of a thread for what it hands to the kernel: at its end a page that is not
// there, before it one that cannot be written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

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

    // Pages to be pinned: `size` bytes, sometimes with holes.
    std::uint64_t pages(dice &roll, std::size_t size);

private:
    static constexpr std::size_t page = 4096, size_ = 64 * page;

    std::byte *begin_;
    std::size_t next_ = 0;
};

} // namespace groq::fuzz
