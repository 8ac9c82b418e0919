// SPDX-License-Identifier: MIT
// Instructions that decode, with fields drawn from all they can hold.
#pragma once

#include <random>

#include "asm/instruction.hpp"
#include "hw/groq_sram.h"

namespace groq::assembly::test {

inline std::int64_t random_value(const field &f, std::mt19937 &random) {
    const auto below = [&](std::uint32_t limit) {
        return static_cast<std::int64_t>(random() % limit);
    };
    const auto whole = [&] { return static_cast<std::int64_t>(random()); };
    switch (f.kind) {
    case field_kind::COUNT:
        return 1 + below((std::uint32_t{1} << f.bits) - 1);
    case field_kind::SINT:
        return below(std::uint32_t{1} << f.bits) - (std::int64_t{1} << (f.bits - 1));
    case field_kind::SRAM:
        return below(GROQ_SRAM_BYTES / GROQ_TEXT_BYTES) * GROQ_TEXT_BYTES;
    case field_kind::TYPE:
        return below(GROQ_TYPES);
    case field_kind::TARGET:
        return below(4) == 0 ? std::int64_t{GROQ_OPERAND_NONE} : below(64);
    case field_kind::OPERAND:
        switch (below(3)) {
        case 0:
            return below(64);
        case 1:
            return GROQ_OPERAND_ALU | below(GROQ_VXM_ALUS);
        default:
            return GROQ_OPERAND_IMMEDIATE;
        }
    case field_kind::BITS:
        return below(2) == 0 ? below(256) : whole();
    default:
        return f.bits == 32 ? whole() : below(std::uint32_t{1} << f.bits);
    }
}

inline instruction random_instruction(const operation &op, std::mt19937 &random) {
    instruction code{op.opcode, 0};
    for (const field &f : op.fields)
        set(code, f, random_value(f, random));
    return code;
}

// Small multiples and few types, so that it is often legal; and sometimes a stray bit.
inline instruction random_near_legal(const operation &op, std::mt19937 &random) {
    instruction code = random_instruction(op, random);
    const unsigned multiple = 1U << random() % 5;
    for (const field &f : op.fields) {
        if (f.kind == field_kind::STREAM || f.name == "a" || f.name == "b" ||
            f.name == "condition" || f.name == "target")
            if ((get(code, f) & GROQ_OPERAND_KIND) == GROQ_OPERAND_STREAM)
                set(code, f, get(code, f) / multiple * multiple);
        if (f.kind == field_kind::BITS && random() % 2 == 0)
            set(code, f, random() % 2 == 0 ? 0 : get(code, f) & 0xffff);
        if (f.kind == field_kind::UINT && f.bits == 3)
            set(code, f, 2 + random() % 4);
    }
    if (random() % 16 == 0)
        (random() % 2 == 0 ? code.low : code.high) ^= std::uint64_t{1} << random() % 64;
    return code;
}

} // namespace groq::assembly::test
