// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include <sys/mman.h>
#include <unistd.h>

#include "require.hpp"

// The name of a file of these bytes, for readers that take no bytes; until the next.
inline std::string file_of(const std::uint8_t *data, std::size_t size) {
    static const int file = ::memfd_create("input", MFD_CLOEXEC);
    require(::ftruncate(file, 0) == 0);
    require(::pwrite(file, data, size, 0) == ssize_t(size));
    return "/proc/self/fd/" + std::to_string(file);
}
