// SPDX-License-Identifier: MIT
//
// What was submitted to a queue, until somebody has been told that it has ended.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "kernel_port.hpp"

namespace groq {

struct kept_submission {
    std::uint64_t point;
    std::vector<drm_groq_command> commands;
    std::uint32_t results; // as in port_submission
    std::uint64_t result_offset;
};

// By point, oldest first.
class kept_submissions {
public:
    void keep(std::span<const port_submission> submissions);
    void drop(std::span<const port_submission> refused);
    // The oldest, if it signals `point` or one before it.
    std::optional<kept_submission> take(std::uint64_t point);

    auto begin() const { return all_.begin(); }
    auto end() const { return all_.end(); }

private:
    std::deque<kept_submission> all_;
};

} // namespace groq
