// SPDX-License-Identifier: MIT
#include "schedule.hpp"

#include <algorithm>
#include <cstdlib>

namespace groq::conformance {

template <class F>
bool schedule::every_time(int t, rhythm r, F &&book) const {
    for (int n = 0; n <= r.times; ++n)
        if (!book(t + n * r.interval, n) && !overlook())
            return false;
    return true;
}

bool schedule::issue(unsigned icu, int t, const encoded &word, rhythm r) {
    auto &queue = queues_[icu];
    auto after = queue.upper_bound(t + r.times * r.interval);
    if (after != queue.begin()) {
        auto before = std::prev(after);
        const rhythm &other = before->second.r;
        if (before->first + other.times * other.interval >= t)
            return false;
    }
    queue[t] = {word, r};
    return true;
}

bool schedule::drive(int position, unsigned stream, int t, rhythm r) {
    return every_time(t, r, [&](int at, int) {
        diagonal d = diagonal_of(stream, position, at);
        int here = along(stream, position);
        for (const auto &[from, to] : kept_[d])
            if (here > from && here <= to)
                return false;
        return driven_[d].insert(here).second;
    });
}

bool schedule::keep(int from, int to, unsigned stream, int t, rhythm r) {
    return every_time(t, r, [&](int at, int) {
        diagonal d = diagonal_of(stream, to, at);
        int start = along(stream, from), end = along(stream, to);
        auto between = driven_[d].upper_bound(start);
        if (between != driven_[d].end() && *between <= end)
            return false;
        kept_[d].push_back({start, end});
        return true;
    });
}

bool schedule::use(unsigned slice, bool is_write, int word, int step, int t, rhythm r) {
    return every_time(t, r, [&](int at, int n) {
        return use_banks(slice, is_write, {(word + n * step) / GROQ_BANK_WORDS}, at);
    });
}

bool schedule::use_both_banks(unsigned slice, bool is_write, int t, rhythm r) {
    return every_time(t, r, [&](int at, int) {
        return use_banks(slice, is_write, {0, 1}, at);
    });
}

bool schedule::use_banks(unsigned slice, bool is_write, std::set<int> banks, int t) {
    slice_cycle &c = slices_[{slice, t}];
    const std::set<int> &others = is_write ? c.read_banks : c.write_banks;
    bool &used = is_write ? c.write : c.read;
    if (used || std::any_of(banks.begin(), banks.end(),
                            [&](int bank) { return others.contains(bank); }))
        return false;
    used = true;
    (is_write ? c.write_banks : c.read_banks) = std::move(banks);
    return true;
}

bool schedule::compute(unsigned alu, unsigned bytes, int t, rhythm r) {
    return every_time(t, r, [&](int at, int) {
        for (const auto &[issued, used] : taken_[alu])
            if (at > issued && at + GROQ_DELAY_VXM_OP <= used)
                return false;
        results_[alu][at] = bytes;
        return true;
    });
}

bool schedule::take_result(unsigned alu, unsigned bytes, int t, rhythm r) {
    return every_time(t, r, [&](int at, int) {
        auto after = results_[alu].upper_bound(at - GROQ_DELAY_VXM_OP);
        if (after == results_[alu].begin())
            return overlook(); // and as a collision once more: seldom
        if (std::prev(after)->second != bytes)
            return false;
        taken_[alu].push_back({std::prev(after)->first, at});
        return true;
    });
}

bool schedule::occupy(unsigned unit, int t, int length, rhythm r) {
    return every_time(t, r, [&](int at, int) {
        for (int n = 0; n < length; ++n)
            if (!occupied_.insert({unit, at + n}).second)
                return false;
        return true;
    });
}

schedule::diagonal schedule::diagonal_of(unsigned stream, int position, int t) {
    return {stream, along(stream, position) - t};
}

int schedule::along(unsigned stream, int position) {
    return stream & GROQ_STREAM_IS_WEST ? -position : position;
}

} // namespace groq::conformance
