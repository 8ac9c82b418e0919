// SPDX-License-Identifier: MIT
//
// Points of a queue whose submissions its driver refused, and why.
#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include "error.hpp"

namespace groq {

class refused_points {
public:
    bool holds(std::uint64_t point) const { return why_.contains(point); }
    void add(std::uint64_t point, error why) { why_.emplace(point, std::move(why)); }
    // Success: it was taken, or this has been told.
    result<void> take(std::uint64_t point) {
        const auto found = why_.find(point);
        if (found == why_.end())
            return {};
        error why = std::move(found->second);
        why_.erase(found);
        return why;
    }

private:
    std::map<std::uint64_t, error> why_;
};

} // namespace groq
