// SPDX-License-Identifier: MIT
//
// How often this thread has allocated memory, by whatever part of the program.
#pragma once

#include <cstddef>

namespace bench {

extern thread_local std::size_t allocations;

} // namespace bench
