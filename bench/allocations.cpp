// SPDX-License-Identifier: MIT
//
// Stands in for operator new.
#include "allocations.hpp"

#include <cstdlib>
#include <new>

thread_local std::size_t bench::allocations;

void *operator new(std::size_t bytes) {
    ++bench::allocations;
    if (void *const made = std::malloc(bytes ? bytes : 1))
        return made;
    throw std::bad_alloc();
}

void operator delete(void *made) noexcept {
    std::free(made);
}

void operator delete(void *made, std::size_t) noexcept {
    std::free(made);
}
