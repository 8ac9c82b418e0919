// SPDX-License-Identifier: MIT
#include "half_kernels.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "floats.hpp"

#if defined(__x86_64__) && defined(__GNUC__)
#define GROQ_HAS_X86_KERNELS 1
#include <immintrin.h>
#endif

namespace groq::chip {

// How a sum stays exact. A product of two binary16 numbers is a multiple of
// 2^-48 below 2^32: a double holds it, but not the sum of many. So each is split:
// added to something between 2^44 and 2^45 it loses what is below 2^-8, and
// what it lost is found by subtracting again. 320 of the upper parts are below
// 2^41 and multiples of 2^-8, 320 of the lower ones below 1 and multiples of
// 2^-48: both sums are exact, in any order. Together they are rounded once.
// With an infinity or a NaN the upper sum is what IEEE says, and all that counts.
constexpr double split_at = 0x1.8p44;

constexpr size_t block_lanes = matrix_weights::block_lanes;

#define GROQ_INLINE [[gnu::always_inline]] static inline

GROQ_INLINE float number_of(uint32_t low, uint32_t high) {
    return widen(half{static_cast<uint16_t>(low | high << 8)});
}

void join_halves(const matrix_weights::rows &low, const matrix_weights::rows &high,
                 half_weights::rows &out) {
    constexpr size_t group_bytes = block_lanes * 4;
    for (size_t group = 0; group < matrix_weights::groups; ++group) {
        std::array<uint32_t, block_lanes> lows, highs; // four inputs of every output
        std::memcpy(lows.data(), low.data() + group * group_bytes, group_bytes);
        std::memcpy(highs.data(), high.data() + group * group_bytes, group_bytes);
        for (size_t input = 0; input < 4; ++input) {
            float *to = out.data() + (group * 4 + input) * block_lanes;
            for (size_t lane = 0; lane < block_lanes; ++lane)
                to[lane] = number_of(lows[lane] >> 8 * input & 0xff,
                                     highs[lane] >> 8 * input & 0xff);
        }
    }
}

void join_halves(const matrix_activations &low, const matrix_activations &high,
                 half_activations &out) {
    for (size_t lane = 0; lane < GROQ_LANES; ++lane)
        out.lane[lane] = number_of(low.lane[lane], high.lane[lane]);
}

// high + low, rounded to the nearest binary32. On the way it is a double: where
// that is not exact it is made odd, so that the second rounding errs nowhere.
GROQ_INLINE int32_t round_once(double high, double low) {
    double upper = high - split_at;
    double lower = upper - upper == 0 ? low : 0; // beside infinity and NaN: nothing
    double sum = upper + lower;
    double back = sum - upper;
    double error = (upper - (sum - back)) + (lower - back);
    auto bits = std::bit_cast<int64_t>(sum);
    int64_t outwards = sum < 0 ? -1 : 1;
    int64_t towards = error > 0 ? outwards : error < 0 ? -outwards : 0;
    bits += bits & 1 ? 0 : towards;
    auto rounded = static_cast<float>(std::bit_cast<double>(bits));
    return std::bit_cast<int32_t>(canonical(rounded));
}

GROQ_INLINE void round_block(const double *high, const double *low, int32_t *sums) {
    for (size_t lane = 0; lane < block_lanes; ++lane)
        sums[lane] = round_once(high[lane], low[lane]);
}

static bool always() {
    return true;
}

static void multiply_block(const float *weights, const double *activations,
                           int32_t *sums) {
    double high[block_lanes], low[block_lanes] = {};
    std::fill_n(high, block_lanes, split_at);
    for (size_t input = 0; input < GROQ_LANES; ++input) {
        for (size_t lane = 0; lane < block_lanes; ++lane) {
            double product =
                double{weights[input * block_lanes + lane]} * activations[input];
            double next = high[lane] + product;
            low[lane] += product - (next - high[lane]);
            high[lane] = next;
        }
    }
    round_block(high, low, sums);
}

static void multiply_portable(const half_weights &weights,
                              const half_activations *activations,
                              matrix_sums *const *sums, size_t count) {
    for (size_t b = 0; b < matrix_weights::blocks; ++b)
        for (size_t n = 0; n < count; ++n)
            multiply_block(weights.block[b].data(), activations[n].lane.data(),
                           sums[n]->lane.data() + b * block_lanes);
}

#ifdef GROQ_HAS_X86_KERNELS

#define GROQ_AVX2 __attribute__((target("avx2,fma")))
#define GROQ_AVX512 __attribute__((target("avx512f,avx512dq")))

static bool has_avx2() {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static bool has_avx512() {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq");
}

// A block of outputs by @Count activations: the sums of both kinds stay in
// registers, and so do the weights of an input.
template <size_t Count>
GROQ_AVX512 static void multiply_tile_avx512(const float *weights,
                                             const half_activations *activations,
                                             matrix_sums *const *sums, size_t first) {
    constexpr size_t parts = 2, part_lanes = 8;
    __m512d high[Count][parts], low[Count][parts];
    for (size_t n = 0; n < Count; ++n)
        for (size_t p = 0; p < parts; ++p) {
            high[n][p] = _mm512_set1_pd(split_at);
            low[n][p] = _mm512_setzero_pd();
        }
    for (size_t input = 0; input < GROQ_LANES; ++input) {
        __m512d w[parts];
        for (size_t p = 0; p < parts; ++p)
            w[p] = _mm512_maskz_cvtps_pd(
                0xff, _mm256_load_ps(weights + input * block_lanes + p * part_lanes));
#pragma GCC unroll 16
        for (size_t n = 0; n < Count; ++n) {
            __m512d a = _mm512_set1_pd(activations[n].lane[input]);
#pragma GCC unroll 16
            for (size_t p = 0; p < parts; ++p) {
                __m512d next = _mm512_fmadd_pd(a, w[p], high[n][p]);
                __m512d part = _mm512_sub_pd(next, high[n][p]);
                low[n][p] = _mm512_add_pd(low[n][p], _mm512_fmsub_pd(a, w[p], part));
                high[n][p] = next;
            }
        }
    }
    for (size_t n = 0; n < Count; ++n) {
        alignas(64) double upper[block_lanes], lower[block_lanes];
        for (size_t p = 0; p < parts; ++p) {
            _mm512_store_pd(upper + p * part_lanes, high[n][p]);
            _mm512_store_pd(lower + p * part_lanes, low[n][p]);
        }
        round_block(upper, lower, sums[n]->lane.data() + first);
    }
}

template <size_t Count>
GROQ_AVX2 static void multiply_tile_avx2(const float *weights,
                                         const half_activations *activations,
                                         matrix_sums *const *sums, size_t first) {
    constexpr size_t part_lanes = 4;
    alignas(32) double upper[Count][block_lanes], lower[Count][block_lanes];
    for (size_t at = 0; at < block_lanes; at += part_lanes) {
        __m256d high[Count], low[Count];
        for (size_t n = 0; n < Count; ++n) {
            high[n] = _mm256_set1_pd(split_at);
            low[n] = _mm256_setzero_pd();
        }
        for (size_t input = 0; input < GROQ_LANES; ++input) {
            __m256d w =
                _mm256_cvtps_pd(_mm_load_ps(weights + input * block_lanes + at));
#pragma GCC unroll 16
            for (size_t n = 0; n < Count; ++n) {
                __m256d a = _mm256_set1_pd(activations[n].lane[input]);
                __m256d next = _mm256_fmadd_pd(a, w, high[n]);
                __m256d part = _mm256_sub_pd(next, high[n]);
                low[n] = _mm256_add_pd(low[n], _mm256_fmsub_pd(a, w, part));
                high[n] = next;
            }
        }
        for (size_t n = 0; n < Count; ++n) {
            _mm256_store_pd(upper[n] + at, high[n]);
            _mm256_store_pd(lower[n] + at, low[n]);
        }
    }
    for (size_t n = 0; n < Count; ++n)
        round_block(upper[n], lower[n], sums[n]->lane.data() + first);
}

using multiply_tile = void (*)(const float *weights,
                               const half_activations *activations,
                               matrix_sums *const *sums, size_t first);

// @by_count[n]: for n + 1 activations. A block of weights stays in the cache for
// all of them.
static void multiply_tiles(std::span<const multiply_tile> by_count,
                           const half_weights &weights,
                           const half_activations *activations,
                           matrix_sums *const *sums, size_t count) {
    for (size_t b = 0; b < matrix_weights::blocks; ++b) {
        for (size_t n = 0; n < count;) {
            size_t most = std::min(count - n, by_count.size());
            by_count[most - 1](weights.block[b].data(), activations + n, sums + n,
                               b * block_lanes);
            n += most;
        }
    }
}

static void multiply_avx512(const half_weights &weights,
                            const half_activations *activations,
                            matrix_sums *const *sums, size_t count) {
    static constexpr multiply_tile by_count[] = {
        multiply_tile_avx512<1>, multiply_tile_avx512<2>, multiply_tile_avx512<3>,
        multiply_tile_avx512<4>};
    multiply_tiles(by_count, weights, activations, sums, count);
}

static void multiply_avx2(const half_weights &weights,
                          const half_activations *activations, matrix_sums *const *sums,
                          size_t count) {
    static constexpr multiply_tile by_count[] = {
        multiply_tile_avx2<1>, multiply_tile_avx2<2>, multiply_tile_avx2<3>,
        multiply_tile_avx2<4>};
    multiply_tiles(by_count, weights, activations, sums, count);
}

#endif

static constexpr half_kernel kernels[] = {
#ifdef GROQ_HAS_X86_KERNELS
    {"avx512", has_avx512, multiply_avx512},
    {"avx2-fma", has_avx2, multiply_avx2},
#endif
    {"portable", always, multiply_portable},
};

std::span<const half_kernel> half_kernels() {
    return kernels;
}

half_multiply fastest_half_multiply() {
    const half_kernel *k = kernels;
    while (!k->is_usable())
        ++k;
    return k->multiply;
}

} // namespace groq::chip
