// SPDX-License-Identifier: MIT
//
// How often this thread has allocated memory, by whatever part of the program. With
// allocation_count.cpp, which stands in for operator new.
#pragma once

#include <cstddef>

namespace groq::test {

extern thread_local std::size_t allocations;

} // namespace groq::test
