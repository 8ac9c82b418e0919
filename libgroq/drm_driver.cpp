// SPDX-License-Identifier: MIT
#include "drm_driver.hpp"

#include <cstring>
#include <memory>

#include <unistd.h>

#include "drm_error.hpp"
#include "structure.hpp"

namespace groq {

drm_driver::~drm_driver() {
    ::close(fd_);
}

result<void> drm_driver::check() {
    const std::unique_ptr<drmVersion, decltype(&::drmFreeVersion)> version(
        ::drmGetVersion(fd_), ::drmFreeVersion);
    if (!version || std::strcmp(version->name, "groq") != 0)
        return fail(errc::no_device, "%s is not a Groq card", card_.node.c_str());
    version_ = std::to_string(version->version_major) + "." +
               std::to_string(version->version_minor) + "." +
               std::to_string(version->version_patchlevel);
    std::uint64_t timeline = 0;
    if (::drmGetCap(fd_, DRM_CAP_SYNCOBJ_TIMELINE, &timeline) != 0 || !timeline)
        return fail(errc::too_old,
                    "the driver of %s has no timeline fences: it needs "
                    "kernel 6.12 or later",
                    card_.node.c_str());
    if (const auto features = parameter(DRM_GROQ_PARAM_FEATURES))
        features_ = *features;
    return {};
}

result<void> drm_driver::check_feature(std::uint64_t feature, const char *what) const {
    if (has(feature))
        return {};
    return fail(errc::too_old, "the driver of %s (%s) cannot %s: update it",
                card_.node.c_str(), version_.c_str(), what);
}

void drm_driver::describe(groq_device_info &info) const {
    info = groq::describe(card_);
    if (info.driver[0] == '\0')
        copy_text(info.driver, version_);
    struct {
        drm_groq_param which;
        int64_t *value;
    } const numbers[] = {
        {DRM_GROQ_PARAM_SERIAL, &info.serial},
        {DRM_GROQ_PARAM_SRAM_BYTES, &info.sram_bytes},
        {DRM_GROQ_PARAM_QUEUES, &info.queues},
        {DRM_GROQ_PARAM_LINKS, &info.links},
        {DRM_GROQ_PARAM_CLOCK_HZ, &info.clock_hz},
        {DRM_GROQ_PARAM_TIMEOUT_MS, &info.timeout_ms},
    };
    for (const auto &number : numbers)
        if (const auto value = parameter(number.which))
            *number.value = std::int64_t(*value);
}

result<std::uint64_t> drm_driver::parameter(drm_groq_param which) const {
    drm_groq_get_param request{};
    request.param = which;
    if (const int failed = call(DRM_IOCTL_GROQ_GET_PARAM, request))
        return driver_refused("tell a property of the card", failed);
    return request.value;
}

} // namespace groq
