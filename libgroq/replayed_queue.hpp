// SPDX-License-Identifier: MIT
//
// A queue of a replayed card: what its program has been told of.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "recorded_answers.hpp"
#include "recorded_bytes.hpp"

namespace groq {

class replayed_queue {
public:
    // `answers` and `buffers` outlive it.
    replayed_queue(std::uint64_t number, const recorded_answers &answers,
                   const bytes_of_buffer &buffers)
        : number_(number), answers_(answers), buffers_(buffers) {}

    // Points; none is told of that was not submitted.
    std::uint64_t submitted() const { return submitted_; }
    std::uint64_t told() const { return told_; }

    void submit(std::span<const port_submission> taken);
    // That all up to `point` has ended: what the card had written until then is there.
    result<void> tell(std::uint64_t point);
    // As of a port.
    void notify(std::uint64_t point, int event_file);

private:
    void notify_all();

    std::uint64_t number_;
    const recorded_answers &answers_;
    const bytes_of_buffer &buffers_;
    kept_submissions open_; // nobody was told their end
    std::uint64_t submitted_ = 0;
    std::uint64_t told_ = 0;
    std::vector<std::pair<std::uint64_t, int>> notices_; // eventfd by point
};

} // namespace groq
