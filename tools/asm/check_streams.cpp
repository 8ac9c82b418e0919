// SPDX-License-Identifier: MIT
//
// A value on a stream stays on one diagonal of position and cycle. Sorted along its
// diagonal, a sample sees the last drive before it.
#include "asm/check.hpp"

#include <algorithm>
#include <optional>
#include <tuple>

#include "asm/effect.hpp"
#include "asm/queue.hpp"

namespace groq::assembly {
namespace {

struct event {
    std::int64_t diagonal; // constant while the value travels
    std::uint32_t issue;
    std::int8_t along; // position, growing in the stream's direction
    std::uint8_t stream;
    bool sample; // after the drives of its cycle

    std::tuple<std::uint8_t, std::int64_t, std::int8_t, bool, std::uint32_t>
    key() const {
        return {stream, diagonal, along, sample, issue};
    }
    bool same_diagonal(const event &other) const {
        return stream == other.stream && diagonal == other.diagonal;
    }
};

class stream_check {
public:
    stream_check(const timeline &run, const std::string &entry,
                 std::vector<diagnostic> &found)
        : run_(run), entry_(entry), found_(found), used_(run.issues.size()),
          drives_(run.issues.size()) {}

    void check() {
        for (std::uint32_t i = 0; i < run_.issues.size(); ++i)
            for (const stream_use &use : stream_uses(run_.issues[i].code))
                add(i, use);
        std::ranges::sort(events_, {}, &event::key);
        const event *last = nullptr; // the drive that a sample would see
        for (const event &e : events_) {
            if (last != nullptr && !last->same_diagonal(e))
                last = nullptr;
            if (e.sample)
                sample(e, last);
            else
                last = drive(e, last);
        }
        report_unused();
    }

private:
    void add(std::uint32_t index, const stream_use &use) {
        const issue &from = run_.issues[index];
        const bool is_west = (use.stream & GROQ_STREAM_IS_WEST) != 0;
        const int along = position_of(from.icu) * (is_west ? -1 : 1);
        const auto cycle = static_cast<std::int64_t>(from.cycle + use.delay);
        for (unsigned i = 0; i < use.count; ++i)
            events_.push_back({cycle - along * GROQ_DELAY_HOP, index,
                               static_cast<std::int8_t>(along),
                               static_cast<std::uint8_t>(use.stream + i), !use.drive});
        if (use.drive)
            drives_[index] = true;
    }

    void sample(const event &e, const event *last) {
        if (last == nullptr)
            report(e.issue, true,
                   "STREAM_EMPTY: nothing arrives on " + stream_name(e.stream));
        else
            used_[last->issue] = true;
    }

    const event *drive(const event &e, const event *last) {
        if (last != nullptr && last->along == e.along)
            conflict(e, *last);
        else if (last != nullptr)
            overwritten_.emplace_back(last->issue, e.issue);
        return &e;
    }

    void conflict(const event &e, const event &other) {
        report(e.issue, true,
               "STREAM_CONFLICT: " + place(other.issue) + " drives " +
                   stream_name(e.stream) + " too");
        found_.back().fault_cycle = static_cast<std::uint64_t>(
            e.diagonal + std::int64_t{e.along} * GROQ_DELAY_HOP);
    }

    // Of a value of several bytes one is enough to count as used.
    void report_unused() {
        for (const auto &[victim, by] : overwritten_)
            if (!used_[victim]) {
                report(victim, true,
                       "its value is overwritten before anything uses it, by " +
                           place(by));
                used_[victim] = true;
            }
        for (std::uint32_t i = 0; i < drives_.size(); ++i)
            if (drives_[i] && !used_[i])
                report(i, false, "nothing uses its value");
    }

    std::string place(std::uint32_t index) const {
        const issue &from = run_.issues[index];
        return queue_name(from.icu) + " in cycle " + std::to_string(from.cycle);
    }

    void report(std::uint32_t index, bool error, const std::string &message) {
        const issue &from = run_.issues[index];
        found_.push_back({error, entry_, from.icu, from.cycle, message});
    }

    const timeline &run_;
    const std::string &entry_;
    std::vector<diagnostic> &found_;
    std::vector<event> events_;
    std::vector<bool> used_;   // by issue
    std::vector<bool> drives_; // by issue
    std::vector<std::pair<std::uint32_t, std::uint32_t>> overwritten_;
};

} // namespace

void check_streams(const timeline &run, const std::string &entry,
                   std::vector<diagnostic> &found) {
    stream_check(run, entry, found).check();
}

} // namespace groq::assembly
