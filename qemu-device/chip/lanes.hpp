// SPDX-License-Identifier: MIT
// A vector value of any type, and how streams carry it, docs/isa.md section 1.
#ifndef GROQ_CHIP_LANES_HPP
#define GROQ_CHIP_LANES_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "hw/groq_sram.h"

namespace groq::chip {

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

// Of one byte per lane. Moves of 16 bytes, since compilers take a memcpy() of this
// size for one that pays for a string instruction.
inline void copy_vector(uint8_t *to, const uint8_t *from) {
    using piece =
        uint8_t __attribute__((vector_size(GROQ_TILE_LANES), aligned(1), may_alias));
    constexpr size_t pieces = GROQ_VECTOR_BYTES / sizeof(piece);
    const auto *source = reinterpret_cast<const piece *>(from);
    auto *target = reinterpret_cast<piece *>(to);
    for (size_t i = 0; i < pieces; i += 4) {
        piece a = source[i], b = source[i + 1], c = source[i + 2], d = source[i + 3];
        target[i] = a, target[i + 1] = b, target[i + 2] = c, target[i + 3] = d;
    }
}

// Between a value and the streams that carry it: byte 0 of every lane on the
// first. @width 1, 2 or 4.
void join_bytes(const uint8_t *const *streams, uint32_t width, lanes &out);
void split_bytes(const lanes &in, uint32_t width, uint8_t *const *streams);

// The immediate in every lane.
void splat(uint32_t immediate, uint32_t width, lanes &out);

} // namespace groq::chip

#endif
