// SPDX-License-Identifier: MIT
// Which instruction queues have something to do in which cycle. Near cycles
// are a ring of bit sets, far ones a heap, so that a busy cycle costs a few
// instructions and a gap of any length nothing.
#ifndef GROQ_CHIP_CALENDAR_HPP
#define GROQ_CHIP_CALENDAR_HPP

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "hw/groq_isa.h"
#include "hw/groq_sram.h"

namespace groq::chip {

// A set of events: bit per instruction queue, and one for Notify.
class event_set {
public:
    static constexpr uint32_t notify = GROQ_ICUS_ALL;

    void add(uint32_t event) { words_[event / 64] |= uint64_t{1} << event % 64; }
    bool contains(uint32_t event) const { return words_[event / 64] >> event % 64 & 1; }
    bool is_empty() const { return (words_[0] | words_[1] | words_[2]) == 0; }
    void clear() { words_ = {}; }
    void remove(uint32_t event) { words_[event / 64] &= ~(uint64_t{1} << event % 64); }

    // Removes the lowest; only when not empty.
    uint32_t take_first() {
        uint32_t w = words_[0] ? 0 : words_[1] ? 1 : 2;
        uint32_t bit = static_cast<uint32_t>(std::countr_zero(words_[w]));
        words_[w] &= words_[w] - 1;
        return w * 64 + bit;
    }

private:
    std::array<uint64_t, 3> words_{};
};

class calendar {
public:
    static constexpr uint64_t never = ~uint64_t{0};
    static constexpr uint64_t near_span = 64;
    static_assert(GROQ_DELAY_SYNC < near_span && GROQ_DELAY_LONGEST < near_span);

    void clear() {
        near_.fill(event_set());
        occupied_ = 0;
        far_count_ = 0;
    }

    // @now is the cycle last taken; @cycle comes after it, or is it before the
    // first take. Only one event of a queue lies further ahead than near_span.
    void schedule(uint64_t now, uint64_t cycle, uint32_t event) {
        if (cycle - now < near_span)
            add_near(cycle, event);
        else
            add_far(cycle, event);
    }

    // The first cycle from @from on with an event.
    uint64_t next(uint64_t from) const {
        uint64_t near = never;
        if (occupied_) {
            auto turned = std::rotr(occupied_, static_cast<int>(from % near_span));
            near = from + static_cast<uint64_t>(std::countr_zero(turned));
        }
        return far_count_ ? std::min(near, far_[0].cycle) : near;
    }

    // The events of @cycle, the one that next() said.
    event_set take(uint64_t cycle) {
        event_set events = near_[cycle % near_span];
        near_[cycle % near_span].clear();
        occupied_ &= ~(uint64_t{1} << cycle % near_span);
        while (far_count_ && far_[0].cycle == cycle)
            events.add(pop_far());
        return events;
    }

private:
    struct appointment {
        uint64_t cycle;
        uint32_t event;

        static bool later(const appointment &a, const appointment &b) {
            return a.cycle > b.cycle;
        }
    };

    void add_near(uint64_t cycle, uint32_t event) {
        near_[cycle % near_span].add(event);
        occupied_ |= uint64_t{1} << cycle % near_span;
    }

    void add_far(uint64_t cycle, uint32_t event) {
        far_[far_count_++] = {cycle, event};
        std::push_heap(far_.begin(), far_.begin() + far_count_, appointment::later);
    }

    uint32_t pop_far() {
        std::pop_heap(far_.begin(), far_.begin() + far_count_, appointment::later);
        return far_[--far_count_].event;
    }

    std::array<event_set, near_span> near_{};
    uint64_t occupied_ = 0;
    std::array<appointment, GROQ_ICUS_ALL> far_{};
    uint32_t far_count_ = 0;
};

} // namespace groq::chip

#endif
