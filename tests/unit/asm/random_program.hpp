// SPDX-License-Identifier: MIT
// Programs of random instructions of every unit. Mostly sensible: what an instruction
// samples is read from slices upstream so that it arrives in time, or nearly.
#pragma once

#include <algorithm>
#include <map>
#include <random>

#include "asm/effect.hpp"
#include "asm/program_builder.hpp"
#include "asm/queue.hpp"
#include "random_instruction.hpp"

namespace groq::assembly::test {

class random_program {
public:
    explicit random_program(unsigned seed) : random_(seed) {
        for (unsigned slice = 0; slice < slice_count; slice += spacing)
            for (const unsigned bank : {0U, 1U})
                builder_.add_data("data", address_of(slice, bank * GROQ_BANK_WORDS),
                                  words());
        place(control_queue(2), 0, make<GROQ_OPCODE_CONFIG>({GROQ_TILES}), 0);
        const unsigned operations = 4 + below(12);
        for (unsigned i = 0; i < operations; ++i)
            add_operation();
        if (below(3) == 0)
            add_config();
        if (below(4) == 0)
            add_sync();
    }

    program link() { return builder_.link(); }

private:
    // Of the slices that are used.
    static constexpr unsigned spacing = 3;
    // Of each bank: words that stay zero, that are written, that name each lane itself.
    static constexpr unsigned zero_words = 4;
    static constexpr unsigned data_words = 8;
    static constexpr unsigned identity_word = 8;
    // Streams that carry nothing else than numbers of lanes and words.
    static constexpr unsigned identity_stream = 28;
    static constexpr unsigned zero_stream = 30;
    // Before it are reads for what issues from then on.
    static constexpr unsigned first_cycle = 60;

    static std::vector<std::byte> words() {
        std::vector<std::byte> bytes((identity_word + 2) * GROQ_VECTOR_BYTES);
        for (unsigned lane = 0; lane < GROQ_LANES; ++lane)
            for (const unsigned byte : {0U, 1U})
                bytes[(identity_word + byte) * GROQ_VECTOR_BYTES + lane] =
                    static_cast<std::byte>(lane >> 8 * byte);
        return bytes;
    }

    std::uint32_t below(std::uint32_t limit) {
        return static_cast<std::uint32_t>(random_() % limit);
    }
    // One in sixty is out of place.
    std::uint64_t nearly(std::uint64_t cycle) {
        return cycle + (below(60) == 0 ? 1 : 0);
    }
    unsigned any_slice() {
        return spacing * below((slice_count + spacing - 1) / spacing);
    }
    unsigned any_word(unsigned limit) {
        return below(2) * GROQ_BANK_WORDS + below(limit);
    }

    // Two instructions in one cycle of a queue are no program at all.
    bool take(unsigned icu, std::uint64_t cycle, std::uint32_t times) {
        for (std::uint32_t i = 0; i <= times; ++i)
            if (taken_.contains({icu, cycle + i}))
                return false;
        for (std::uint32_t i = 0; i <= times; ++i)
            taken_[{icu, cycle + i}] = true;
        return true;
    }

    bool place(unsigned icu, std::uint64_t cycle, const instruction &code,
               std::uint32_t times) {
        const bool free = take(icu, cycle, times);
        if (free)
            plan_.at(cycle, icu, code, {times, 1});
        return free;
    }

    void add_operation() {
        const operation &op =
            operations()[below(static_cast<std::uint32_t>(operations().size()))];
        if (op.queue == queue_kind::ANY || op.opcode == GROQ_OPCODE_ACC)
            return; // those have places of their own
        if (op.queue == queue_kind::C2C)
            return; // there is no other chip
        const unsigned icu = any_queue(op);
        const instruction code = any_code(op, icu);
        const std::uint64_t cycle = first_cycle + below(40);
        const std::uint32_t times = takes_longer(code) ? 0 : below(3);
        if (!place(icu, cycle, code, times))
            return;
        supply_results(cycle, code);
        for (const stream_use &use : stream_uses(code))
            if (use.drive)
                consume(icu, cycle, use, times);
            else
                supply(icu, cycle, use, times);
        if (op.opcode == GROQ_OPCODE_ABC)
            accumulate(icu + 1, cycle + GROQ_DELAY_MXM_MULTIPLY, code, times);
    }

    // Than the cycle to the next one.
    bool takes_longer(const instruction &code) {
        return (code.opcode() == GROQ_OPCODE_IW ||
                (code.opcode() == GROQ_OPCODE_ABC &&
                 get(code, "type") == GROQ_TYPE_F16)) &&
               below(20) != 0;
    }

    unsigned any_queue(const operation &op) {
        unsigned icu = 0;
        do
            icu = below(GROQ_ICUS_ALL);
        while (!executes(icu, op) || (icu < slice_count && icu % spacing != 0));
        return icu;
    }

    // Legal, of streams that slices can supply and that leave the maps alone.
    instruction any_code(const operation &op, unsigned icu) {
        instruction code;
        do {
            code = random_near_legal(op, random_);
            if (!defect(code).empty())
                continue;
            for (const field &f : op.fields)
                set(code, f, tamed(op, f, icu, code));
        } while (code.opcode() != op.opcode || !defect(code).empty() ||
                 !violation(code, icu).empty() || touches_maps(code));
        return code;
    }

    std::int64_t tamed(const operation &op, const field &f, unsigned icu,
                       const instruction &code) {
        const std::int64_t value = get(code, f);
        if (f.name.ends_with("step"))
            return 0;
        if (f.name.ends_with("word") || f.name == "base")
            return f.name == "write_word" && below(20) != 0
                       ? other_bank(code)
                       : any_word(f.name == "base" ? zero_words : data_words);
        if (f.name == "map")
            return inward(icu, op.opcode == GROQ_OPCODE_PERMUTE ? identity_stream
                                                                : zero_stream);
        if (f.kind == field_kind::STREAM && f.name != "to" && !is_driven(op, f))
            return inward(icu, static_cast<unsigned>(value) & GROQ_STREAM_NUMBER);
        if (f.kind == field_kind::OPERAND &&
            (value & GROQ_OPERAND_KIND) == GROQ_OPERAND_ALU && below(4) != 0)
            return GROQ_OPERAND_IMMEDIATE;
        return value;
    }

    // Than the read, which comes first.
    unsigned other_bank(const instruction &code) {
        const auto word = static_cast<unsigned>(get(code, "read_word"));
        return (1 - bank_of(word)) * GROQ_BANK_WORDS + zero_words + below(4);
    }

    static bool is_driven(const operation &op, const field &f) {
        return f.name == "read_stream" || op.opcode == GROQ_OPCODE_READ ||
               op.opcode == GROQ_OPCODE_GATHER || op.opcode == GROQ_OPCODE_ACC;
    }

    // A stream that comes from slices to the unit.
    std::int64_t inward(unsigned icu, unsigned number) {
        const int position = position_of(icu);
        const bool from_either = position == GROQ_POSITION_VXM;
        const bool is_west = from_either ? below(2) != 0 : position < 0;
        return is_west ? west(number) : east(number);
    }

    static bool touches_maps(const instruction &code) {
        return std::ranges::any_of(stream_uses(code), [](const stream_use &use) {
            const unsigned first = use.stream & GROQ_STREAM_NUMBER;
            const bool is_map = first >= identity_stream && use.count <= 2;
            return first + use.count > identity_stream && (use.drive || !is_map);
        });
    }

    // To the ALUs that it reads, mostly of its type.
    void supply_results(std::uint64_t cycle, const instruction &code) {
        for (const field &f : code.find_operation()->fields) {
            const auto operand = static_cast<unsigned>(get(code, f));
            if (f.kind != field_kind::OPERAND ||
                (operand & GROQ_OPERAND_KIND) != GROQ_OPERAND_ALU)
                continue;
            const std::int64_t type =
                below(20) != 0 ? get(code, "type") : below(GROQ_TYPES);
            place(GROQ_ICU_VXM(operand & GROQ_OPERAND_NUMBER),
                  cycle - GROQ_DELAY_VXM_OP - below(4) + below(20) / 19,
                  make<GROQ_OPCODE_COPY>({.type = type, .a = GROQ_OPERAND_IMMEDIATE}),
                  0);
        }
    }

    void supply(unsigned icu, std::uint64_t cycle, const stream_use &use,
                std::uint32_t times) {
        for (unsigned i = 0; i < use.count; ++i)
            for (int attempt = 0; attempt < 8; ++attempt)
                if (read(icu, cycle, use.stream + i, times))
                    break;
    }

    bool read(unsigned icu, std::uint64_t cycle, unsigned stream, std::uint32_t times) {
        const unsigned slice = any_slice();
        const bool is_west = (stream & GROQ_STREAM_IS_WEST) != 0;
        const int way = (position_of(icu) - position_of(slice)) * (is_west ? -1 : 1);
        if (way < 0)
            return false;
        const std::uint64_t before =
            static_cast<unsigned>(way) * GROQ_DELAY_HOP + GROQ_DELAY_MEM_READ;
        return place(slice, nearly(cycle - before),
                     make<GROQ_OPCODE_READ>({stream, word_for(stream)}), times);
    }

    unsigned word_for(unsigned stream) {
        const unsigned number = stream & GROQ_STREAM_NUMBER;
        if (number < identity_stream)
            return any_word(data_words);
        if (number >= zero_stream)
            return any_word(zero_words);
        return below(2) * GROQ_BANK_WORDS + identity_word + number - identity_stream;
    }

    void consume(unsigned icu, std::uint64_t cycle, const stream_use &use,
                 std::uint32_t times) {
        const unsigned slice = any_slice();
        const unsigned stream = use.stream + below(use.count);
        const bool is_west = (stream & GROQ_STREAM_IS_WEST) != 0;
        const int way = (position_of(slice) - position_of(icu)) * (is_west ? -1 : 1);
        if (way < 0)
            return;
        const std::uint64_t arrival =
            cycle + use.delay + static_cast<unsigned>(way) * GROQ_DELAY_HOP;
        place(slice, nearly(arrival),
              make<GROQ_OPCODE_WRITE>(
                  {stream, below(2) * GROQ_BANK_WORDS + zero_words + below(4)}),
              times);
    }

    void accumulate(unsigned icu, std::uint64_t cycle, const instruction &abc,
                    std::uint32_t times) {
        const bool pairs = get(abc, "type") == GROQ_TYPE_F16;
        const bool emits = below(2) != 0;
        const unsigned streams = 4 * below(7);
        const unsigned home = position_of(icu) < 0 ? east(streams) : west(streams);
        place(icu, nearly(cycle),
              make<GROQ_OPCODE_ACC>({.stream = emits ? home : 0,
                                     .add = below(2),
                                     .emit = emits,
                                     .type = pairs ? GROQ_TYPE_F32 : GROQ_TYPE_I32,
                                     .entry = below(8)}),
              times);
    }

    // One that has no unit.
    static constexpr unsigned control_queue(unsigned n) {
        return GROQ_ICU_SXM(GROQ_EAST, 11 + n);
    }

    // A queue of any other but a slice.
    unsigned some_unit() {
        unsigned icu;
        do
            icu = slice_count + below(GROQ_ICUS - slice_count);
        while (kind_of(icu) == queue_kind::SXM);
        return icu;
    }

    // Not of slices, which may have numbers of lanes to read.
    void add_config() {
        const unsigned icu = some_unit();
        place(icu, first_cycle - 1 - below(10),
              make<GROQ_OPCODE_CONFIG>({below(6) == 0 ? 0 : 1 + below(GROQ_TILES)}), 0);
    }

    // Released before any operation issues; or never, in a queue that has no other.
    void add_sync() {
        const bool is_released = below(10) != 0;
        const unsigned icu = is_released ? some_unit() : control_queue(0);
        place(icu, below(5), make<GROQ_OPCODE_SYNC>(), 0);
        if (is_released)
            place(control_queue(1), below(10), make<GROQ_OPCODE_NOTIFY>(), 0);
    }

    std::mt19937 random_;
    program_builder builder_;
    schedule &plan_ = builder_.add_entry("main");
    std::map<std::pair<unsigned, std::uint64_t>, bool> taken_;
};

} // namespace groq::assembly::test
