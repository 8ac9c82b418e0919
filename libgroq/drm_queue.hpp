// SPDX-License-Identifier: MIT
//
// A queue of the driver, by one of the paths to it. Any thread may make any call at
// any time.
#pragma once

#include <cstdint>
#include <span>

#include "kernel_port.hpp"

namespace groq {

// As the calls of kernel_port of these names.
class drm_queue {
public:
    virtual ~drm_queue() = default;

    virtual result<std::size_t>
    submit(std::span<const port_submission> submissions) = 0;
    virtual result<void> refusal(std::uint64_t point) = 0;
    virtual result<void> cancel(std::uint64_t point) = 0;
    virtual result<std::uint64_t> signalled() = 0;
    virtual result<bool> wait(std::uint64_t point, std::int64_t deadline) = 0;
    virtual result<void> notify(std::uint64_t point, int event_file) = 0;
    virtual std::uint64_t system_calls() const = 0;

    // Before the driver destroys it: no event file is written to any more, and it has
    // seen whatever was submitted.
    virtual void silence() = 0;
    // After that: until everything has ended.
    virtual void drain() = 0;
};

} // namespace groq
