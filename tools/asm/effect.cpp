// SPDX-License-Identifier: MIT
#include "asm/effect.hpp"

#include "asm/queue.hpp"

namespace groq::assembly {
namespace {

unsigned value(const instruction &code, const char *field_name) {
    return static_cast<unsigned>(get(code, field_name));
}

bool is_stream(std::int64_t operand) {
    return (operand & GROQ_OPERAND_KIND) == GROQ_OPERAND_STREAM;
}

few<stream_use> vector_uses(const instruction &code, const operation &op) {
    const unsigned width = type_bytes(value(code, "type"));
    const unsigned result =
        op.find("to") != nullptr ? type_bytes(value(code, "to")) : width;
    few<stream_use> uses;
    for (const field &f : op.fields) {
        const auto operand = static_cast<unsigned>(get(code, f));
        if (f.kind == field_kind::OPERAND && is_stream(operand))
            uses.add({operand, width, 0, false});
        if (f.kind == field_kind::TARGET && is_stream(operand))
            uses.add({operand, result, GROQ_DELAY_VXM, true});
    }
    return uses;
}

} // namespace

few<stream_use> stream_uses(const instruction &code) {
    few<stream_use> uses;
    switch (code.opcode()) {
    case GROQ_OPCODE_READ:
        uses.add({value(code, "stream"), 1, GROQ_DELAY_MEM_READ, true});
        break;
    case GROQ_OPCODE_WRITE:
        uses.add({value(code, "stream"), 1, 0, false});
        break;
    case GROQ_OPCODE_READ_WRITE:
        uses.add({value(code, "read_stream"), 1, GROQ_DELAY_MEM_READ, true});
        uses.add({value(code, "write_stream"), 1, 0, false});
        break;
    case GROQ_OPCODE_LW:
        uses.add({value(code, "stream"), GROQ_TILE_LANES, 0, false});
        break;
    case GROQ_OPCODE_ABC:
        uses.add({value(code, "stream"), 1, 0, false});
        break;
    case GROQ_OPCODE_ACC:
        if (value(code, "emit") != 0)
            uses.add({value(code, "stream"), type_bytes(GROQ_TYPE_I32),
                      GROQ_DELAY_MXM_ACCUMULATE, true});
        break;
    default:
        const operation *op = code.find_operation();
        if (op != nullptr && op->queue == queue_kind::VXM)
            return vector_uses(code, *op);
    }
    return uses;
}

few<word_use> word_uses(unsigned icu, const instruction &code) {
    few<word_use> uses;
    switch (code.opcode()) {
    case GROQ_OPCODE_READ:
        uses.add({icu, value(code, "word"), 0, false});
        break;
    case GROQ_OPCODE_WRITE:
        uses.add({icu, value(code, "word"), 0, true});
        break;
    case GROQ_OPCODE_READ_WRITE:
        uses.add({icu, value(code, "read_word"), 0, false});
        uses.add({icu, value(code, "write_word"), 0, true});
        break;
    case GROQ_OPCODE_IFETCH: {
        const unsigned text = value(code, "text");
        uses.add({slice_of(text), word_of(text), 0, false});
        uses.add({slice_of(text), word_of(text) + 1, 1, false});
        break;
    }
    default:
        break;
    }
    return uses;
}

} // namespace groq::assembly
