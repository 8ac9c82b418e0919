// SPDX-License-Identifier: MIT
//
// An open card: its file, and what its driver is and can do. Any thread may make any
// call at any time, once check() was made.
#pragma once

#include <cerrno>
#include <cstdint>
#include <string>

#include <drm/groq_accel.h>
#include <xf86drm.h>

#include "discovery.hpp"
#include "error.hpp"

namespace groq {

class drm_driver {
public:
    // Takes the open file over.
    drm_driver(int fd, found_card card) : fd_(fd), card_(std::move(card)) {}
    drm_driver(const drm_driver &) = delete;
    ~drm_driver();

    // That it is ours, and new enough: errc::no_device, errc::too_old.
    result<void> check();
    // DRM_GROQ_FEATURE_*.
    bool has(std::uint64_t feature) const { return features_ & feature; }
    // errc::too_old: it cannot do `what`.
    result<void> check_feature(std::uint64_t feature, const char *what) const;
    result<std::uint64_t> parameter(drm_groq_param which) const;
    // What is known of the card, but for the paths to it.
    void describe(groq_device_info &info) const;

    int file() const { return fd_; }
    const found_card &card() const { return card_; }
    const std::string &version() const { return version_; } // of its interface

    // 0 or errno; interrupted calls are made again.
    template <class Argument>
    int call(unsigned long request, Argument &argument) const {
        return ::drmIoctl(fd_, request, &argument) == 0 ? 0 : errno;
    }

private:
    const int fd_;
    const found_card card_;
    std::string version_;
    std::uint64_t features_ = 0;
};

} // namespace groq
