// SPDX-License-Identifier: MIT
#include "flights.hpp"

#include <utility>

namespace groq {

void flights::add(flight added) {
    if (span_ == places_.size())
        close_gaps();
    at(span_++) = std::move(added);
    ++count_;
}

void flights::close_gaps() {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < span_; ++i)
        if (!is_gap(at(i)) && kept++ != i)
            at(kept - 1) = std::exchange(at(i), {});
    span_ = kept;
}

// Gaps keep their tickets: the span is always in order.
flight *flights::find(std::uint64_t ticket) {
    std::size_t low = 0, high = span_;
    while (low < high) {
        const auto middle = low + (high - low) / 2;
        if (at(middle).ticket < ticket)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == span_ || at(low).ticket != ticket || is_gap(at(low)))
        return nullptr;
    return &at(low);
}

void flights::remove(flight &gone) {
    gone.job.reset();
    --count_;
    while (span_ > 0 && is_gap(at(0))) {
        first_ = (first_ + 1) % places_.size();
        --span_;
    }
}

} // namespace groq
