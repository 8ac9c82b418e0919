// SPDX-License-Identifier: MIT
// What one instruction queue (ICU) is at: its text, the instruction that it
// issued last, and when it goes on. The sequencer moves it.
#ifndef GROQ_CHIP_INSTRUCTION_QUEUE_HPP
#define GROQ_CHIP_INSTRUCTION_QUEUE_HPP

#include "archive.hpp"
#include "decoder.hpp"
#include "issue.hpp"
#include "text_queue.hpp"

namespace groq::chip {

// awaiting: parked by Await; next_issue says when it is over, once that is known.
enum class queue_state : uint8_t { unused, running, parked, finished, awaiting };

struct instruction_queue {
    // For a launch entry of @count instructions; the text is loaded by itself.
    void start(uint32_t count);

    bool is_repeating() const { return repetition < repetitions; }
    // Nothing is left of the launch's count.
    bool is_exhausted() const { return remaining == 0 && !is_repeating(); }
    bool takes_text() const {
        return state == queue_state::running || state == queue_state::parked ||
               state == queue_state::awaiting;
    }

    // Of the instruction issued last; this is queue @icu.
    origin origin_of(uint32_t icu) const { return {icu, source.address, source.word}; }

    // @position: the next cycle; what the queue waits for lies in its future.
    void serialize(archive &a, uint32_t icu, uint64_t position);

    text_queue text;
    text_queue::entry source; // of the instruction issued last
    instruction current{};    // the same, decoded
    queue_state state = queue_state::unused;
    bool is_repeatable = false;       // it may be followed by Repeat
    uint32_t superlanes = GROQ_TILES; // of its unit that have power
    uint32_t remaining = 0;           // instructions of the launch's count
    uint32_t repetition = 0;          // of the current instruction, from 1
    uint32_t repetitions = 0;         // asked for
    uint32_t interval = 0;            // between them
    uint64_t next_issue = 0;
    uint64_t second_half = 0; // when an Ifetch reads its second word

private:
    bool restore(uint32_t icu, uint64_t position);
    bool restore_await(uint32_t icu, uint64_t position);
};

} // namespace groq::chip

#endif
