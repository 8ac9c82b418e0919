// SPDX-License-Identifier: MIT
//
// Words that are read before anything filled them: they hold what the program before
// left there, so the answer would depend on it.
#include "asm/check.hpp"

#include <algorithm>

#include "asm/queue.hpp"

namespace groq::assembly {

filled_words::filled_words(const program &source)
    : filled_(std::size_t{slice_count} * GROQ_SLICE_WORDS) {
    for (const segment &s : source.segments)
        for (std::uint64_t at = s.address; at < s.end(); at += GROQ_VECTOR_BYTES)
            fill(at);
    for (const tensor &t : source.tensors)
        if (t.direction == GROQ_TENSOR_INPUT)
            for_each_word(t, [&](std::uint64_t address) { fill(address); });
}

void filled_words::fill(std::uint64_t address) {
    if (address / GROQ_VECTOR_BYTES < filled_.size())
        filled_[address / GROQ_VECTOR_BYTES] = true;
}

// What is written in the same cycle does no harm here: it would be in the same bank.
void filled_words::visit(const issue &now, findings &found) {
    for (const word_use &use : word_uses(now.icu, now.code)) {
        if (use.slice >= slice_count)
            continue;
        if (use.write)
            std::fill_n(filled_.begin() + static_cast<std::ptrdiff_t>(use.first()),
                        use.count, true);
        else if (use.is_known() && !filled_[use.first()])
            found.warn(now.icu, now.cycle,
                       "reads word " + std::to_string(use.word) +
                           ", which nothing has filled");
    }
}

void filled_words::finish(const program &source, std::vector<diagnostic> &found) const {
    for (const tensor &t : source.tensors) {
        std::size_t empty = 0;
        for_each_word(t, [&](std::uint64_t address) {
            const std::uint64_t word = address / GROQ_VECTOR_BYTES;
            empty += word >= filled_.size() || !filled_[word] ? 1 : 0;
        });
        if (empty != 0)
            found.push_back({false, "", GROQ_FAULT_NO_UNIT, 0,
                             "tensor " + t.name + ": nothing writes " +
                                 std::to_string(empty) + " of its words"});
    }
}

} // namespace groq::assembly
