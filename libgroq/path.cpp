// SPDX-License-Identifier: MIT
#include "path.hpp"

#include <array>
#include <cstdlib>
#include <string_view>

#include <groq/groq.h>

#include "uring_ring.hpp"

namespace groq {
namespace {

constexpr std::array<const char *, 4> names = {"auto", "ioctl", "io_uring", "sqpoll"};

} // namespace

const char *path_name(std::uint32_t path) {
    return path < names.size() ? names[path] : "?";
}

result<std::uint32_t> path_of_environment() {
    const char *chosen = std::getenv("GROQ_PATH");
    if (!chosen || *chosen == '\0')
        return GROQ_PATH_AUTO;
    for (const std::uint32_t path :
         {GROQ_PATH_IOCTL, GROQ_PATH_URING, GROQ_PATH_SQPOLL})
        if (std::string_view(chosen) == names[path])
            return path;
    return fail(errc::invalid,
                "the environment says GROQ_PATH=%s; ioctl, io_uring and sqpoll are "
                "possible",
                chosen);
}

std::int64_t allowed_paths() {
    std::int64_t paths = 1 << GROQ_PATH_IOCTL;
    if (check_uring(false))
        paths |= 1 << GROQ_PATH_URING;
    if (check_uring(true))
        paths |= 1 << GROQ_PATH_SQPOLL;
    return paths;
}

} // namespace groq
