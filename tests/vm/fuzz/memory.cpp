// SPDX-License-Identifier: MIT
#include "memory.hpp"

#include <cstdlib>
#include <cstring>

#include <sys/mman.h>

namespace groq::fuzz {

// [writable ...][not writable][not there]
memory::memory() {
    void *start = mmap(nullptr, size_ + 2 * page, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED)
        std::abort();
    begin_ = static_cast<std::byte *>(start);
    mprotect(begin_ + size_, page, PROT_READ);
    mprotect(begin_ + size_ + page, page, PROT_NONE);
}

memory::~memory() {
    munmap(begin_, size_ + 2 * page);
}

void *memory::place(dice &roll, const void *bytes, std::size_t size) {
    if (next_ + size + 8 > size_)
        next_ = 0;
    std::byte *where = begin_ + next_;
    switch (roll.below(60)) {
    case 0: // begins writable, ends not so
        where = begin_ + size_ - roll.below(size + 1);
        break;
    case 1: // ends nowhere
        return begin_ + size_ + page - roll.below(size + 1);
    case 2:
        return reinterpret_cast<void *>(roll.odd());
    case 3:
        ++where; // not aligned
        [[fallthrough]];
    default:
        next_ = (next_ + size + 16) / 8 * 8;
    }
    const std::size_t room = static_cast<std::size_t>(begin_ + size_ - where);
    if (bytes)
        std::memcpy(where, bytes, size < room ? size : room);
    else
        std::memset(where, 0, size < room ? size : room);
    return where;
}

std::uint64_t memory::pages(dice &roll, std::size_t size) {
    const std::size_t most = size_ + 2 * page;
    const std::size_t length = size < most && !roll.one_in(8) ? size : most;
    return reinterpret_cast<std::uintptr_t>(begin_ + most - 2 * page -
                                            (length < size_ ? length : size_)) +
           (roll.one_in(8) ? roll.below(3) * page : 0);
}

} // namespace groq::fuzz
