// SPDX-License-Identifier: MIT
//
// A program for the chip, made instruction by instruction.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <groq_isa.h>
#include <groq_queue.h>
#include <groq_sram.h>

namespace bench {

struct instruction_field {
    unsigned lowest;
    unsigned bits;
};

// The fields of each format, by the names of the instruction table.
namespace field {
#define BENCH_FIELD(name, lowest, bits, kind)                                          \
    inline constexpr instruction_field name{lowest, bits};
// clang-format off
namespace nop { GROQ_FORMAT_NOP(BENCH_FIELD) }
namespace ifetch { GROQ_FORMAT_IFETCH(BENCH_FIELD) }
namespace repeat { GROQ_FORMAT_REPEAT(BENCH_FIELD) }
namespace memory { GROQ_FORMAT_MEMORY(BENCH_FIELD) }
namespace load_weights { GROQ_FORMAT_LOAD_WEIGHTS(BENCH_FIELD) }
namespace activate { GROQ_FORMAT_ACTIVATE(BENCH_FIELD) }
namespace accumulate { GROQ_FORMAT_ACCUMULATE(BENCH_FIELD) }
// clang-format on
#undef BENCH_FIELD
} // namespace field

// No field crosses the middle of the 16 bytes.
class instruction {
public:
    explicit instruction(groq_opcode opcode) : half_{opcode, 0} {}

    instruction with(instruction_field field, std::uint64_t value) const {
        instruction next = *this;
        const std::uint64_t mask = ~std::uint64_t{0} >> (64 - field.bits);
        next.half_[field.lowest / 64] |= (value & mask) << (field.lowest % 64);
        return next;
    }

private:
    std::uint64_t half_[2];
};
static_assert(sizeof(instruction) == GROQ_INSTRUCTION_BYTES &&
              std::endian::native == std::endian::little);

inline instruction nop(unsigned cycles) {
    return instruction(GROQ_OPCODE_NOP).with(field::nop::cycles, cycles);
}

inline instruction repeat(unsigned times, unsigned interval = 1) {
    return instruction(GROQ_OPCODE_REPEAT)
        .with(field::repeat::times, times)
        .with(field::repeat::interval, interval);
}

using text = std::vector<instruction>;

// Puts a program into SRAM, queue by queue.
class program_writer {
public:
    explicit program_writer(std::span<std::byte> sram) : sram_(sram) {}

    // The text of queue `icu`, from `address` (an even word) on. One that is longer
    // than a queue is given at its launch fetches the rest itself; then no repeat
    // may stand where a block begins.
    void add_queue(unsigned icu, std::uint32_t address, const text &instructions);

    // The launch table. Returns its entries.
    unsigned add_table(std::uint32_t address);

private:
    void write(std::uint32_t address, const void *data, std::size_t bytes);

    std::span<std::byte> sram_;
    std::vector<groq_launch> table_;
};

} // namespace bench
