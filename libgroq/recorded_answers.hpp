// SPDX-License-Identifier: MIT
//
// Which recorded answer a call gets: the next one to such a call (docs/runtime.md).
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "recording_reader.hpp"

namespace groq {

// Any thread may use it.
class recorded_answers {
public:
    recorded_answers(std::string file, recording_reader reader);

    const std::string &file() const { return file_; }
    bool is_whole() const { return reader_.is_whole(); }

    // The next such call, which nobody gets again; null: there is no more.
    const recorded_call *take(const port_call &call);
    result<call_answer> read(const recorded_call &call) const;
    // Both. What failed fails again; errc::diverged: there is no more.
    result<call_answer> answer(const port_call &call);

    // The end of what was to signal `point`; null: that is not known.
    const recorded_call *end(std::uint64_t queue, std::uint64_t point) const;
    // The last point of that queue that somebody was told of.
    std::uint64_t last_end(std::uint64_t queue) const;
    // Whether one of the answers to take_events that are left tells something.
    bool has_events_left() const;

    // Of a call that has no answer: what there is of its kind instead.
    error diverged(const port_call &call) const;
    // Of one that is not as it was: in what.
    error differs(const recorded_call &recorded, const port_call &call) const;
    std::size_t index_of(const recorded_call &recorded) const;

private:
    // Calls that were recorded alike; for submit: to one queue. Taken in order.
    struct lane {
        std::vector<std::size_t> calls;
        std::size_t next = 0;
    };
    using lane_key = std::vector<std::uint64_t>;
    using queue_point = std::pair<std::uint64_t, std::uint64_t>;

    static lane_key key_of(call_kind kind, std::span<const std::uint64_t> arguments);
    void add(std::size_t index);

    std::string file_;
    recording_reader reader_;
    std::map<queue_point, std::size_t> ends_;          // index by point
    std::map<std::uint64_t, std::uint64_t> last_ends_; // by queue
    std::size_t events_end_ = 0; // index after the last that told of an event

    mutable std::mutex lock_; // all below
    std::map<lane_key, lane> lanes_;
    std::vector<bool> is_taken_; // by index
};

} // namespace groq
