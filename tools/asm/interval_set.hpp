// SPDX-License-Identifier: MIT
//
// Numbers that are taken: cycles of a port, words of SRAM.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>

namespace groq::assembly {

class interval_set {
public:
    // Takes [from, to), of which some may be taken already.
    void take(std::uint64_t from, std::uint64_t to) {
        if (from >= to)
            return;
        auto next = spans_.upper_bound(to);
        while (next != spans_.begin() && std::prev(next)->second >= from) {
            next = std::prev(next);
            from = std::min(from, next->first);
            to = std::max(to, next->second);
            next = spans_.erase(next);
        }
        spans_.emplace(from, to);
    }

    // The least number not below `from` that begins `length` free ones.
    std::uint64_t first_free(std::uint64_t from, std::uint64_t length) const {
        auto next = spans_.upper_bound(from);
        if (next != spans_.begin())
            from = std::max(from, std::prev(next)->second);
        for (; next != spans_.end() && next->first < from + length; ++next)
            from = next->second;
        return from;
    }

    bool is_free(std::uint64_t from, std::uint64_t to) const {
        return first_free(from, to - from) == from;
    }

    // From the first taken number to past the last, of each run; none touch.
    const std::map<std::uint64_t, std::uint64_t> &spans() const { return spans_; }

private:
    std::map<std::uint64_t, std::uint64_t> spans_;
};

} // namespace groq::assembly
