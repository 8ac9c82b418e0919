// SPDX-License-Identifier: MIT
// What instructions take from the streams and drive onto them.
#include <utility>

#include "machine.hpp"

namespace groq::reference {

void machine::inject(unsigned stream, unsigned tile, unsigned first, unsigned second) {
    wrong_bits wrong;
    wrong.set(first);
    wrong.set(second);
    injected_[stream] = {tile, wrong};
}

// STREAM_EMPTY names the first stream of the group that carries nothing.
void machine::need(const issue &i, unsigned stream, unsigned streams) const {
    for (unsigned n = 0; n < streams; ++n)
        if (!streams_.at(position_of(i.icu), stream + n))
            throw trap{GROQ_FAULT_STREAM_EMPTY, ~uint64_t{0}, stream + n};
}

bool machine::carries(const issue &i, unsigned stream, unsigned streams) const {
    for (unsigned n = 0; n < streams; ++n)
        if (!streams_.at(position_of(i.icu), stream + n))
            return false;
    return true;
}

// The bytes of one stream; zero in lanes without power.
vector machine::take(const issue &i, unsigned stream) {
    vector v = *streams_.at(position_of(i.icu), stream);
    if (consumed_.insert(stream).second)
        check_errors(v, i.superlanes, ~uint64_t{0}, stream);
    v.errors.clear();
    for (unsigned lane = 0; lane < GROQ_LANES; ++lane)
        if (!i.powers(lane))
            v.lanes[lane] = 0;
    return v;
}

// Byte 0 of a value is on the first stream.
lanes32 machine::take_typed(const issue &i, unsigned stream, unsigned bytes) {
    lanes32 values{};
    for (unsigned byte = 0; byte < bytes; ++byte) {
        vector v = take(i, stream + byte);
        for (unsigned lane = 0; lane < GROQ_LANES; ++lane)
            values[lane] |= uint32_t{v.lanes[lane]} << 8 * byte;
    }
    return values;
}

// Counts all errors and remembers the first that ECC cannot correct. @address: of lane
// 0 where @v comes from SRAM; else @detail names the stream.
void machine::check_errors(const vector &v, unsigned superlanes, uint64_t address,
                           uint32_t detail) {
    for (const auto &[tile, wrong] : v.errors) {
        if (tile >= superlanes || wrong.none())
            continue;
        if (wrong.count() == 1) {
            ++errors_.corrected;
            continue;
        }
        bool from_sram = address != ~uint64_t{0};
        ++errors_.uncorrected;
        if (!uncorrectable_)
            uncorrectable_ =
                trap{GROQ_FAULT_ECC,
                     from_sram ? address + tile * GROQ_TILE_LANES : address, detail};
    }
}

// After all that an instruction consumes, before anything is done with it.
void machine::need_correct() {
    if (auto why = std::exchange(uncorrectable_, std::nullopt))
        throw *why;
}

unsigned machine::delay_of(const issue &i) const {
    int more = i.what.of->opcode == wrong_.opcode ? wrong_.delay : 0;
    return static_cast<unsigned>(static_cast<int>(i.what.of->delay) + more);
}

// @values go onto consecutive streams when the instruction's delay is over.
void machine::drive(const issue &i, unsigned stream, std::vector<vector> values) {
    for (vector &v : values) {
        if (wrong_.spoil)
            wrong_.spoil(i.what, v);
        for (unsigned lane = 0; lane < GROQ_LANES; ++lane)
            if (!i.powers(lane))
                v.lanes[lane] = 0;
        std::erase_if(v.errors, [&](const auto &e) { return e.first >= i.superlanes; });
    }
    schedule(i, delay_of(i), [this, i, stream, values = std::move(values)] {
        last_effect_ = std::max(last_effect_, cycle_);
        for (unsigned n = 0; n < values.size(); ++n) {
            auto value = std::make_shared<vector>(values[n]);
            make_errors(stream + n, *value);
            if (!streams_.drive(position_of(i.icu), stream + n, value))
                throw trap{GROQ_FAULT_STREAM_CONFLICT, ~uint64_t{0}, stream + n};
        }
    });
}

void machine::make_errors(unsigned stream, vector &value) {
    ambiguous_ |= hit_.contains(stream) && hit_[stream] == cycle_;
    auto wrong = injected_.extract(stream);
    if (wrong.empty())
        return;
    wrong_bits &sum = value.errors[wrong.mapped().first];
    sum ^= wrong.mapped().second;
    ambiguous_ |= sum.count() > 2;
    hit_[stream] = cycle_;
}

void machine::drive_typed(const issue &i, unsigned stream, unsigned bytes,
                          const lanes32 &values) {
    std::vector<vector> by_stream(bytes);
    for (unsigned byte = 0; byte < bytes; ++byte)
        for (unsigned lane = 0; lane < GROQ_LANES; ++lane)
            by_stream[byte].lanes[lane] =
                static_cast<uint8_t>(values[lane] >> 8 * byte);
    drive(i, stream, std::move(by_stream));
}

} // namespace groq::reference
