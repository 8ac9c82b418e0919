// SPDX-License-Identifier: MIT
// How an operation of each kind is put into a schedule.
#include <algorithm>
#include <cstdlib>

#include "generator.hpp"

namespace groq::conformance {
namespace {

using reference::bytes_of_type;
using reference::encode;
using reference::position_of;
using reference::queue_kind;

// Numbers of units for schedule::occupy.
constexpr unsigned unit_install = 0; // + plane of the chip
constexpr unsigned unit_multiply = 4;

unsigned delay_of(unsigned opcode) {
    return reference::find_operation(opcode)->delay;
}

} // namespace

bool generator::knows(unsigned opcode) {
    return reference::find_operation(opcode) != nullptr &&
           generator(1).add_once(opcode, std::nullopt, std::nullopt);
}

bool generator::add_once(unsigned opcode, std::optional<unsigned> type,
                         std::optional<unsigned> to) {
    const reference::operation *op = reference::find_operation(opcode);
    if (op->is_control())
        return add_control(opcode);
    switch (opcode) {
    case GROQ_OPCODE_READ:
    case GROQ_OPCODE_WRITE:
        return add_copy(some_rhythm());
    case GROQ_OPCODE_READ_WRITE:
        return add_read_write();
    case GROQ_OPCODE_GATHER:
    case GROQ_OPCODE_SCATTER:
        return add_indirect(opcode);
    case GROQ_OPCODE_LW:
    case GROQ_OPCODE_IW:
    case GROQ_OPCODE_IW_STREAM:
    case GROQ_OPCODE_ABC:
    case GROQ_OPCODE_ACC:
        return add_matrix(type.value_or(one_of<unsigned>(
                              {GROQ_TYPE_I8, GROQ_TYPE_U8, GROQ_TYPE_F16})),
                          opcode == GROQ_OPCODE_IW_STREAM);
    case GROQ_OPCODE_SHIFT_UP:
    case GROQ_OPCODE_SHIFT_DOWN:
    case GROQ_OPCODE_SELECT:
    case GROQ_OPCODE_PERMUTE:
    case GROQ_OPCODE_DISTRIBUTE:
    case GROQ_OPCODE_ROTATE:
    case GROQ_OPCODE_TRANSPOSE:
        return add_switch(opcode, type.value_or(some_type(opcode)));
    default:
        return op->queue == queue_kind::VXM &&
               add_vector(opcode, type.value_or(some_type(opcode)),
                          to.value_or(below(GROQ_TYPES)));
    }
}

bool generator::add_control(unsigned opcode) {
    switch (opcode) {
    case GROQ_OPCODE_NOP: // before every operation there is one
        return add_copy({});
    case GROQ_OPCODE_REPEAT:
        return add_copy(
            {1 + static_cast<int>(below(9)), 1 + static_cast<int>(below(9))});
    case GROQ_OPCODE_IFETCH:
        with_fetch_ |= one_in(3);
        return add_fetch();
    case GROQ_OPCODE_SYNC:
    case GROQ_OPCODE_NOTIFY:
        with_sync_ = true;
        return add_copy({});
    case GROQ_OPCODE_CONFIG:
        superlanes_ = 1 + below(GROQ_TILES - 1);
        return add_copy({});
    default:
        return false;
    }
}

// Of text that is never executed: it comes behind all that the queue counts.
bool generator::add_fetch() {
    if (now_.queues().empty())
        return add_copy({});
    auto queue = std::next(now_.queues().begin(),
                           below(static_cast<unsigned>(now_.queues().size())));
    unsigned slice = slices_[below(static_cast<unsigned>(slices_.size()))];
    int word = 2 * static_cast<int>(below(8)) + one_of({0, 4096});
    int t = some_time();
    uint32_t address = GROQ_SRAM_ADDRESS(0, slice, static_cast<uint32_t>(word));
    return now_.issue(queue->first, t, encode(GROQ_OPCODE_IFETCH, {{"text", address}}),
                      {}) &&
           now_.use(slice, false, word, 0, t, {}) &&
           now_.use(slice, false, word + 1, 0, t + 1, {});
}

// From a word to another, along a stream.
bool generator::add_copy(rhythm r) {
    unsigned slice = slices_[below(static_cast<unsigned>(slices_.size()))];
    unsigned stream = some_stream(1);
    unsigned word = word_of(content::NOISE, 0, below(8)) + one_of({0u, 4096u});
    int t = some_time();
    encoded read =
        encode(GROQ_OPCODE_READ, {{"stream", stream}, {"word", word}, {"step", 0}});
    need_word(slice, word);
    return now_.issue(slice, t, read, r) &&
           now_.use(slice, false, static_cast<int>(word), 0, t, r) &&
           produce(position_of(slice), t + GROQ_DELAY_MEM_READ, r, stream, 1);
}

bool generator::add_read_write() {
    unsigned slice = slices_[below(static_cast<unsigned>(slices_.size()))];
    int position = position_of(slice);
    unsigned from = some_stream(1), to = some_stream(1);
    unsigned bank = below(2);
    unsigned read = word_of(content::NOISE, 0, below(8)) + bank * GROQ_BANK_WORDS;
    if (careless_ && one_in(2))
        bank = 1 - bank;
    unsigned write = 64 + below(32) + (1 - bank) * GROQ_BANK_WORDS;
    int t = some_time();
    rhythm r = some_rhythm();
    need_word(slice, read);
    encoded both = encode(GROQ_OPCODE_READ_WRITE, {{"read_stream", to},
                                                   {"read_word", read},
                                                   {"read_step", 0},
                                                   {"write_stream", from},
                                                   {"write_word", write},
                                                   {"write_step", -1}});
    return now_.issue(slice, t, both, r) &&
           now_.use(slice, false, static_cast<int>(read), 0, t, r) &&
           now_.use(slice, true, static_cast<int>(write), -1, t, r) &&
           supply(position, t, r, {from, 1, content::NOISE}) &&
           produce(position, t + GROQ_DELAY_MEM_READ, r, to, 1);
}

bool generator::add_indirect(unsigned opcode) {
    bool is_gather = opcode == GROQ_OPCODE_GATHER;
    unsigned slice = slices_[below(static_cast<unsigned>(slices_.size()))];
    int position = position_of(slice);
    unsigned stream = some_stream(1), map = some_stream(2);
    unsigned base = is_gather ? 0 : 64 + below(32);
    int t = some_time();
    rhythm r = some_rhythm();
    encoded word = encode(opcode, {{"stream", stream}, {"base", base}, {"map", map}});
    if (!now_.issue(slice, t, word, r) ||
        !now_.use_both_banks(slice, !is_gather, t, r) ||
        !supply(position, t, r, {map, 2, content::WORDS}))
        return false;
    if (!is_gather)
        return supply(position, t, r, {stream, 1, content::NOISE});
    for (unsigned n = 0; n < 64; ++n) {
        need_word(slice, n);
        need_word(slice, GROQ_BANK_WORDS + n);
    }
    return produce(position, t + GROQ_DELAY_MEM_GATHER, r, stream, 1);
}

bool generator::add_vector(unsigned opcode, unsigned type, unsigned to) {
    const reference::operation *op = reference::find_operation(opcode);
    unsigned alu = below(GROQ_VXM_ALUS), icu = GROQ_ICU_VXM(alu);
    int t = some_time();
    rhythm r = some_rhythm();
    bool converts = opcode == GROQ_OPCODE_CONVERT;
    unsigned result_bytes = bytes_of_type(converts ? to : type);
    bool is_kept = !one_in(6);
    unsigned target = is_kept ? some_stream(result_bytes) : GROQ_OPERAND_NONE;
    immediate_used_ = false;
    encoded word{};
    for (const reference::field &f : op->fields) {
        if (f.kind != reference::field_kind::OPERAND)
            continue;
        std::optional<unsigned> operand = vector_operand(type, t, r);
        if (!operand)
            return false;
        reference::set_bits(word, f.lowest, f.bits, *operand);
    }
    reference::set_bits(word, 0, 8, opcode);
    for (const reference::field &f : op->fields) {
        uint64_t value = f.name == "type"                           ? type
                         : f.name == "to"                           ? to
                         : f.name == "target"                       ? target
                         : f.name == "immediate" && immediate_used_ ? immediate_
                                                                    : 0;
        if (f.kind != reference::field_kind::OPERAND)
            reference::set_bits(word, f.lowest, f.bits, value);
    }
    return now_.issue(icu, t, word, r) && now_.compute(alu, result_bytes, t, r) &&
           (!is_kept ||
            produce(GROQ_POSITION_VXM, t + GROQ_DELAY_VXM, r, target, result_bytes));
}

std::optional<unsigned> generator::vector_operand(unsigned type, int t, rhythm r) {
    unsigned bytes = bytes_of_type(type);
    unsigned alu = below(GROQ_VXM_ALUS);
    schedule before = now_;
    if (one_in(3) && now_.take_result(alu, bytes, t, r))
        return GROQ_OPERAND_ALU | alu;
    now_ = before;
    if (one_in(5)) {
        if (!immediate_used_)
            immediate_ = reference::bits_of(
                [&] {
                    encoded random{};
                    reference::set_bits(random, 0, 32, random_());
                    return random;
                }(),
                0, 8 * bytes);
        immediate_used_ = true;
        return GROQ_OPERAND_IMMEDIATE;
    }
    unsigned stream = some_stream(bytes);
    if (!supply(GROQ_POSITION_VXM, t, r, {stream, bytes, content_for(type)}))
        return std::nullopt;
    return GROQ_OPERAND_STREAM | stream;
}

// Weights into a plane, or halves into two, activations, and what comes of them.
bool generator::add_matrix(unsigned type, bool straight) {
    bool is_half = type == GROQ_TYPE_F16;
    unsigned hemisphere = below(2), plane = is_half ? 0 : below(2);
    unsigned first = GROQ_ICU_MXM(hemisphere, 0);
    rhythm loads{static_cast<int>(below(2)), 1};
    int t = some_time(), last_load = t;
    for (unsigned p = plane; p <= (is_half ? 1 : plane); ++p) {
        content of = is_half && p == 1 ? content::TAME_HIGH : content_for(GROQ_TYPE_I8);
        int at = last_load + static_cast<int>(below(4));
        if (!add_weights(first + GROQ_MXM_QUEUE_WEIGHTS(p), of, straight, at, loads))
            return false;
        last_load = at + loads.times;
    }
    rhythm r = some_rhythm();
    if (is_half)
        r.interval += 1;
    if (careless_ && one_in(6))
        last_load -= 3;
    int abc = last_load + 1 + GROQ_DELAY_MXM_INSTALL + static_cast<int>(below(4));
    unsigned bytes = bytes_of_type(type);
    unsigned stream = stream_to(position_of(first), bytes);
    for (unsigned p = plane; p <= (is_half ? 1 : plane); ++p)
        if (!now_.occupy(unit_multiply + 2 * hemisphere + p, abc, is_half ? 2 : 1, r))
            return false;
    content of = is_half && !one_in(4) ? content::HALVES : content::NOISE;
    return now_.issue(first + GROQ_MXM_QUEUE_ACTIVATIONS(plane), abc,
                      encode(GROQ_OPCODE_ABC, {{"stream", stream}, {"type", type}}),
                      r) &&
           supply(position_of(first), abc, r, {stream, bytes, of}) &&
           add_results(first + GROQ_MXM_QUEUE_RESULTS(plane),
                       is_half ? GROQ_TYPE_F32 : GROQ_TYPE_I32,
                       abc + GROQ_DELAY_MXM_MULTIPLY, r);
}

// The array is usable GROQ_DELAY_MXM_INSTALL after the last load and one cycle.
bool generator::add_weights(unsigned icu, content of, bool straight, int t, rhythm r) {
    unsigned opcode = straight ? GROQ_OPCODE_IW_STREAM : GROQ_OPCODE_LW;
    int position = position_of(icu);
    unsigned stream = stream_to(position, 16), block = below(GROQ_TILES - 1);
    encoded load = encode(opcode, {{"stream", stream}, {"block", block}, {"step", 1}});
    unsigned unit = unit_install + icu; // queues of weights are planes
    if (!now_.issue(icu, t, load, r) ||
        !now_.occupy(unit + 1000, t, r.times + GROQ_DELAY_MXM_INSTALL + 1))
        return false;
    for (unsigned n = 0; n < 16; ++n)
        if (!supply(position, t, r, {stream + n, 1, of}))
            return false;
    return straight ||
           now_.issue(icu, t + r.times + 1, encode(GROQ_OPCODE_IW), rhythm{});
}

bool generator::add_results(unsigned icu, unsigned type, int t, rhythm r) {
    if (careless_ && one_in(4))
        t += one_of({-1, 1, 5});
    bool emit = !one_in(4);
    unsigned stream = 4 * below(GROQ_STREAMS / 4);
    if (position_of(icu) > 0)
        stream = GROQ_STREAM_WEST(stream);
    unsigned entry = one_in(4) ? 500 : 4 + below(4);
    encoded acc = encode(GROQ_OPCODE_ACC, {{"stream", emit ? stream : 0},
                                           {"add", one_in(2)},
                                           {"emit", emit},
                                           {"type", type},
                                           {"entry", entry},
                                           {"step", one_of({-1, 0, 1})}});
    return now_.issue(icu, t, acc, r) &&
           (!emit ||
            produce(position_of(icu), t + GROQ_DELAY_MXM_ACCUMULATE, r, stream, 4));
}

bool generator::add_switch(unsigned opcode, unsigned type) {
    const reference::operation *op = reference::find_operation(opcode);
    unsigned first = GROQ_ICU_SXM(below(2), 0);
    unsigned icu = first + below(GROQ_SXM_ICUS);
    while (reference::kind_of_queue(icu) != op->queue)
        icu = first + below(GROQ_SXM_ICUS);
    int position = position_of(icu), t = some_time();
    rhythm r = some_rhythm();
    bool has_type = opcode != GROQ_OPCODE_ROTATE && opcode != GROQ_OPCODE_TRANSPOSE;
    unsigned n = 3 + below(2), bytes = bytes_of_type(type);
    unsigned streams = has_type ? bytes : opcode == GROQ_OPCODE_ROTATE ? n : 16;
    unsigned from_alignment = has_type ? bytes : opcode == GROQ_OPCODE_ROTATE ? 4 : 16;
    unsigned results = has_type ? bytes : opcode == GROQ_OPCODE_ROTATE ? n * n : 16;
    unsigned to = some_stream(has_type ? bytes : 16);
    encoded word{};
    reference::set_bits(word, 0, 8, opcode);
    for (const reference::field &f : op->fields) {
        uint64_t value = 0;
        if (f.name == "from" || f.name == "north" || f.name == "south") {
            value = stream_to(position, from_alignment);
            content of = has_type ? content_for(type) : content::NOISE;
            if (!supply(position, t, r, {static_cast<unsigned>(value), streams, of}))
                return false;
        } else if (f.name == "map") {
            bool is_pair = opcode == GROQ_OPCODE_PERMUTE;
            value = stream_to(position, is_pair ? 2 : 1);
            content of = is_pair                        ? content::PERMUTE
                         : opcode == GROQ_OPCODE_SELECT ? content::SELECT
                                                        : content::DISTRIBUTE;
            if (!supply(position, t, r,
                        {static_cast<unsigned>(value), is_pair ? 2u : 1u, of}))
                return false;
        } else if (f.name == "to") {
            value = to;
        } else if (f.name == "type") {
            value = type;
        } else if (f.name == "lanes") {
            value = one_of({0u, 1u, 16u, 160u, 319u, below(GROQ_LANES)});
        } else if (f.name == "n") {
            value = n;
        }
        reference::set_bits(word, f.lowest, f.bits, value);
    }
    return now_.issue(icu, t, word, r) &&
           produce(position, t + static_cast<int>(delay_of(opcode)), r, to, results);
}

} // namespace groq::conformance
