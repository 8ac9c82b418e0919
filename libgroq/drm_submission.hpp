// SPDX-License-Identifier: MIT
//
// A submission in the driver's words, for either of its doors.
#pragma once

#include <array>

#include "kernel_port.hpp"

namespace groq {

// What a submission is canceled by: one of its own within an open card, not 0.
std::uint64_t submission_tag(const port_queue &queue, std::uint64_t point);

// Why the driver did not take one; `os_error` as it gave it.
error submission_refused(int os_error);

// Ends one that the driver did not take in its turn, for those who wait for its point
// of the time line; false: it could not.
bool signal_point(int card, const port_queue &queue, std::uint64_t point);

// The request and the points that it refers to, so it stays where it is; the
// commands are the caller's.
class drm_submission {
public:
    drm_submission() = default;
    drm_submission(const drm_submission &) = delete;

    // `signals`: that its end is a point of the queue's time line.
    result<void> fill(const port_queue &queue, const port_submission &submission,
                      bool signals);
    drm_groq_submit &request() { return request_; }
    bool refers_to_points() const {
        return request_.wait_count != 0 || request_.signal_count != 0;
    }

private:
    drm_groq_submit request_{};
    drm_groq_sync signal_{};
    std::array<drm_groq_sync, DRM_GROQ_SYNCS_MAX> waits_{};
};

} // namespace groq
