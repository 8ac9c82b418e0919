// SPDX-License-Identifier: MIT
//
// What an instruction does to streams and SRAM, and when, by the delays of
// hw/groq_isa.h.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "asm/instruction.hpp"
#include "hw/groq_sram.h"

namespace groq::assembly {

struct stream_use {
    unsigned stream; // first of `count`, with its direction
    unsigned count;
    unsigned delay; // cycles after the issue
    bool drive;     // or sample
};

// One of the words [word, word + count) in each tile: which one, only a gather or
// scatter leaves to its map.
struct word_use {
    unsigned slice;
    unsigned word;
    unsigned count;
    unsigned delay;
    bool write; // or read

    bool is_known() const { return count == 1; }
    // Of all the words of SRAM.
    std::size_t first() const { return std::size_t{slice} * GROQ_SLICE_WORDS + word; }
};

// A few of something, without an allocation.
template <class T>
class few {
public:
    void add(const T &item) { items_[size_++] = item; }
    const T *begin() const { return items_.data(); }
    const T *end() const { return begin() + size_; }

private:
    std::array<T, 5> items_{};
    std::size_t size_ = 0;
};

few<stream_use> stream_uses(const instruction &code);

// `icu` is the queue, which for MEM says the slice.
few<word_use> word_uses(unsigned icu, const instruction &code);

} // namespace groq::assembly
