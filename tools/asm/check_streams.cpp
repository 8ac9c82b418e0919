// SPDX-License-Identifier: MIT
#include "asm/check.hpp"

#include <bit>
#include <utility>

#include "asm/queue.hpp"

namespace groq::assembly {
namespace {

// Position, growing in the stream's direction.
int along_of(unsigned icu, unsigned stream) {
    const bool is_west = (stream & GROQ_STREAM_IS_WEST) != 0;
    return position_of(icu) * (is_west ? -1 : 1);
}

std::string text_of(unsigned icu, std::uint64_t cycle) {
    return queue_name(icu) + " in cycle " + std::to_string(cycle);
}

} // namespace

stream_check::stream_check(findings &found)
    : found_(found), ring_(std::size_t{streams_both} * diagonals) {}

bool stream_check::visit(const issue &now) {
    const auto uses = stream_uses(now.code);
    for (const stream_use &use : uses)
        if (use.drive)
            drive(now, use);
    for (const stream_use &use : uses)
        if (!use.drive && !sample(now, use))
            return false; // the chip looks no further
    return true;
}

void stream_check::finish() {
    for (diagonal &each : ring_)
        retire(each);
}

stream_check::diagonal &stream_check::diagonal_of(unsigned stream, std::uint64_t cycle,
                                                  int along) {
    const std::int64_t key =
        static_cast<std::int64_t>(cycle) + positions - along * GROQ_DELAY_HOP;
    diagonal &found = ring_[std::size_t{stream} * diagonals +
                            static_cast<std::size_t>(key) % diagonals];
    if (found.key != key) {
        retire(found);
        found.key = key;
    }
    return found;
}

void stream_check::drive(const issue &now, const stream_use &use) {
    const std::uint32_t index = allocate(now);
    const int along = along_of(now.icu, use.stream);
    for (unsigned i = 0; i < use.count; ++i)
        drive(index, use.stream + i, now.cycle + use.delay, along);
    release(index);
}

// Of two drives the one of the later queue is at fault.
void stream_check::drive(std::uint32_t index, unsigned stream, std::uint64_t cycle,
                         int along) {
    diagonal &on = diagonal_of(stream, cycle, along);
    const auto position = static_cast<unsigned>(along + GROQ_POSITION_MXM);
    std::uint32_t &there = on.values[position];
    if ((on.driven >> position & 1) == 0) {
        on.driven |= 1U << position;
        there = index;
        ++values_[index].alive;
    } else if (values_[index].from.icu < values_[there].from.icu) {
        report_conflict(values_[there].from, values_[index].from, stream, cycle);
        release(std::exchange(there, index));
        ++values_[index].alive;
    } else {
        report_conflict(values_[index].from, values_[there].from, stream, cycle);
    }
}

void stream_check::report_conflict(const place &loser, const place &other,
                                   unsigned stream, std::uint64_t cycle) {
    found_
        .fault(GROQ_FAULT_STREAM_CONFLICT, loser.icu, loser.cycle,
               text_of(other.icu, other.cycle) + " drives " + stream_name(stream) +
                   " too")
        .fault_cycle = cycle;
}

bool stream_check::sample(const issue &now, const stream_use &use) {
    const int along = along_of(now.icu, use.stream);
    const auto position = static_cast<unsigned>(along + GROQ_POSITION_MXM);
    for (unsigned i = 0; i < use.count; ++i) {
        const diagonal &on = diagonal_of(use.stream + i, now.cycle, along);
        const std::uint32_t before = on.driven & ((2U << position) - 1);
        if (before == 0) {
            found_.fault(GROQ_FAULT_STREAM_EMPTY, now.icu, now.cycle,
                         "nothing arrives on " + stream_name(use.stream + i));
            return false;
        }
        values_[on.values[std::bit_width(before) - 1U]].used = true;
    }
    return true;
}

// Nothing can sample it any more.
void stream_check::retire(diagonal &old) {
    while (old.driven != 0) {
        const auto position = static_cast<unsigned>(std::countr_zero(old.driven));
        const std::uint32_t index = old.values[position];
        old.driven &= old.driven - 1;
        if (old.driven != 0) {
            const auto next = static_cast<unsigned>(std::countr_zero(old.driven));
            values_[index].overwritten_by = values_[old.values[next]].from;
        }
        release(index);
    }
}

std::uint32_t stream_check::allocate(const issue &now) {
    const value fresh{{now.icu, now.cycle}, 1, false, {}};
    if (free_.empty()) {
        values_.push_back(fresh);
        return static_cast<std::uint32_t>(values_.size() - 1);
    }
    const std::uint32_t index = free_.back();
    free_.pop_back();
    values_[index] = fresh;
    return index;
}

// Of a value of several streams one that is used is enough.
void stream_check::release(std::uint32_t index) {
    const value &old = values_[index];
    if (--values_[index].alive != 0)
        return;
    if (!old.used && old.overwritten_by)
        found_.error(old.from.icu, old.from.cycle,
                     "its value is overwritten before anything uses it, by " +
                         text_of(old.overwritten_by->icu, old.overwritten_by->cycle));
    else if (!old.used)
        found_.warn(old.from.icu, old.from.cycle, "nothing uses its value");
    free_.push_back(index);
}

} // namespace groq::assembly
