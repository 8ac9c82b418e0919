// SPDX-License-Identifier: MIT
//
// Ways of jobs to the driver: GROQ_PATH_*.
#pragma once

#include <cstdint>

#include "error.hpp"

namespace groq {

// "io_uring"; "?" for what is none.
const char *path_name(std::uint32_t path);
// As GROQ_PATH says, AUTO without it; errc::invalid for other words.
result<std::uint32_t> path_of_environment();
// Bits 1 << GROQ_PATH_* of those that this system allows to a card whose driver
// offers io_uring. Makes a ring of each kind to see, and gives it up.
std::int64_t allowed_paths();

} // namespace groq
