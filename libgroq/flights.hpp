// SPDX-License-Identifier: MIT
//
// The jobs of a queue that are in work, by ticket. They leave in any order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "job.hpp"

namespace groq {

struct flight {
    std::uint64_t ticket; // the point at which its last part has ended
    std::uint64_t first;  // that of its first part
    std::shared_ptr<groq_job> job;
    int error; // GROQ_ERROR_* of a submission that failed half way
};

// A ring of places made beforehand: what it does allocates no memory. Those that have
// left leave gaps, which are closed when the ring has gone round; as it has two places
// for each flight there may be, that is seldom.
class flights {
public:
    explicit flights(std::size_t depth) : depth_(depth), places_(2 * depth) {}

    std::size_t depth() const { return depth_; }
    std::size_t count() const { return count_; }
    bool is_empty() const { return count_ == 0; }

    // Its ticket is greater than all before it, and count() less than depth().
    void add(flight added);
    // Null: none has that ticket. Valid until the next call of add() or remove().
    flight *find(std::uint64_t ticket);
    flight &oldest() { return at(0); }
    void remove(flight &gone);
    // Of each, oldest first, up to the first that fails.
    template <class Visit>
    result<void> visit(Visit visit) {
        for (std::size_t i = 0; i < span_; ++i)
            if (!is_gap(at(i)))
                if (const result<void> done = visit(at(i)); !done)
                    return done;
        return {};
    }

private:
    flight &at(std::size_t index) { return places_[(first_ + index) % places_.size()]; }
    static bool is_gap(const flight &place) { return place.job == nullptr; }
    void close_gaps();

    std::size_t depth_;
    std::vector<flight> places_;
    std::size_t first_ = 0; // place of the oldest flight
    std::size_t span_ = 0;  // from there to the newest, with gaps
    std::size_t count_ = 0;
};

} // namespace groq
