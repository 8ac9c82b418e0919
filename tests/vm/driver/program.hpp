// SPDX-License-Identifier: MIT
// Programs made by hand from the instruction table, for RUN commands.
#ifndef GROQ_TESTS_VM_DRIVER_PROGRAM_HPP
#define GROQ_TESTS_VM_DRIVER_PROGRAM_HPP

#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

#include <hw/groq_isa.h>
#include <hw/groq_queue.h>
#include <hw/groq_sram.h>

namespace groq::test {

using instruction = std::array<std::uint8_t, GROQ_INSTRUCTION_BYTES>;

// Where the fields of a format lie: field::REPEAT::times and so on.
struct field_place {
    unsigned int low, bits;
};
namespace field {
#define GROQ_TEST_FIELD(name, low, bits, kind)                                         \
    inline constexpr field_place name{low, bits};
namespace NOP {
GROQ_FORMAT_NOP(GROQ_TEST_FIELD)
}
namespace IFETCH {
GROQ_FORMAT_IFETCH(GROQ_TEST_FIELD)
}
namespace REPEAT {
GROQ_FORMAT_REPEAT(GROQ_TEST_FIELD)
}
namespace MEMORY {
GROQ_FORMAT_MEMORY(GROQ_TEST_FIELD)
}
namespace UNARY {
GROQ_FORMAT_UNARY(GROQ_TEST_FIELD)
}
#undef GROQ_TEST_FIELD
} // namespace field

struct field_value {
    field_place place;
    std::uint64_t value;
};

template <typename... values>
instruction encode(groq_opcode opcode, values... fields) {
    instruction code{static_cast<std::uint8_t>(opcode)};
    [[maybe_unused]] auto put = [&code](field_value field) {
        for (unsigned int bit = 0; bit < field.place.bits; ++bit)
            if (field.value >> bit & 1)
                code[(field.place.low + bit) / 8] |= 1u << (field.place.low + bit) % 8;
    };
    (put(fields), ...);
    return code;
}

inline instruction nop(std::uint64_t cycles) {
    return encode(GROQ_OPCODE_NOP, field_value{field::NOP::cycles, cycles});
}
inline instruction ifetch(std::uint64_t text) {
    return encode(GROQ_OPCODE_IFETCH, field_value{field::IFETCH::text, text});
}
inline instruction repeat(std::uint64_t times, std::uint64_t interval) {
    return encode(GROQ_OPCODE_REPEAT, field_value{field::REPEAT::times, times},
                  field_value{field::REPEAT::interval, interval});
}
inline instruction read_word(std::uint64_t word, std::uint64_t stream) {
    return encode(GROQ_OPCODE_READ, field_value{field::MEMORY::stream, stream},
                  field_value{field::MEMORY::word, word});
}
inline instruction write_word(std::uint64_t word, std::uint64_t stream) {
    return encode(GROQ_OPCODE_WRITE, field_value{field::MEMORY::stream, stream},
                  field_value{field::MEMORY::word, word});
}
// An operation without effect, which unlike a nop can be repeated.
inline instruction idle() {
    return encode(GROQ_OPCODE_COPY,
                  field_value{field::UNARY::target, GROQ_OPERAND_NONE},
                  field_value{field::UNARY::a, GROQ_OPERAND_IMMEDIATE});
}

// An image to be copied to SRAM at an address: launch table, then text.
struct image {
    std::uint64_t address; // of the launch table, which comes first
    std::uint32_t entries = 0;
    std::vector<std::uint8_t> bytes;
};

struct queue_text {
    unsigned int icu;
    std::vector<instruction> code; // at most GROQ_TEXT_INSTRUCTIONS
};

// `address` is an even word of a slice, with room for the whole image there.
inline image assemble(std::uint64_t address, const std::vector<queue_text> &queues) {
    image made{address, static_cast<std::uint32_t>(queues.size()), {}};
    std::size_t table = (queues.size() * sizeof(groq_launch) + GROQ_TEXT_BYTES - 1) /
                        GROQ_TEXT_BYTES * GROQ_TEXT_BYTES;
    made.bytes.resize(table + queues.size() * GROQ_TEXT_BYTES);
    for (std::size_t i = 0; i < queues.size(); ++i) {
        std::size_t text = table + i * GROQ_TEXT_BYTES;
        groq_launch launch{};
        launch.icu = static_cast<__le16>(queues[i].icu);
        launch.text = static_cast<__le32>(address + text);
        launch.count = static_cast<__le32>(queues[i].code.size());
        std::memcpy(&made.bytes[i * sizeof launch], &launch, sizeof launch);
        std::memcpy(&made.bytes[text], queues[i].code.data(),
                    queues[i].code.size() * sizeof(instruction));
    }
    return made;
}

// Runs for about `blocks` times 1.2 million cycles, one operation in each: ALU 0
// repeats itself and fetches block after block. For jobs that are not to end.
inline image assemble_long(std::uint64_t address, std::uint32_t blocks) {
    constexpr int pairs = (GROQ_TEXT_INSTRUCTIONS - 2) / 2;
    std::vector<instruction> block{nop(1), ifetch(0)};
    for (int i = 0; i < pairs; ++i) {
        block.push_back(idle());
        block.push_back(repeat(65535, 1));
    }
    image made = assemble(address, {{GROQ_ICU_VXM(0), block}});
    std::uint64_t first = address + made.bytes.size() - GROQ_TEXT_BYTES;
    made.bytes.resize(made.bytes.size() + std::size_t{blocks} * GROQ_TEXT_BYTES);
    for (std::uint32_t i = 0; i < blocks; ++i) {
        // The last block but one fetches a block that does not count.
        block[1] = ifetch(first + (i + 1) * GROQ_TEXT_BYTES);
        std::memcpy(&made.bytes[first - address + i * GROQ_TEXT_BYTES], block.data(),
                    GROQ_TEXT_BYTES);
    }
    groq_launch launch;
    std::memcpy(&launch, made.bytes.data(), sizeof launch);
    launch.count = static_cast<__le32>(blocks * GROQ_TEXT_INSTRUCTIONS);
    std::memcpy(made.bytes.data(), &launch, sizeof launch);
    return made;
}

} // namespace groq::test

#endif
