// SPDX-License-Identifier: MIT
#include "streams.hpp"

#include <algorithm>
#include <new>
#include <tuple>

namespace groq::chip {

streams::streams() : values_(new (std::nothrow) value[values_max]) {}

void streams::clear() {
    epoch_ = std::max(epoch_, newest_ + 1);
    newest_ = epoch_;
    last_drive_ = 0;
    collision_ = collision();
    errors_.clear();
}

// There is always one: at most one value per stream, diagonal and position.
inline uint32_t streams::allocate() {
    if (free_ == none)
        return untouched_++;
    uint32_t i = free_;
    free_ = values_[i].next;
    return i;
}

inline void streams::recycle(diagonal &d, uint64_t key) {
    while (d.first != none) {
        uint32_t i = d.first;
        d.first = values_[i].next;
        if (has_errors())
            forget_errors(values_[i]);
        values_[i].next = free_;
        free_ = i;
    }
    d.key = key;
    d.driven = 0;
}

inline streams::value &streams::insert(diagonal &d, uint32_t flow) {
    uint32_t *link = &d.first;
    while (*link != none && values_[*link].flow > flow)
        link = &values_[*link].next;
    uint32_t i = allocate();
    values_[i].flow = flow;
    values_[i].next = *link;
    *link = i;
    d.driven |= 1u << flow;
    return values_[i];
}

uint8_t *streams::drive(uint32_t stream, int32_t position, uint64_t cycle,
                        const origin &by) {
    uint32_t flow = flow_of(stream, position);
    uint64_t key = key_of(flow, cycle);
    diagonal &d = slot(stream, key);
    if (d.key != key)
        recycle(d, key);
    last_drive_ = std::max(last_drive_, cycle);
    if (d.driven >> flow & 1) {
        collide(driven_at(d, flow), stream, cycle, by);
        return nowhere_.bytes;
    }
    newest_ = std::max(newest_, key);
    value &v = insert(d, flow);
    v.by = by;
    return v.bytes;
}

streams::value &streams::driven_at(const diagonal &d, uint32_t flow) {
    uint32_t i = d.first;
    while (values_[i].flow != flow)
        i = values_[i].next;
    return values_[i];
}

// They may have issued in any order. The lower number holds the place, so that
// a third drive finds it.
void streams::collide(value &with, uint32_t stream, uint64_t cycle, const origin &by) {
    const origin &lower = by.icu < with.by.icu ? by : with.by;
    const origin &later = by.icu < with.by.icu ? with.by : by;
    collision found{cycle, stream, later};
    with.by = lower;
    auto order = [](const collision &c) {
        return std::tuple(c.cycle, c.by.icu, c.stream);
    };
    if (order(found) < order(collision_))
        collision_ = found;
}

codeword streams::error_of(const uint8_t *lanes) const {
    auto found = errors_.find(lanes);
    return found == errors_.end() ? codeword() : found->second;
}

void streams::add_error(const uint8_t *lanes, const codeword &error) {
    if (errors_.size() == errors_max && !errors_.contains(lanes))
        return;
    codeword &sum = errors_[lanes];
    sum ^= error;
    if (sum.is_zero())
        errors_.erase(lanes);
}

const uint8_t *streams::first_driven(uint32_t stream, uint64_t from,
                                     uint64_t to) const {
    const value *first = nullptr;
    std::tuple<uint64_t, uint32_t> when{to, 0};
    for (uint32_t k = 0; k < diagonals; ++k) {
        const diagonal &d = slot(stream, k);
        bool is_over = d.key <= epoch_ + from; // even where it leaves the edge
        for (uint32_t i = is_over ? none : d.first; i != none; i = values_[i].next) {
            std::tuple at{d.key - epoch_ - positions + values_[i].flow,
                          values_[i].flow};
            if (std::get<0>(at) >= from && at < when) {
                when = at;
                first = &values_[i];
            }
        }
    }
    return first ? first->bytes : nullptr;
}

void streams::forget_errors(const value &v) {
    errors_.erase(errors_.lower_bound(v.bytes),
                  errors_.lower_bound(v.bytes + GROQ_VECTOR_BYTES));
}

uint32_t streams::count_live() const {
    uint32_t count = 0;
    for (const diagonal &d : ring_)
        count += d.key >= epoch_ ? std::popcount(d.driven) : 0;
    return count;
}

// Keys are saved relative to the epoch: what went before is nobody's business.
void streams::serialize(archive &a, uint64_t cycle) {
    if (a.is_loading())
        load_live(a);
    else
        save_live(a);
    a.value(last_drive_);
    a.require(last_drive_ <= cycle + GROQ_DELAY_LONGEST);
    serialize_collision(a, cycle);
}

void streams::serialize_errors(archive &a, const uint8_t *bytes) {
    auto lanes_of = [bytes](uint32_t tile) { return bytes + tile * GROQ_TILE_LANES; };
    uint32_t wrong = 0; // bit per tile
    for (uint32_t tile = 0; tile < GROQ_TILES; ++tile)
        wrong |= uint32_t{!error_of(lanes_of(tile)).is_zero()} << tile;
    a.below(wrong, 1u << GROQ_TILES);
    for (uint32_t left = wrong; left && a.good(); left &= left - 1) {
        auto tile = static_cast<uint32_t>(std::countr_zero(left));
        codeword error = error_of(lanes_of(tile));
        a.value(error);
        a.require(error.is_valid() && !error.is_zero());
        if (a.is_loading() && a.good())
            add_error(lanes_of(tile), error);
    }
}

void streams::serialize_collision(archive &a, uint64_t cycle) {
    a.values(collision_.cycle, collision_.stream, collision_.by);
    a.require(collision_.cycle == collision::never ||
              collision_.cycle - cycle < GROQ_DELAY_LONGEST);
    a.require(collision_.by.icu < GROQ_ICUS_ALL);
}

void streams::save_live(archive &a) {
    uint32_t count = count_live();
    a.value(count);
    for (uint32_t s = 0; s < streams_both; ++s) {
        for (uint32_t k = 0; k < diagonals; ++k) {
            const diagonal &d = slot(s, epoch_ + k);
            for (uint32_t i = d.key >= epoch_ ? d.first : none; i != none;) {
                uint64_t key = d.key - epoch_;
                a.values(s, key, values_[i].flow, values_[i].by, values_[i].bytes);
                serialize_errors(a, values_[i].bytes);
                i = values_[i].next;
            }
        }
    }
}

void streams::forget() {
    for (diagonal &d : ring_)
        recycle(d, 0);
    epoch_ = newest_ = 1;
    errors_.clear();
}

void streams::load_live(archive &a) {
    forget();
    uint32_t count = 0;
    a.below(count, values_max + 1);
    for (uint32_t n = 0; n < count && a.good(); ++n) {
        uint32_t stream = 0, flow = 0;
        uint64_t key = 0;
        a.below(stream, streams_both);
        a.below(key, uint64_t{1} << 62);
        a.below(flow, positions);
        key += epoch_;
        diagonal &d = slot(stream, key);
        bool is_free = d.key < epoch_ || (d.key == key && !(d.driven >> flow & 1));
        a.require(is_free);
        if (!a.good())
            return;
        if (d.key != key)
            recycle(d, key);
        newest_ = std::max(newest_, key);
        value &v = insert(d, flow);
        a.values(v.by, v.bytes);
        a.require(v.by.icu < GROQ_ICUS_ALL);
        serialize_errors(a, v.bytes);
    }
}

} // namespace groq::chip
