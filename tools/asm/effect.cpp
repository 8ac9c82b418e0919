// SPDX-License-Identifier: MIT
#include "asm/effect.hpp"

#include <initializer_list>

#include "asm/queue.hpp"

namespace groq::assembly {
namespace {

unsigned width_of(const instruction &code) {
    return type_bytes(get_unsigned(code, "type"));
}

// What one instruction does to streams: it samples when it issues, and drives when its
// delay is over.
class uses_of {
public:
    explicit uses_of(const instruction &code)
        : code_(code), delay_(code.find_operation()->delay) {}

    uses_of &sample(const char *field_name, unsigned count) {
        uses_.add({get_unsigned(code_, field_name), count, 0, false});
        return *this;
    }
    uses_of &drive(const char *field_name, unsigned count) {
        uses_.add({get_unsigned(code_, field_name), count, delay_, true});
        return *this;
    }
    operator few<stream_use>() const { return uses_; }

private:
    const instruction &code_;
    unsigned delay_;
    few<stream_use> uses_;
};

few<stream_use> vector_uses(const instruction &code, const operation &op) {
    const unsigned width = width_of(code);
    const unsigned result =
        op.find("to") != nullptr ? type_bytes(get_unsigned(code, "to")) : width;
    few<stream_use> uses;
    for (const field &f : op.fields) {
        const auto operand = static_cast<unsigned>(get(code, f));
        if (f.kind == field_kind::OPERAND && is_kind(operand, GROQ_OPERAND_STREAM))
            uses.add({operand, width, 0, false});
        if (f.kind == field_kind::TARGET && is_kind(operand, GROQ_OPERAND_STREAM))
            uses.add({operand, result, op.delay, true});
    }
    return uses;
}

} // namespace

few<stream_use> stream_uses(const instruction &code) {
    constexpr unsigned map_bytes = 2; // of a number of a word or of a lane
    const operation &op = *code.find_operation();
    uses_of uses(code);
    switch (code.opcode()) {
    case GROQ_OPCODE_READ:
        return uses.drive("stream", 1);
    case GROQ_OPCODE_WRITE:
        return uses.sample("stream", 1);
    case GROQ_OPCODE_READ_WRITE:
        return uses.drive("read_stream", 1).sample("write_stream", 1);
    case GROQ_OPCODE_GATHER:
        return uses.drive("stream", 1).sample("map", map_bytes);
    case GROQ_OPCODE_SCATTER:
        return uses.sample("stream", 1).sample("map", map_bytes);
    case GROQ_OPCODE_LW:
    case GROQ_OPCODE_IW_STREAM:
        return uses.sample("stream", GROQ_TILE_LANES);
    case GROQ_OPCODE_ABC:
        return uses.sample("stream", width_of(code));
    case GROQ_OPCODE_ACC:
        return get_unsigned(code, "emit") != 0 ? uses.drive("stream", width_of(code))
                                               : uses;
    case GROQ_OPCODE_SHIFT_UP:
    case GROQ_OPCODE_SHIFT_DOWN:
        return uses.sample("from", width_of(code)).drive("to", width_of(code));
    case GROQ_OPCODE_SELECT:
        return uses.sample("from", width_of(code))
            .sample("north", width_of(code))
            .sample("south", width_of(code))
            .sample("map", 1)
            .drive("to", width_of(code));
    case GROQ_OPCODE_PERMUTE:
        return uses.sample("from", width_of(code))
            .sample("map", map_bytes)
            .drive("to", width_of(code));
    case GROQ_OPCODE_DISTRIBUTE:
        return uses.sample("from", width_of(code))
            .sample("map", 1)
            .drive("to", width_of(code));
    case GROQ_OPCODE_ROTATE:
        return uses.sample("from", get_unsigned(code, "n"))
            .drive("to", get_unsigned(code, "n") * get_unsigned(code, "n"));
    case GROQ_OPCODE_TRANSPOSE:
        return uses.sample("from", GROQ_TILE_LANES).drive("to", GROQ_TILE_LANES);
    case GROQ_OPCODE_SEND:
        return uses.sample("stream", 1);
    case GROQ_OPCODE_RECEIVE:
        return uses.drive("stream", 1);
    default:
        return op.queue == queue_kind::VXM ? vector_uses(code, op) : uses;
    }
}

few<word_use> word_uses(unsigned icu, const instruction &code) {
    few<word_use> uses;
    switch (code.opcode()) {
    case GROQ_OPCODE_READ:
        uses.add({icu, get_unsigned(code, "word"), 1, 0, false});
        break;
    case GROQ_OPCODE_WRITE:
        uses.add({icu, get_unsigned(code, "word"), 1, 0, true});
        break;
    case GROQ_OPCODE_READ_WRITE:
        uses.add({icu, get_unsigned(code, "read_word"), 1, 0, false});
        uses.add({icu, get_unsigned(code, "write_word"), 1, 0, true});
        break;
    case GROQ_OPCODE_GATHER:
    case GROQ_OPCODE_SCATTER: {
        const unsigned base = get_unsigned(code, "base");
        uses.add({icu, base, GROQ_SLICE_WORDS - base, 0,
                  code.opcode() == GROQ_OPCODE_SCATTER});
        break;
    }
    case GROQ_OPCODE_IFETCH: {
        const unsigned text = get_unsigned(code, "text");
        uses.add({slice_of(text), word_of(text), 1, 0, false});
        uses.add({slice_of(text), word_of(text) + 1, 1, 1, false});
        break;
    }
    default:
        break;
    }
    return uses;
}

} // namespace groq::assembly
