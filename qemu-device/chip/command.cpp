// SPDX-License-Identifier: MIT
#include "command.hpp"

#include <algorithm>
#include <cstddef>
#include <initializer_list>

#include "hw/groq_sram.h"

namespace groq::chip {

#define FIELD(member) offsetof(groq_command, member)

// @field: offset of the first byte that the rule is about.
struct rule {
    bool holds;
    size_t field;
};

static groq_fault first_broken(std::initializer_list<rule> rules) {
    for (const rule &r : rules)
        if (!r.holds)
            return make_fault(GROQ_FAULT_BAD_FIELD, static_cast<uint32_t>(r.field));
    return make_fault(GROQ_FAULT_NONE);
}

// Bytes [begin, end) of the command are reserved.
static rule zero(const groq_command &command, size_t begin,
                 size_t end = sizeof(groq_command)) {
    const auto *bytes = reinterpret_cast<const uint8_t *>(&command);
    const uint8_t *bad =
        std::find_if(bytes + begin, bytes + end, [](uint8_t b) { return b != 0; });
    return {bad == bytes + end, static_cast<size_t>(bad - bytes)};
}

static rule known_flags(const groq_command &c) {
    bool copies = c.opcode == GROQ_OP_COPY_IN || c.opcode == GROQ_OP_COPY_OUT;
    uint32_t known = copies ? GROQ_COMMAND_FLAGS
                            : GROQ_COMMAND_FLAGS & ~uint32_t{GROQ_COMMAND_INLINE};
    return {(c.flags & ~known) == 0, FIELD(flags)};
}

static groq_fault check_inline_copy(const groq_command &c) {
    return first_broken({{c.copy.list == 0, FIELD(copy.list)},
                         {c.copy.count == 1, FIELD(copy.count)},
                         {c.copy.reserved0 == 0, FIELD(copy.reserved0)},
                         {c.copy.entry.length != 0, FIELD(copy.entry.length)},
                         zero(c, FIELD(copy.reserved1))});
}

static groq_fault check_listed_copy(const groq_command &c) {
    return first_broken({{c.copy.list % 16 == 0, FIELD(copy.list)},
                         {c.copy.count - 1 < GROQ_SCATTER_MAX, FIELD(copy.count)},
                         zero(c, FIELD(copy.reserved0))});
}

static groq_fault check_run(const groq_command &c) {
    return first_broken({{c.run.launch % 16 == 0, FIELD(run.launch)},
                         {c.run.count - 1 < GROQ_ICUS_ALL, FIELD(run.count)},
                         {c.run.max_cycles != 0, FIELD(run.max_cycles)},
                         zero(c, FIELD(run.reserved))});
}

static groq_fault check_fill(const groq_command &c) {
    bool has_words = c.fill.length != 0 && c.fill.length % 4 == 0;
    return first_broken({{c.fill.sram % 4 == 0, FIELD(fill.sram)},
                         {has_words, FIELD(fill.length)},
                         zero(c, FIELD(fill.reserved0))});
}

static groq_fault check_payload(const groq_command &c) {
    switch (c.opcode) {
    case GROQ_OP_NOP:
        return first_broken({zero(c, FIELD(reserved))});
    case GROQ_OP_COPY_IN:
    case GROQ_OP_COPY_OUT:
        return c.flags & GROQ_COMMAND_INLINE ? check_inline_copy(c)
                                             : check_listed_copy(c);
    case GROQ_OP_RUN:
        return check_run(c);
    default:
        return check_fill(c);
    }
}

groq_fault check_command(const groq_command &c) {
    if (c.opcode < GROQ_OP_NOP || c.opcode > GROQ_OP_FILL)
        return make_fault(GROQ_FAULT_BAD_OPCODE);
    groq_fault header =
        first_broken({known_flags(c), zero(c, FIELD(reserved0), FIELD(cookie))});
    return header.cause == GROQ_FAULT_NONE ? check_payload(c) : header;
}

} // namespace groq::chip
