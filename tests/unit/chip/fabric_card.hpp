// SPDX-License-Identifier: MIT
// Programs that send and receive, for chips that are wired.
#ifndef GROQ_TESTS_CHIP_FABRIC_CARD_HPP
#define GROQ_TESTS_CHIP_FABRIC_CARD_HPP

#include <numeric>
#include <set>

#include "fabric.hpp"

namespace groq::chip::test {

constexpr uint32_t west_slice = mem(GROQ_WEST, 0);
constexpr uint32_t to_edge = GROQ_POSITION_C2C - 1; // hops from that slice

// Link 0 is at the western edge. After instructions of one cycle each, sends @count
// vectors from words 0 on, @interval cycles apart, the first in @cycle.
inline void add_sender(program_card &card, uint32_t cycle, uint32_t count,
                       uint32_t interval = 24, uint32_t link = 0) {
    uint32_t read_at = cycle - to_edge - GROQ_DELAY_MEM_READ;
    auto taken = static_cast<uint32_t>(card.queues[c2c(link)].size());
    card.add(west_slice, {nop(read_at), read(0, west(link), 1)});
    card.add(c2c(link), {nop(cycle - taken), send(west(link))});
    if (count > 1) {
        card.add(west_slice, {repeat(count - 1, interval)});
        card.add(c2c(link), {repeat(count - 1, interval)});
    }
    for (uint32_t n = 0; n < count; ++n)
        std::iota(card.word(GROQ_WEST, 0, n), card.word(GROQ_WEST, 0, n + 1), n);
}

// Receives into words 0 on of the slice, @after the queue of the link is free.
inline void add_receiver(program_card &card, const words &before, uint32_t at,
                         uint32_t count, uint32_t interval = 24, uint32_t link = 0) {
    card.add(c2c(link), before);
    card.add(c2c(link), {receive(east(link))});
    card.add(west_slice,
             {nop(at + GROQ_DELAY_LINK_RECEIVE + to_edge), write(0, east(link), 1)});
    if (count > 1) {
        card.add(c2c(link), {repeat(count - 1, interval)});
        card.add(west_slice, {repeat(count - 1, interval)});
    }
}

inline bool has_come(program_card &from, program_card &to, uint32_t count) {
    return std::memcmp(from.word(GROQ_WEST, 0, 0), to.word(GROQ_WEST, 0, 0),
                       count * GROQ_VECTOR_BYTES) == 0;
}

struct two_chips : fabric {
    explicit two_chips(const groq_cable &cable = plain(), uint64_t serial_a = 0,
                       uint64_t serial_b = 7)
        : fabric({serial_a, serial_b}) {
        plug({0, 0}, {1, 0}, cable);
        settle();
    }
};

} // namespace groq::chip::test

#endif
