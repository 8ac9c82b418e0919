// SPDX-License-Identifier: MIT
#include "replayed_queue.hpp"

#include <algorithm>

#include <unistd.h>

namespace groq {
namespace {

void add_one(int event_file) {
    const std::uint64_t one = 1;
    (void)!::write(event_file, &one, sizeof one);
}

} // namespace

void replayed_queue::submit(std::span<const port_submission> taken) {
    open_.keep(taken);
    if (!taken.empty())
        submitted_ = taken.back().point;
    notify_all();
}

result<void> replayed_queue::tell(std::uint64_t point) {
    point = std::min(point, submitted_);
    while (const auto ended = open_.take(point)) {
        const auto *end = answers_.end(number_, ended->point);
        if (!end)
            continue;
        const auto got = answers_.read(*end);
        if (!got)
            return got.error();
        put_outputs(*ended, got->bytes, buffers_);
    }
    told_ = std::max(told_, point);
    notify_all();
    return {};
}

void replayed_queue::notify(std::uint64_t point, int event_file) {
    if (point <= told_)
        add_one(event_file);
    else
        notices_.emplace_back(point, event_file);
    notify_all();
}

// The order of events is not that of the recording: whoever polls is told as soon as
// asking will help, and again as long as it has not yet.
void replayed_queue::notify_all() {
    std::erase_if(notices_, [&](const auto &notice) { return notice.first <= told_; });
    const auto end = std::min(submitted_, answers_.last_end(number_));
    for (const auto &[point, file] : notices_)
        if (point <= end)
            add_one(file);
}

} // namespace groq
