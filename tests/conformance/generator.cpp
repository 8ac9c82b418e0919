// SPDX-License-Identifier: MIT
#include "generator.hpp"

#include <algorithm>
#include <cstdlib>

namespace groq::conformance {
namespace {

constexpr int first_time = 40;        // enough for operands to arrive from any slice
constexpr unsigned output_words = 64; // of a bank; those below hold operands

// In the direction in which @stream runs.
bool is_ahead(unsigned stream, int from, int to) {
    return stream & GROQ_STREAM_IS_WEST ? to <= from : to >= from;
}

unsigned mem_queue(unsigned n) {
    return n;
}

} // namespace

generator::generator(uint64_t seed) : seed_(seed), random_(seed) {
    for (unsigned slice = 0; slice < 2 * GROQ_SLICES; ++slice)
        if (slice != text_slice && slice != table_slice && one_in(3))
            slices_.push_back(slice);
    if (one_in(8))
        superlanes_ = 1 + below(GROQ_TILES);
    with_sync_ = one_in(6);
    with_fetch_ = one_in(12);
    span_ = 20 + static_cast<int>(below(100));
}

bool generator::add(unsigned opcode, std::optional<unsigned> type,
                    std::optional<unsigned> to) {
    schedule before = now_;
    for (int attempt = 0; attempt < 4; ++attempt) {
        if (add_once(opcode, type, to))
            return true;
        now_ = before;
    }
    return false;
}

void generator::be_careless() {
    careless_ = true;
    now_.overlook = [this] { return one_in(3); };
}

// Reads, somewhere upstream, that make @o arrive at @position in cycle @t.
bool generator::supply(int position, int t, rhythm r, stream_operand o) {
    unsigned variant = below(2);
    if (careless_ && one_in(6))
        o.of = content::NOISE;
    for (unsigned byte = 0; byte < o.streams; ++byte) {
        bool found = false;
        for (int attempt = 0; attempt < 6 && !found; ++attempt)
            found = supply_byte(position, t, r, o.stream + byte, o.of, byte, variant);
        if (!found)
            return false;
    }
    return true;
}

bool generator::supply_byte(int position, int t, rhythm r, unsigned stream, content of,
                            unsigned byte, unsigned variant) {
    std::optional<unsigned> slice = some_slice(position, stream, true);
    if (!slice)
        return false;
    int from = reference::position_of(mem_queue(*slice));
    int issue = t - std::abs(position - from) - GROQ_DELAY_MEM_READ;
    unsigned word = word_of(of, byte, of == content::NOISE ? below(8) : variant);
    int step = of == content::NOISE && r.times <= 8 ? static_cast<int>(below(2)) : 0;
    word += one_in(2) ? GROQ_BANK_WORDS : 0;
    encoded read = reference::encode(
        GROQ_OPCODE_READ, {{"stream", stream}, {"word", word}, {"step", step}});
    schedule before = now_;
    if (issue < 0 || !now_.issue(*slice, issue, read, r) ||
        !now_.use(*slice, false, static_cast<int>(word), step, issue, r) ||
        !now_.drive(from, stream, issue + GROQ_DELAY_MEM_READ, r) ||
        !now_.keep(from, position, stream, t, r)) {
        now_ = before;
        return false;
    }
    for (int n = 0; n <= r.times; ++n)
        need_word(*slice, word + static_cast<unsigned>(n * step));
    return true;
}

bool generator::produce(int position, int t, rhythm r, unsigned stream,
                        unsigned streams) {
    for (unsigned n = 0; n < streams; ++n)
        if (!now_.drive(position, stream + n, t, r))
            return false;
    for (unsigned n = 0; n < streams; ++n)
        for (int attempt = 0; attempt < 6; ++attempt)
            if (keep_byte(position, t, r, stream + n))
                break;
    return true;
}

bool generator::keep_byte(int position, int t, rhythm r, unsigned stream) {
    std::optional<unsigned> slice = some_slice(position, stream, false);
    if (!slice)
        return false;
    int at = reference::position_of(mem_queue(*slice));
    int issue = t + std::abs(position - at);
    unsigned word = output_words + below(32) + (one_in(2) ? GROQ_BANK_WORDS : 0);
    int step = one_in(4) ? 0 : 1;
    encoded write = reference::encode(
        GROQ_OPCODE_WRITE, {{"stream", stream}, {"word", word}, {"step", step}});
    schedule before = now_;
    if (now_.issue(*slice, issue, write, r) &&
        now_.use(*slice, true, static_cast<int>(word), step, issue, r) &&
        now_.keep(position, at, stream, issue, r))
        return true;
    now_ = before;
    return false;
}

std::optional<unsigned> generator::some_slice(int position, unsigned stream,
                                              bool upstream) {
    std::vector<unsigned> fit;
    for (unsigned slice : slices_) {
        int at = reference::position_of(mem_queue(slice));
        if (upstream ? is_ahead(stream, at, position) : is_ahead(stream, position, at))
            fit.push_back(slice);
    }
    if (fit.empty())
        return std::nullopt;
    return fit[below(static_cast<unsigned>(fit.size()))];
}

// The first of an aligned group.
unsigned generator::some_stream(unsigned streams) {
    return below(2 * GROQ_STREAMS / streams) * streams;
}

// One on which values of MEM slices can reach @position.
unsigned generator::stream_to(int position, unsigned streams) {
    unsigned stream = some_stream(streams);
    if (std::abs(position) < GROQ_POSITION_MEM(10))
        return stream;
    stream %= GROQ_STREAMS;
    return position < 0 ? GROQ_STREAM_WEST(stream) : GROQ_STREAM_EAST(stream);
}

rhythm generator::some_rhythm() {
    if (!one_in(3))
        return {};
    return {1 + static_cast<int>(below(4)), 1 + static_cast<int>(below(5))};
}

int generator::some_time() {
    return first_time + static_cast<int>(below(static_cast<unsigned>(span_)));
}

unsigned generator::some_type(unsigned opcode) {
    unsigned type = below(GROQ_TYPES);
    while (!reference::type_is_allowed(opcode, type))
        type = below(GROQ_TYPES);
    return type;
}

generator::content generator::content_for(unsigned type) {
    if (type == GROQ_TYPE_F32)
        return one_in(4) ? content::NOISE : content::FLOATS;
    if (type == GROQ_TYPE_F16)
        return one_in(4) ? content::NOISE : content::HALVES;
    return one_of({content::NOISE, content::SMALL, content::EDGES});
}

} // namespace groq::conformance
