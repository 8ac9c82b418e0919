// SPDX-License-Identifier: MIT
#include "matrix_kernels.hpp"

#include <algorithm>
#include <cstring>

#if defined(__x86_64__) && defined(__GNUC__)
#define GROQ_HAS_X86_KERNELS 1
#include <immintrin.h>
#endif

namespace groq::chip {

constexpr size_t groups = matrix_weights::groups;
constexpr size_t block_lanes = matrix_weights::block_lanes;
constexpr size_t group_bytes = block_lanes * 4;

void pack_block(const uint8_t *const *rows, matrix_weights::rows &block) {
    auto *out = reinterpret_cast<uint8_t *>(block.data());
    for (size_t lane = 0; lane < block_lanes; ++lane)
        for (size_t group = 0; group < groups; ++group)
            std::memcpy(out + group * group_bytes + lane * 4, rows[lane] + group * 4,
                        4);
}

static bool always() {
    return true;
}

static void multiply_block(const int8_t *weights, const uint8_t *activations,
                           int32_t *sums) {
    int32_t sum[block_lanes] = {};
    for (size_t group = 0; group < groups; ++group) {
        const int8_t *w = weights + group * group_bytes;
        const uint8_t *a = activations + group * 4;
        for (size_t lane = 0; lane < block_lanes; ++lane)
            sum[lane] += w[lane * 4] * a[0] + w[lane * 4 + 1] * a[1] +
                         w[lane * 4 + 2] * a[2] + w[lane * 4 + 3] * a[3];
    }
    std::memcpy(sums, sum, sizeof(sum));
}

static void multiply_portable(const matrix_weights &weights,
                              const matrix_activations *const *activations,
                              matrix_sums *const *sums, size_t count) {
    for (size_t b = 0; b < matrix_weights::blocks; ++b)
        for (size_t n = 0; n < count; ++n)
            multiply_block(weights.block[b].data(), activations[n]->lane.data(),
                           sums[n]->lane.data() + b * block_lanes);
}

#ifdef GROQ_HAS_X86_KERNELS

#define GROQ_AVX2 __attribute__((target("avx2")))
#define GROQ_VNNI __attribute__((target("avx512f,avx512bw,avx512vnni")))

static bool has_avx2() {
    return __builtin_cpu_supports("avx2");
}

static bool has_vnni() {
    return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vnni");
}

// Pairs of 16-bit products, since the 8-bit instruction saturates.
GROQ_AVX2 static void multiply_block_avx2(const int8_t *weights,
                                          const uint8_t *activations, int32_t *sums) {
    __m256i halves[4] = {};
    for (size_t group = 0; group < groups; ++group) {
        int32_t four;
        std::memcpy(&four, activations + group * 4, 4);
        __m256i a = _mm256_broadcastq_epi64(_mm_cvtepu8_epi16(_mm_cvtsi32_si128(four)));
        const auto *w =
            reinterpret_cast<const __m128i *>(weights + group * group_bytes);
        for (size_t i = 0; i < 4; ++i)
            halves[i] = _mm256_add_epi32(
                halves[i], _mm256_madd_epi16(_mm256_cvtepi8_epi16(w[i]), a));
    }
    for (size_t i = 0; i < 4; i += 2) {
        __m256i mixed = _mm256_hadd_epi32(halves[i], halves[i + 1]);
        __m256i ordered = _mm256_permute4x64_epi64(mixed, 0b11011000);
        _mm256_storeu_si256(reinterpret_cast<__m256i *>(sums + i * 4), ordered);
    }
}

GROQ_AVX2 static void multiply_avx2(const matrix_weights &weights,
                                    const matrix_activations *const *activations,
                                    matrix_sums *const *sums, size_t count) {
    for (size_t b = 0; b < matrix_weights::blocks; ++b)
        for (size_t n = 0; n < count; ++n)
            multiply_block_avx2(weights.block[b].data(), activations[n]->lane.data(),
                                sums[n]->lane.data() + b * block_lanes);
}

// @Blocks blocks of outputs by @Count activations stay in registers.
template <size_t Blocks, size_t Count>
GROQ_VNNI static void multiply_tile(const matrix_weights::rows *weights,
                                    const matrix_activations *const *activations,
                                    matrix_sums *const *sums, size_t first_lane) {
    __m512i sum[Blocks][Count] = {};
    for (size_t group = 0; group < groups; ++group) {
        __m512i a[Count];
#pragma GCC unroll 16
        for (size_t n = 0; n < Count; ++n) {
            int32_t four;
            std::memcpy(&four, activations[n]->lane.data() + group * 4, 4);
            a[n] = _mm512_set1_epi32(four);
        }
#pragma GCC unroll 16
        for (size_t b = 0; b < Blocks; ++b) {
            __m512i w = _mm512_load_si512(weights[b].data() + group * group_bytes);
#pragma GCC unroll 16
            for (size_t n = 0; n < Count; ++n)
                sum[b][n] = _mm512_dpbusd_epi32(sum[b][n], a[n], w);
        }
    }
    for (size_t b = 0; b < Blocks; ++b)
        for (size_t n = 0; n < Count; ++n)
            _mm512_store_si512(sums[n]->lane.data() + first_lane + b * block_lanes,
                               sum[b][n]);
}

template <size_t Blocks, size_t Count>
static void multiply_tiles(const matrix_weights &weights,
                           const matrix_activations *const *activations,
                           matrix_sums *const *sums) {
    static_assert(matrix_weights::blocks % Blocks == 0);
    for (size_t b = 0; b < matrix_weights::blocks; b += Blocks)
        multiply_tile<Blocks, Count>(&weights.block[b], activations, sums,
                                     b * block_lanes);
}

static void multiply_vnni(const matrix_weights &weights,
                          const matrix_activations *const *activations,
                          matrix_sums *const *sums, size_t count) {
    using tiles = void (*)(const matrix_weights &, const matrix_activations *const *,
                           matrix_sums *const *);
    constexpr tiles by_count[] = {multiply_tiles<10, 1>, multiply_tiles<5, 2>,
                                  multiply_tiles<5, 3>,  multiply_tiles<4, 4>,
                                  multiply_tiles<4, 5>,  multiply_tiles<2, 6>,
                                  multiply_tiles<2, 7>,  multiply_tiles<2, 8>};
    for (size_t n = 0; n < count;) {
        size_t most = std::min(count - n, std::size(by_count));
        by_count[most - 1](weights, activations + n, sums + n);
        n += most;
    }
}

#endif

static constexpr matrix_kernel kernels[] = {
#ifdef GROQ_HAS_X86_KERNELS
    {"avx512-vnni", has_vnni, multiply_vnni},
    {"avx2", has_avx2, multiply_avx2},
#endif
    {"portable", always, multiply_portable},
};

std::span<const matrix_kernel> matrix_kernels() {
    return kernels;
}

matrix_multiply fastest_matrix_multiply() {
    const matrix_kernel *k = kernels;
    while (!k->is_usable())
        ++k;
    return k->multiply;
}

} // namespace groq::chip
