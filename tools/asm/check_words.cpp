// SPDX-License-Identifier: MIT
//
// Words that are read before anything filled them: they hold what the program before
// left there, so the answer would depend on it.
#include "asm/check.hpp"

#include <algorithm>
#include <tuple>

#include "asm/effect.hpp"
#include "asm/queue.hpp"

namespace groq::assembly {
namespace {

constexpr std::size_t sram_words = std::size_t{slice_count} * GROQ_SLICE_WORDS;

struct timed_word {
    std::uint64_t cycle; // in which a write is done, a read happens
    bool write;
    std::size_t word;
    std::size_t count; // it may be one of
    const issue *from;

    std::tuple<std::uint64_t, bool> key() const { return {cycle, !write}; }
};

std::vector<timed_word> words_of(const timeline &run) {
    std::vector<timed_word> words;
    for (const issue &from : run.issues)
        for (const word_use &use : word_uses(from.icu, from.code)) {
            if (use.slice >= slice_count)
                continue;
            const std::uint64_t done = use.write ? GROQ_DELAY_MEM_WRITE : 0;
            words.push_back({from.cycle + use.delay + done, use.write,
                             std::size_t{use.slice} * GROQ_SLICE_WORDS + use.word,
                             use.count, &from});
        }
    std::ranges::sort(words, {}, &timed_word::key);
    return words;
}

} // namespace

filled_words::filled_words(const program &source) : filled_(sram_words) {
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

void filled_words::run(const timeline &run, const std::string &entry,
                       std::vector<diagnostic> &found) {
    for (const timed_word &each : words_of(run)) {
        if (each.write)
            std::fill_n(filled_.begin() + static_cast<std::ptrdiff_t>(each.word),
                        each.count, true);
        else if (each.count == 1 && !filled_[each.word])
            found.push_back({false, entry, each.from->icu, each.from->cycle,
                             "reads word " +
                                 std::to_string(each.word % GROQ_SLICE_WORDS) +
                                 ", which nothing has filled"});
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
