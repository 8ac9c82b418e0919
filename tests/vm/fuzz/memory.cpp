// SPDX-License-Identifier: MIT
#include "memory.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include <sys/mman.h>

namespace groq::fuzz {
namespace {

constexpr std::size_t pages_max = 1 << 20;

} // namespace

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
    for (area &one : recent_)
        forget(one);
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
    area &made = recent_[next_area_++ % recent_.size()];
    forget(made);
    const std::size_t length = std::clamp(size, page, pages_max) / page * page;
    void *start = mmap(nullptr, length, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED)
        return 0;
    made = {start, length};
    const auto first = reinterpret_cast<std::uintptr_t>(start);
    void *const inside =
        reinterpret_cast<void *>(first + roll.below(length) / page * page);
    // No true hole: something else of this program would come to lie there.
    if (roll.one_in(6))
        mprotect(inside, page, roll.one_in(2) ? PROT_READ : PROT_NONE);
    return first;
}

std::uint64_t memory::registered(dice &roll) const {
    return registered_ + roll.below(16) * page;
}

void memory::forget(area &which) {
    if (which.start)
        munmap(which.start, which.size);
    which = {};
}

} // namespace groq::fuzz
