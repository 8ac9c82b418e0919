// SPDX-License-Identifier: MIT
// A vector value of any type, and how streams carry it, docs/isa.md section 1.
#ifndef GROQ_CHIP_LANES_HPP
#define GROQ_CHIP_LANES_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "hw/groq_sram.h"

namespace groq::chip {

// The 320 bytes of a stream. In pieces that compilers copy through registers: for
// the whole they choose instructions that take longer to begin than this to end.
inline void copy_vector(uint8_t *to, const uint8_t *from) {
    constexpr size_t piece = 64;
    static_assert(GROQ_VECTOR_BYTES % piece == 0);
    for (size_t at = 0; at < GROQ_VECTOR_BYTES; at += piece)
        std::memcpy(to + at, from + at, piece);
}

// An array of 320 values; the widest type has 4 bytes.
struct alignas(64) lanes {
    uint8_t bytes[GROQ_LANES * 4];
};

// A vector may be read as another type than it was written as: always by copy.
template <class T>
T load(const lanes &v, uint32_t lane) {
    T x;
    std::memcpy(&x, v.bytes + lane * sizeof(T), sizeof(T));
    return x;
}

template <class T>
void store(lanes &v, uint32_t lane, T x) {
    std::memcpy(v.bytes + lane * sizeof(T), &x, sizeof(T));
}

// Between a value and the streams that carry it: byte 0 of every lane on the
// first. @width 1, 2 or 4.
void join_bytes(const uint8_t *const *streams, uint32_t width, lanes &out);
void split_bytes(const lanes &in, uint32_t width, uint8_t *const *streams);

// The immediate in every lane.
void splat(uint32_t immediate, uint32_t width, lanes &out);

} // namespace groq::chip

#endif
