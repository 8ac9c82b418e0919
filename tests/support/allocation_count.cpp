// SPDX-License-Identifier: MIT
#include "allocation_count.hpp"

#include <cstdlib>
#include <new>

thread_local std::size_t groq::test::allocations;

// All of them that are not for a special alignment: a sanitizer's library has each of
// its own, none of which knows of ours.
void *operator new(std::size_t bytes, const std::nothrow_t &) noexcept {
    ++groq::test::allocations;
    return std::malloc(bytes ? bytes : 1);
}

void *operator new(std::size_t bytes) {
    if (void *const made = operator new(bytes, std::nothrow))
        return made;
    throw std::bad_alloc();
}

void *operator new[](std::size_t bytes, const std::nothrow_t &) noexcept {
    return operator new(bytes, std::nothrow);
}

void *operator new[](std::size_t bytes) {
    return operator new(bytes);
}

void operator delete(void *made) noexcept {
    std::free(made);
}

void operator delete(void *made, std::size_t) noexcept {
    std::free(made);
}

void operator delete(void *made, const std::nothrow_t &) noexcept {
    std::free(made);
}

void operator delete[](void *made) noexcept {
    std::free(made);
}

void operator delete[](void *made, std::size_t) noexcept {
    std::free(made);
}

void operator delete[](void *made, const std::nothrow_t &) noexcept {
    std::free(made);
}
