// SPDX-License-Identifier: MIT
// Instructions: their bits and their fields, both ways, from the one table of
// hw/groq_isa.h. Whether a pattern is legal is the decoder's business.
#ifndef GROQ_CHIP_INSTRUCTION_HPP
#define GROQ_CHIP_INSTRUCTION_HPP

#include <cstdint>
#include <type_traits>

#include "hw/groq_isa.h"

namespace groq::chip {

// An instruction as it lies in SRAM: a 128-bit little-endian number.
struct instruction_word {
    uint64_t low;
    uint64_t high;

    bool operator==(const instruction_word &) const = default;
};
static_assert(sizeof(instruction_word) == GROQ_INSTRUCTION_BYTES);

enum class field_kind { COUNT, UINT, SINT, SRAM, STREAM, OPERAND, TARGET, TYPE, BITS };

struct field {
    uint32_t lowest; // bit
    uint32_t bits;
    field_kind kind;

    constexpr uint64_t mask() const { return (uint64_t{1} << bits) - 1; }
    constexpr uint32_t shift() const { return lowest % 64; }
    constexpr bool is_high() const { return lowest >= 64; }
};

template <field_kind kind>
using field_value = std::conditional_t<kind == field_kind::SINT, int32_t, uint32_t>;

// A struct with the fields of a format, and each() over them with their places.
#define GROQ_DECLARE_FIELD(name, lowest, bits, kind) field_value<field_kind::kind> name;
#define GROQ_VISIT_FIELD(name, lowest, bits, kind)                                     \
    visit(self.name, field{lowest, bits, field_kind::kind});
#define GROQ_DECLARE_FORMAT(type, format)                                              \
    struct type {                                                                      \
        format(GROQ_DECLARE_FIELD) template <class Self, class Visit>                  \
        static constexpr void each([[maybe_unused]] Self &self,                        \
                                   [[maybe_unused]] Visit visit) {                     \
            format(GROQ_VISIT_FIELD)                                                   \
        }                                                                              \
    };

GROQ_DECLARE_FORMAT(none_fields, GROQ_FORMAT_NONE)
GROQ_DECLARE_FORMAT(nop_fields, GROQ_FORMAT_NOP)
GROQ_DECLARE_FORMAT(ifetch_fields, GROQ_FORMAT_IFETCH)
GROQ_DECLARE_FORMAT(repeat_fields, GROQ_FORMAT_REPEAT)
GROQ_DECLARE_FORMAT(config_fields, GROQ_FORMAT_CONFIG)
GROQ_DECLARE_FORMAT(memory_fields, GROQ_FORMAT_MEMORY)
GROQ_DECLARE_FORMAT(memory_pair_fields, GROQ_FORMAT_MEMORY_PAIR)
GROQ_DECLARE_FORMAT(indirect_fields, GROQ_FORMAT_INDIRECT)
GROQ_DECLARE_FORMAT(unary_fields, GROQ_FORMAT_UNARY)
GROQ_DECLARE_FORMAT(binary_fields, GROQ_FORMAT_BINARY)
GROQ_DECLARE_FORMAT(ternary_fields, GROQ_FORMAT_TERNARY)
GROQ_DECLARE_FORMAT(convert_fields, GROQ_FORMAT_CONVERT)
GROQ_DECLARE_FORMAT(load_weights_fields, GROQ_FORMAT_WEIGHTS)
GROQ_DECLARE_FORMAT(activate_fields, GROQ_FORMAT_ACTIVATE)
GROQ_DECLARE_FORMAT(accumulate_fields, GROQ_FORMAT_ACCUMULATE)
GROQ_DECLARE_FORMAT(shift_fields, GROQ_FORMAT_SHIFT)
GROQ_DECLARE_FORMAT(select_fields, GROQ_FORMAT_SELECT)
GROQ_DECLARE_FORMAT(rearrange_fields, GROQ_FORMAT_REARRANGE)
GROQ_DECLARE_FORMAT(rotate_fields, GROQ_FORMAT_ROTATE)
GROQ_DECLARE_FORMAT(transpose_fields, GROQ_FORMAT_TRANSPOSE)
GROQ_DECLARE_FORMAT(link_stream_fields, GROQ_FORMAT_LINK_STREAM)
GROQ_DECLARE_FORMAT(await_fields, GROQ_FORMAT_AWAIT)
GROQ_DECLARE_FORMAT(delay_fields, GROQ_FORMAT_DELAY)

#undef GROQ_DECLARE_FORMAT
#undef GROQ_VISIT_FIELD
#undef GROQ_DECLARE_FIELD

constexpr int32_t sign_extend(uint32_t value, uint32_t bits) {
    return static_cast<int32_t>(value << (32 - bits)) >> (32 - bits);
}

template <class Fields>
constexpr Fields extract(const instruction_word &word) {
    Fields fields{};
    Fields::each(fields, [&](auto &value, field f) {
        uint64_t half = f.is_high() ? word.high : word.low;
        auto raw = static_cast<uint32_t>(half >> f.shift() & f.mask());
        if constexpr (std::is_signed_v<std::remove_reference_t<decltype(value)>>)
            value = sign_extend(raw, f.bits);
        else
            value = raw;
    });
    return fields;
}

// The bits that the fields of a format take, with those of the opcode.
template <class Fields>
constexpr instruction_word occupied_bits() {
    instruction_word word{0xff, 0};
    Fields fields{};
    Fields::each(fields, [&](auto &, field f) {
        (f.is_high() ? word.high : word.low) |= f.mask() << f.shift();
    });
    return word;
}

template <class Fields>
constexpr instruction_word encode(groq_opcode opcode, const Fields &fields) {
    instruction_word word{static_cast<uint64_t>(opcode), 0};
    Fields::each(fields, [&](const auto &value, field f) {
        (f.is_high() ? word.high : word.low) |=
            (static_cast<uint64_t>(value) & f.mask()) << f.shift();
    });
    return word;
}

struct instruction {
    groq_opcode opcode;
    union {
        none_fields none;
        nop_fields nop;
        ifetch_fields ifetch;
        repeat_fields repeat;
        config_fields config;
        memory_fields memory;
        memory_pair_fields memory_pair;
        indirect_fields indirect;
        unary_fields unary;
        binary_fields binary;
        ternary_fields ternary;
        convert_fields convert;
        load_weights_fields load_weights;
        activate_fields activate;
        accumulate_fields accumulate;
        shift_fields shift;
        select_fields select;
        rearrange_fields rearrange;
        rotate_fields rotate;
        transpose_fields transpose;
        link_stream_fields link_stream;
        await_fields await;
        delay_fields delay;
    };
};

// Where the fields of each format are, by the table's name for it.
namespace format {
constexpr auto NONE = &instruction::none;
constexpr auto NOP = &instruction::nop;
constexpr auto IFETCH = &instruction::ifetch;
constexpr auto REPEAT = &instruction::repeat;
constexpr auto CONFIG = &instruction::config;
constexpr auto MEMORY = &instruction::memory;
constexpr auto MEMORY_PAIR = &instruction::memory_pair;
constexpr auto INDIRECT = &instruction::indirect;
constexpr auto UNARY = &instruction::unary;
constexpr auto BINARY = &instruction::binary;
constexpr auto TERNARY = &instruction::ternary;
constexpr auto CONVERT = &instruction::convert;
constexpr auto WEIGHTS = &instruction::load_weights;
constexpr auto ACTIVATE = &instruction::activate;
constexpr auto ACCUMULATE = &instruction::accumulate;
constexpr auto SHIFT = &instruction::shift;
constexpr auto SELECT = &instruction::select;
constexpr auto REARRANGE = &instruction::rearrange;
constexpr auto ROTATE = &instruction::rotate;
constexpr auto TRANSPOSE = &instruction::transpose;
constexpr auto LINK_STREAM = &instruction::link_stream;
constexpr auto AWAIT = &instruction::await;
constexpr auto DELAY = &instruction::delay;
} // namespace format

} // namespace groq::chip

#endif
