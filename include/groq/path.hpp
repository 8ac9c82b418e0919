// SPDX-License-Identifier: MIT
//
// How jobs get to the driver.
#pragma once

#include <cstdint>

#include <groq/groq.h>

namespace groq {

enum class path : std::uint32_t {
    automatic = GROQ_PATH_AUTO, // io_uring if driver and system allow it, else ioctl
    ioctl = GROQ_PATH_IOCTL,
    io_uring = GROQ_PATH_URING,
    sqpoll = GROQ_PATH_SQPOLL, // io_uring; a thread of the kernel polls for jobs
};

} // namespace groq
