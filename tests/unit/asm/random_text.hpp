// SPDX-License-Identifier: MIT
// Programs of random text, as it comes: queues that fetch, repeat, park, starve and
// overflow, with text in the slices that some of them read.
#pragma once

#include <random>
#include <set>

#include "asm/bytes.hpp"
#include "asm/program_builder.hpp"
#include "asm/queue.hpp"

namespace groq::assembly::test {

class random_text {
public:
    explicit random_text(unsigned seed) : random_(seed) {
        for (const unsigned slice : slices)
            for (const unsigned bank : {0U, 1U})
                builder_.reserve(address_of(slice, data_word(bank)), GROQ_VECTOR_BYTES);
        const unsigned queues = 1 + below(5);
        std::vector<std::byte> table;
        for (unsigned i = 0; i < queues; ++i)
            append(table, launch(i));
        builder_.add_segment(section(address_of(0, 0), std::move(table)));
        builder_.add_entry(
            {"main", GROQ_ENTRY_MONOLITHIC, address_of(0, 0), queues, 0});
    }

    program link() { return builder_.link(); }

private:
    static constexpr unsigned chunks = 5; // of a queue's text
    static constexpr unsigned text_words = GROQ_TEXT_BYTES / GROQ_VECTOR_BYTES;
    static constexpr unsigned slices[] = {40, 41, 50};

    static constexpr unsigned data_word(unsigned bank) {
        return bank * GROQ_BANK_WORDS + 4000;
    }

    std::uint32_t below(std::uint32_t limit) {
        return static_cast<std::uint32_t>(random_() % limit);
    }
    bool rarely() { return below(150) == 0; }

    static segment section(std::uint32_t address, std::vector<std::byte> bytes) {
        const auto size = static_cast<std::uint32_t>(bytes.size());
        return {".text", address, std::move(bytes), size, true, false};
    }

    groq_launch launch(unsigned number) {
        const unsigned slice = slices[below(std::size(slices))];
        const unsigned word = number * chunks * text_words + below(2) * GROQ_BANK_WORDS;
        const std::uint32_t address = address_of(slice, word);
        const unsigned icu = any_queue();
        std::vector<std::byte> bytes;
        for (unsigned chunk = 0; chunk < chunks; ++chunk)
            add_chunk(bytes, icu, address, chunk);
        builder_.add_segment(section(address, std::move(bytes)));
        return {static_cast<std::uint16_t>(icu), 0, address,
                1 + below(chunks * GROQ_TEXT_INSTRUCTIONS), 0};
    }

    unsigned any_queue() {
        while (true) {
            const unsigned icu = below(4) == 0 ? slices[below(std::size(slices))]
                                               : GROQ_ICU_VXM(below(6));
            if (queues_.insert(icu).second)
                return icu;
        }
    }

    // Most fetch the next one soon.
    void add_chunk(std::vector<std::byte> &bytes, unsigned icu, std::uint32_t address,
                   unsigned chunk) {
        const unsigned next = chunk + 1 + (rarely() ? 1 : 0);
        last_was_unit_ = false;
        const unsigned where = below(GROQ_TEXT_INSTRUCTIONS / 2);
        for (unsigned i = 0; i < GROQ_TEXT_INSTRUCTIONS; ++i) {
            const bool fetches = i == where ? !rarely() : rarely();
            const auto text = address + next % chunks * GROQ_TEXT_BYTES;
            append(bytes, to_bytes(fetches ? fetch(text) : any_instruction(icu)));
        }
    }

    instruction fetch(std::uint32_t text) {
        last_was_unit_ = false;
        return make<GROQ_OPCODE_IFETCH>({text});
    }

    instruction any_instruction(unsigned icu) {
        if (last_was_unit_ && below(3) == 0)
            return repeat();
        last_was_unit_ = rarely() && rarely();
        if (rarely() && rarely())
            return {random_(), random_()};
        switch (below(12)) {
        case 0:
        case 1:
            return make<GROQ_OPCODE_NOP>({1 + below(20)});
        case 2:
            return rarely() ? make<GROQ_OPCODE_SYNC>() : make<GROQ_OPCODE_NOP>();
        case 3:
            return make<GROQ_OPCODE_NOTIFY>();
        case 4:
            return make<GROQ_OPCODE_CONFIG>({rarely() ? 0 : 1 + below(GROQ_TILES)});
        default:
            return unit_instruction(icu);
        }
    }

    instruction repeat() {
        last_was_unit_ = false;
        return make<GROQ_OPCODE_REPEAT>({1 + below(8), 1 + below(4)});
    }

    instruction unit_instruction(unsigned icu) {
        last_was_unit_ = true;
        if (kind_of(icu) == queue_kind::VXM)
            return make<GROQ_OPCODE_COPY>(
                {.type = GROQ_TYPE_I8, .a = GROQ_OPERAND_IMMEDIATE, .immediate = 1});
        return make<GROQ_OPCODE_READ>({.stream = below(8) + 8 * (icu % 8),
                                       .word = data_word(below(2)),
                                       .step = rarely() ? -1 : 0});
    }

    std::mt19937 random_;
    program_builder builder_;
    std::set<unsigned> queues_;
    bool last_was_unit_ = false;
};

} // namespace groq::assembly::test
