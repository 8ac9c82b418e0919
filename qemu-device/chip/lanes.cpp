// SPDX-License-Identifier: MIT
#include "lanes.hpp"

#include <algorithm>
#include <array>

namespace groq::chip {

template <class T>
static void join(const uint8_t *const *streams, lanes &__restrict__ out) {
    std::array<const uint8_t *, sizeof(T)> in;
    std::copy_n(streams, sizeof(T), in.begin());
    for (uint32_t lane = 0; lane < GROQ_LANES; ++lane) {
        T x = 0;
        for (uint32_t byte = 0; byte < sizeof(T); ++byte)
            x = static_cast<T>(x | T{in[byte][lane]} << byte * 8);
        store<T>(out, lane, x);
    }
}

void join_bytes(const uint8_t *const *streams, uint32_t width, lanes &out) {
    if (width == 1)
        copy_vector(out.bytes, streams[0]);
    else if (width == 2)
        join<uint16_t>(streams, out);
    else
        join<uint32_t>(streams, out);
}

template <class T>
static void split(const lanes &in, uint8_t *const *streams) {
    for (uint32_t byte = 0; byte < sizeof(T); ++byte) {
        uint8_t *__restrict__ out = streams[byte];
        for (uint32_t lane = 0; lane < GROQ_LANES; ++lane)
            out[lane] = static_cast<uint8_t>(load<T>(in, lane) >> byte * 8);
    }
}

void split_bytes(const lanes &in, uint32_t width, uint8_t *const *streams) {
    if (width == 1)
        copy_vector(streams[0], in.bytes);
    else if (width == 2)
        split<uint16_t>(in, streams);
    else
        split<uint32_t>(in, streams);
}

template <class T>
static void fill(lanes &out, T x) {
    for (uint32_t lane = 0; lane < GROQ_LANES; ++lane)
        store<T>(out, lane, x);
}

void splat(uint32_t immediate, uint32_t width, lanes &out) {
    if (width == 1)
        fill(out, static_cast<uint8_t>(immediate));
    else if (width == 2)
        fill(out, static_cast<uint16_t>(immediate));
    else
        fill(out, immediate);
}

} // namespace groq::chip
