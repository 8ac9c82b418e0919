// SPDX-License-Identifier: MIT
#include "instruction_queue.hpp"

namespace groq::chip {

// Nop and Repeat have 16 bits.
constexpr uint64_t longest_repeat = 0xffff;
// What deskews and awaits may come to, and more.
constexpr uint64_t furthest_wait = uint64_t{1} << 62;

void instruction_queue::start(uint32_t count) {
    text.clear();
    state = queue_state::running;
    is_repeatable = false;
    superlanes = GROQ_TILES;
    remaining = count;
    repetition = repetitions = 0;
    next_issue = 0;
    second_half = ~uint64_t{0};
}

void instruction_queue::serialize(archive &a, uint32_t icu, uint64_t position) {
    a.value(state);
    a.require(state <= queue_state::awaiting);
    if (state == queue_state::unused)
        return;
    text.serialize(a, position, takes_text());
    a.below(superlanes, GROQ_TILES + 1);
    a.values(source.word, source.address, is_repeatable, remaining, repetition,
             repetitions, interval, next_issue, second_half);
    a.require(!a.is_loading() || restore(icu, position));
}

bool instruction_queue::restore_await(uint32_t icu, uint64_t position) {
    return decode(source.word, icu, current) && current.opcode == GROQ_OPCODE_AWAIT &&
           !is_repeating() &&
           (next_issue == ~uint64_t{0} || next_issue - position <= furthest_wait);
}

// Decodes what is still needed. False when a queue could not have come to this.
bool instruction_queue::restore(uint32_t icu, uint64_t position) {
    bool fetches = second_half == position;
    bool may_repeat = is_repeating() || is_repeatable;
    if (second_half > position && second_half != ~uint64_t{0})
        return false;
    if (repetition > repetitions || repetitions > longest_repeat)
        return false;
    if ((may_repeat || fetches) && !decode(source.word, icu, current))
        return false;
    if (fetches && current.opcode != GROQ_OPCODE_IFETCH)
        return false;
    if (may_repeat && (superlanes == 0 || !is_unit_instruction(current.opcode)))
        return false;
    if (state == queue_state::awaiting)
        return restore_await(icu, position);
    return state != queue_state::running ||
           (next_issue - position <= furthest_wait && !is_exhausted());
}

} // namespace groq::chip
