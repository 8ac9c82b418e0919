// SPDX-License-Identifier: MIT
// A card's state as bytes, and programs that are saved and loaded all the time.
#ifndef GROQ_TESTS_CHIP_PIECES_HPP
#define GROQ_TESTS_CHIP_PIECES_HPP

#include <vector>

#include "program.hpp"

namespace groq::chip::test {

using state = std::vector<uint8_t>;

inline state save(card &from) {
    state s(groq_chip_save(from.chip.get(), nullptr, 0));
    EXPECT_EQ(groq_chip_save(from.chip.get(), s.data(), s.size()), s.size());
    return s;
}

inline bool load(card &to, const state &s) {
    return groq_chip_load(to.chip.get(), s.data(), s.size());
}

// Runs @card's program on a new chip in every cycle.
inline groq_completion run_in_pieces(program_card &card) {
    card.queue.last_index = card.queue.push(card.build());
    card.queue.ring();
    groq_chip_work(card.chip.get(), GROQ_ENGINE_COPY, 1);
    while (groq_chip_work(card.chip.get(), GROQ_ENGINE_PROGRAM, 1)) {
        state s = save(card);
        card.put_new_chip();
        EXPECT_TRUE(load(card, s));
        EXPECT_EQ(save(card), s);
    }
    card.queue.acknowledge();
    return card.queue.reap().value_or(groq_completion{});
}

} // namespace groq::chip::test

#endif
