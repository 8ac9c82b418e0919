// SPDX-License-Identifier: MIT
//
// Words between SRAM and the streams, by the time at which they pass a unit.
#pragma once

#include <cstdint>

#include "asm/queue.hpp"
#include "asm/schedule.hpp"

namespace groq::ops {

// Where a run of words begins; it goes on into the slices that follow.
struct word_place {
    unsigned slice; // 0..87
    unsigned word;

    word_place operator+(unsigned words) const {
        return {slice + (word + words) / GROQ_SLICE_WORDS,
                (word + words) % GROQ_SLICE_WORDS};
    }
    std::uint32_t address() const { return assembly::address_of(slice, word); }
};

// How many vectors, and how many cycles apart.
struct vector_run {
    unsigned count;
    unsigned interval = 1;
};

// Where and when vectors pass: the first of a run.
struct passage {
    int position; // GROQ_POSITION_*, west negative
    std::uint64_t cycle;
};

class transfers {
public:
    explicit transfers(assembly::schedule &out) : out_(out) {}

    // Words that follow one another, so that the first is on the stream at the passage.
    void read(word_place from, vector_run run, unsigned stream, passage to);
    // One word again and again.
    void read_same(word_place from, vector_run run, unsigned stream, passage to);
    // What passes there goes to words that follow one another.
    void write(word_place to, vector_run run, unsigned stream, passage from);

private:
    assembly::schedule &out_;
};

} // namespace groq::ops
