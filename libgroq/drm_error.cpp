// SPDX-License-Identifier: MIT
#include "drm_error.hpp"

#include <cerrno>

namespace groq {
namespace {

errc meaning(int os_error) {
    switch (os_error) {
    case ENODEV:
        return errc::device_lost;
    case ENOMEM:
        return errc::memory;
    case EPERM:
    case EACCES:
        return errc::permission;
    case ENOTTY:
    case EOPNOTSUPP:
    case ENOSYS:
        return errc::too_old;
    case EINVAL:
        return errc::invalid;
    default:
        return errc::system;
    }
}

} // namespace

error driver_refused(const char *what, int os_error) {
    return fail(meaning(os_error), os_error, "the driver refused to %s", what);
}

} // namespace groq
