// SPDX-License-Identifier: MIT
//
// Which points of a queue have ended. They may end in any order: a job that is
// withdrawn ends before those that it stood behind.
#pragma once

#include <bitset>
#include <cstdint>

namespace groq {

class ended_points {
public:
    static constexpr std::uint64_t room = 1 << 16; // points after last(), at most

    // It and all before it have ended.
    std::uint64_t last() const { return last_; }
    bool has_room(std::uint64_t point) const { return point - last_ <= room; }
    // `point` has room.
    void end(std::uint64_t point) {
        early_.set(point % room);
        for (; early_.test((last_ + 1) % room); ++last_)
            early_.reset((last_ + 1) % room);
    }

private:
    std::uint64_t last_ = 0;
    std::bitset<room> early_; // after last()
};

} // namespace groq
