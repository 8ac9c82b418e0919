// SPDX-License-Identifier: MIT
// Programs for tests: instructions per queue, laid out in SRAM and run through
// the chip's queues. The encodings come from the same table as everything.
#ifndef GROQ_TESTS_CHIP_PROGRAM_HPP
#define GROQ_TESTS_CHIP_PROGRAM_HPP

#include <map>

#include "card.hpp"
#include "chip/instruction.hpp"

namespace groq::chip::test {

using words = std::vector<instruction_word>;

constexpr uint32_t east(uint32_t n) {
    return GROQ_STREAM_EAST(n);
}
constexpr uint32_t west(uint32_t n) {
    return GROQ_STREAM_WEST(n);
}
constexpr uint32_t alu(uint32_t n) {
    return GROQ_OPERAND_ALU | n;
}
constexpr uint32_t immediate = GROQ_OPERAND_IMMEDIATE;
constexpr uint32_t nowhere = GROQ_OPERAND_NONE;

inline instruction_word nop(uint32_t cycles) {
    return encode(GROQ_OPCODE_NOP, nop_fields{cycles});
}
inline instruction_word ifetch(uint32_t text) {
    return encode(GROQ_OPCODE_IFETCH, ifetch_fields{text});
}
inline instruction_word sync() {
    return encode(GROQ_OPCODE_SYNC, none_fields{});
}
inline instruction_word notify() {
    return encode(GROQ_OPCODE_NOTIFY, none_fields{});
}
inline instruction_word repeat(uint32_t times, uint32_t interval = 1) {
    return encode(GROQ_OPCODE_REPEAT, repeat_fields{times, interval});
}
inline instruction_word config(uint32_t superlanes) {
    return encode(GROQ_OPCODE_CONFIG, config_fields{superlanes});
}
inline instruction_word read(uint32_t word, uint32_t stream, int32_t step = 0) {
    return encode(GROQ_OPCODE_READ, memory_fields{stream, word, step});
}
inline instruction_word write(uint32_t word, uint32_t stream, int32_t step = 0) {
    return encode(GROQ_OPCODE_WRITE, memory_fields{stream, word, step});
}
inline instruction_word read_write(uint32_t read_word, uint32_t read_stream,
                                   uint32_t write_word, uint32_t write_stream,
                                   int32_t read_step = 0, int32_t write_step = 0) {
    return encode(GROQ_OPCODE_READ_WRITE,
                  memory_pair_fields{read_stream, read_word, read_step, write_stream,
                                     write_word, write_step});
}
inline instruction_word gather(uint32_t stream, uint32_t base, uint32_t map) {
    return encode(GROQ_OPCODE_GATHER, indirect_fields{stream, base, map});
}
inline instruction_word scatter(uint32_t stream, uint32_t base, uint32_t map) {
    return encode(GROQ_OPCODE_SCATTER, indirect_fields{stream, base, map});
}
inline instruction_word unary(groq_opcode opcode, uint32_t type, uint32_t target,
                              uint32_t a, uint32_t value = 0) {
    return encode(opcode, unary_fields{type, target, a, value});
}
inline instruction_word binary(groq_opcode opcode, uint32_t type, uint32_t target,
                               uint32_t a, uint32_t b, uint32_t value = 0) {
    return encode(opcode, binary_fields{type, target, a, b, value});
}
inline instruction_word ternary(groq_opcode opcode, uint32_t type, uint32_t target,
                                uint32_t a, uint32_t b, uint32_t condition,
                                uint32_t value = 0) {
    return encode(opcode, ternary_fields{type, target, a, b, condition, value});
}
inline instruction_word convert(uint32_t type, uint32_t to, uint32_t target, uint32_t a,
                                uint32_t value = 0) {
    return encode(GROQ_OPCODE_CONVERT, convert_fields{type, to, target, a, value});
}
inline instruction_word load_weights(uint32_t stream, uint32_t block,
                                     uint32_t step = 0) {
    return encode(GROQ_OPCODE_LW, load_weights_fields{stream, block, step});
}
inline instruction_word stream_weights(uint32_t stream, uint32_t block,
                                       uint32_t step = 0) {
    return encode(GROQ_OPCODE_IW_STREAM, load_weights_fields{stream, block, step});
}
inline instruction_word install() {
    return encode(GROQ_OPCODE_IW, none_fields{});
}
inline instruction_word activate(uint32_t stream, uint32_t type = GROQ_TYPE_I8) {
    return encode(GROQ_OPCODE_ABC, activate_fields{stream, type});
}
// Without @stream nothing is emitted.
inline instruction_word accumulate(uint32_t entry, bool add = false,
                                   std::optional<uint32_t> stream = std::nullopt,
                                   int32_t step = 0, uint32_t type = GROQ_TYPE_I32) {
    return encode(GROQ_OPCODE_ACC,
                  accumulate_fields{stream.value_or(0), add, stream.has_value(), type,
                                    entry, step});
}

inline instruction_word shift(groq_opcode opcode, uint32_t from, uint32_t to,
                              uint32_t type, uint32_t lanes) {
    return encode(opcode, shift_fields{from, to, type, lanes});
}
inline instruction_word select(uint32_t from, uint32_t north, uint32_t south,
                               uint32_t map, uint32_t to, uint32_t type) {
    return encode(GROQ_OPCODE_SELECT, select_fields{from, north, south, map, to, type});
}
inline instruction_word permute(uint32_t from, uint32_t map, uint32_t to,
                                uint32_t type) {
    return encode(GROQ_OPCODE_PERMUTE, rearrange_fields{from, map, to, type});
}
inline instruction_word distribute(uint32_t from, uint32_t map, uint32_t to,
                                   uint32_t type) {
    return encode(GROQ_OPCODE_DISTRIBUTE, rearrange_fields{from, map, to, type});
}
inline instruction_word rotate(uint32_t from, uint32_t to, uint32_t n) {
    return encode(GROQ_OPCODE_ROTATE, rotate_fields{from, to, n});
}
inline instruction_word transpose(uint32_t from, uint32_t to) {
    return encode(GROQ_OPCODE_TRANSPOSE, transpose_fields{from, to});
}

inline instruction_word send(uint32_t stream) {
    return encode(GROQ_OPCODE_SEND, link_stream_fields{stream});
}
inline instruction_word receive(uint32_t stream) {
    return encode(GROQ_OPCODE_RECEIVE, link_stream_fields{stream});
}
inline instruction_word deskew() {
    return encode(GROQ_OPCODE_DESKEW, none_fields{});
}
inline instruction_word transmit() {
    return encode(GROQ_OPCODE_TRANSMIT, none_fields{});
}
inline instruction_word await(uint32_t link, uint32_t number) {
    return encode(GROQ_OPCODE_AWAIT, await_fields{link, number});
}
inline instruction_word deskew_runtime(uint32_t cycles) {
    return encode(GROQ_OPCODE_DESKEW_RUNTIME, delay_fields{cycles});
}

constexpr uint32_t mem(uint32_t hemisphere, uint32_t slice) {
    return GROQ_ICU_MEM(hemisphere, slice);
}

// A card with a queue that may touch everything, and a program to be run there.
struct program_card : card {
    explicit program_card(uint64_t own_serial = serial, int32_t ppb = 0)
        : card(2 * GROQ_SLICES, 11, own_serial, ppb) {
        queue.open_everything();
    }

    // Appends to the program of queue @icu.
    void add(uint32_t icu, const words &more) {
        words &text = queues[icu];
        text.insert(text.end(), more.begin(), more.end());
    }

    // Where text block @block of queue @icu lies: the launch loads block 0,
    // programs fetch the others.
    static uint32_t text_address(uint32_t icu, uint32_t block) {
        return GROQ_SRAM_ADDRESS(GROQ_WEST, 42, 0) +
               (icu * blocks_per_queue + block) * GROQ_TEXT_BYTES;
    }

    uint8_t *word(uint32_t hemisphere, uint32_t slice, uint32_t number) {
        return sram.get() + GROQ_SRAM_ADDRESS(hemisphere, slice, number);
    }

    // Puts text and launch table into SRAM; the command that runs them.
    groq_command build(uint64_t max_cycles = 1'000'000) {
        uint32_t at = launch_address;
        for (const auto &[icu, text] : queues) {
            std::memcpy(sram.get() + text_address(icu, 0), text.data(),
                        text.size() * sizeof(instruction_word));
            groq_launch entry{};
            entry.icu = static_cast<uint16_t>(icu);
            entry.text = text_address(icu, 0);
            entry.count =
                counts.contains(icu) ? counts[icu] : static_cast<uint32_t>(text.size());
            std::memcpy(sram.get() + at, &entry, sizeof(entry));
            at += sizeof(entry);
        }
        return run_command(launch_address, static_cast<uint32_t>(queues.size()),
                           max_cycles);
    }

    groq_completion run(uint64_t max_cycles = 1'000'000) {
        return queue.execute(build(max_cycles));
    }

    // Runs what must fail; the record.
    groq_fault fault_of_run(uint64_t max_cycles = 1'000'000) {
        EXPECT_EQ(run(max_cycles).status, GROQ_COMPLETION_FAULT);
        return queue.last_fault();
    }

    static constexpr uint32_t blocks_per_queue = 8;
    static constexpr uint32_t launch_address = GROQ_SRAM_ADDRESS(GROQ_WEST, 43, 0);

    driver_queue queue{*this, 1};
    std::map<uint32_t, words> queues;
    std::map<uint32_t, uint32_t> counts; // where not all of the text executes
};

} // namespace groq::chip::test

#endif
