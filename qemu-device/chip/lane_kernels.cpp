// SPDX-License-Identifier: MIT
#include "lane_kernels.hpp"

#include <cstring>

#if defined(__x86_64__) && defined(__GNUC__)
#define GROQ_HAS_X86_KERNELS 1
#include <immintrin.h>
#endif

namespace groq::chip {

static void clear_rest(uint8_t *to, uint32_t powered) {
    if (powered < GROQ_LANES)
        std::memset(to + powered, 0, GROQ_LANES - powered);
}

void shift_up(const uint8_t *from, uint32_t distance, uint32_t powered, uint8_t *to) {
    uint32_t empty = distance < powered ? distance : powered;
    std::memset(to, 0, empty);
    std::memcpy(to + empty, from, powered - empty);
    clear_rest(to, powered);
}

void shift_down(const uint8_t *from, uint32_t distance, uint32_t powered, uint8_t *to) {
    uint32_t empty = distance < powered ? distance : powered;
    std::memcpy(to, from + empty, powered - empty);
    std::memset(to + powered - empty, 0, empty);
    clear_rest(to, powered);
}

void select_lanes(const selection &sources, const uint8_t *map, uint32_t powered,
                  uint8_t *__restrict__ to) {
    const uint8_t *center = sources[0], *north = sources[1], *south = sources[2];
    for (uint32_t lane = 0; lane < powered; ++lane) {
        uint8_t c = center[lane], n = north[lane], s = south[lane];
        uint8_t shifted = map[lane] == 1 ? n : s;
        to[lane] = map[lane] == 0 ? c : shifted;
    }
    clear_rest(to, powered);
}

void permute_lanes(const uint8_t *from, const lane_numbers &map, uint32_t powered,
                   uint8_t *__restrict__ to) {
    for (uint32_t lane = 0; lane < powered; ++lane)
        to[lane] = from[map[lane]];
    clear_rest(to, powered);
}

static void distribute_portable(const uint8_t *from, const uint8_t *map,
                                uint32_t powered, uint8_t *__restrict__ to) {
    for (uint32_t lane = 0; lane < powered; ++lane) {
        const uint8_t *superlane = from + lane / GROQ_TILE_LANES * GROQ_TILE_LANES;
        uint8_t byte = superlane[map[lane] % GROQ_TILE_LANES];
        to[lane] = map[lane] & 0x80 ? 0 : byte;
    }
}

#ifdef GROQ_HAS_X86_KERNELS

// The processor's shuffle is the distributor, map and all.
__attribute__((target("ssse3"))) static void
distribute_ssse3(const uint8_t *from, const uint8_t *map, uint32_t powered,
                 uint8_t *__restrict__ to) {
    for (uint32_t lane = 0; lane < powered; lane += GROQ_TILE_LANES) {
        __m128i in = _mm_loadu_si128(reinterpret_cast<const __m128i *>(from + lane));
        __m128i by = _mm_loadu_si128(reinterpret_cast<const __m128i *>(map + lane));
        _mm_storeu_si128(reinterpret_cast<__m128i *>(to + lane),
                         _mm_shuffle_epi8(in, by));
    }
}

static bool has_ssse3() {
    return __builtin_cpu_supports("ssse3");
}

#endif

static bool always() {
    return true;
}

static constexpr distribute_kernel kernels[] = {
#ifdef GROQ_HAS_X86_KERNELS
    {"ssse3", has_ssse3, distribute_ssse3},
#endif
    {"portable", always, distribute_portable},
};

std::span<const distribute_kernel> distribute_kernels() {
    return kernels;
}

static lane_distribution fastest_distribution() {
    const distribute_kernel *k = kernels;
    while (!k->is_usable())
        ++k;
    return k->distribute;
}

void distribute_lanes(const uint8_t *from, const uint8_t *map, uint32_t powered,
                      uint8_t *to) {
    static const lane_distribution distribute = fastest_distribution();
    distribute(from, map, powered, to);
    clear_rest(to, powered);
}

// Rotations are distributions with a fixed map.
using rotation = std::array<uint8_t, GROQ_LANES>;

static constexpr rotation make_rotation(uint32_t n, uint32_t by) {
    rotation map{};
    for (uint32_t lane = 0; lane < GROQ_LANES; ++lane) {
        uint32_t place = lane % GROQ_TILE_LANES;
        uint32_t group = place / n * n;
        bool is_grouped = group + n <= GROQ_TILE_LANES;
        map[lane] = is_grouped ? static_cast<uint8_t>(group + (place - group + by) % n)
                               : GROQ_DISTRIBUTE_ZERO;
    }
    return map;
}

void rotate_lanes(const uint8_t *from, uint32_t n, uint32_t by, uint32_t powered,
                  uint8_t *to) {
    static constexpr rotation by_three[] = {make_rotation(3, 0), make_rotation(3, 1),
                                            make_rotation(3, 2)};
    static constexpr rotation by_four[] = {make_rotation(4, 0), make_rotation(4, 1),
                                           make_rotation(4, 2), make_rotation(4, 3)};
    const rotation *maps = n == 3 ? by_three : by_four;
    distribute_lanes(from, maps[by].data(), powered, to);
}

using superlane = uint8_t __attribute__((vector_size(GROQ_TILE_LANES)));
using tile = std::array<superlane, GROQ_TILE_LANES>;

static superlane interleave_low(superlane a, superlane b) {
    return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6,
                                   22, 7, 23);
}

static superlane interleave_high(superlane a, superlane b) {
    return __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29,
                                   14, 30, 15, 31);
}

// Of the 8 bits that number a byte, 4 of row and 4 of column, the top one
// becomes the lowest.
static tile interleave_halves(const tile &rows) {
    tile mixed;
    for (size_t i = 0; i < rows.size() / 2; ++i) {
        mixed[2 * i] = interleave_low(rows[i], rows[i + 8]);
        mixed[2 * i + 1] = interleave_high(rows[i], rows[i + 8]);
    }
    return mixed;
}

void transpose_lanes(const square &from, uint32_t powered,
                     const transposed_square &to) {
    for (uint32_t lane = 0; lane < powered; lane += GROQ_TILE_LANES) {
        tile rows;
        for (size_t i = 0; i < rows.size(); ++i)
            std::memcpy(&rows[i], from[i] + lane, sizeof(superlane));
        for (int bit = 0; bit < 4; ++bit)
            rows = interleave_halves(rows);
        for (size_t i = 0; i < rows.size(); ++i)
            std::memcpy(to[i] + lane, &rows[i], sizeof(superlane));
    }
    for (uint8_t *stream : to)
        clear_rest(stream, powered);
}

} // namespace groq::chip
