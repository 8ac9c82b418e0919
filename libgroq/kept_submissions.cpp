// SPDX-License-Identifier: MIT
#include "kept_submissions.hpp"

#include <algorithm>
#include <utility>

namespace groq {

void kept_submissions::keep(std::span<const port_submission> submissions) {
    for (const auto &each : submissions)
        all_.push_back({each.point,
                        {each.commands.begin(), each.commands.end()},
                        each.results,
                        each.result_offset});
}

void kept_submissions::drop(std::span<const port_submission> refused) {
    std::erase_if(all_, [&](const kept_submission &kept) {
        return std::any_of(refused.begin(), refused.end(),
                           [&](const auto &each) { return each.point == kept.point; });
    });
}

std::optional<kept_submission> kept_submissions::take(std::uint64_t point) {
    if (all_.empty() || all_.front().point > point)
        return std::nullopt;
    auto oldest = std::move(all_.front());
    all_.pop_front();
    return oldest;
}

} // namespace groq
