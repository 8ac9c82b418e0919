// SPDX-License-Identifier: MIT
#include "dot_product.hpp"

#include <immintrin.h>

namespace bench {
namespace {

constexpr std::size_t turns = 20'000;
// Independent sums: enough to hide the latency of the instruction, and few
// enough for the registers.
constexpr std::size_t sums = 12;

// A function `name` for the given processor feature, whose loop is `step` on
// sum[i]. The empty assembly keeps the compiler from foreseeing the sums.
#define BENCH_DOT_PRODUCT(name, feature, vector, factor, other, macs, step)            \
    [[gnu::target(feature)]] std::size_t name() {                                      \
        const vector a = factor, b = other;                                            \
        vector sum[sums]{};                                                            \
        for (std::size_t turn = 0; turn < turns; ++turn) {                             \
            _Pragma("GCC unroll 12") for (std::size_t i = 0; i < sums; ++i) {          \
                sum[i] = step;                                                         \
                asm volatile("" : "+v"(sum[i]));                                       \
            }                                                                          \
        }                                                                              \
        return turns * sums * (macs);                                                  \
    }

BENCH_DOT_PRODUCT(run_avx512_vnni, "avx512f,avx512vnni", __m512i, _mm512_set1_epi8(3),
                  _mm512_set1_epi8(-5), 64, _mm512_dpbusd_epi32(sum[i], a, b))
BENCH_DOT_PRODUCT(run_avx_vnni, "avx2,avxvnni", __m256i, _mm256_set1_epi8(3),
                  _mm256_set1_epi8(-5), 32, _mm256_dpbusd_avx_epi32(sum[i], a, b))
BENCH_DOT_PRODUCT(run_avx2, "avx2", __m256i, _mm256_set1_epi16(3),
                  _mm256_set1_epi16(-5), 16,
                  _mm256_add_epi32(sum[i], _mm256_madd_epi16(a, b)))
BENCH_DOT_PRODUCT(run_sse2, "sse2", __m128i, _mm_set1_epi16(3), _mm_set1_epi16(-5), 8,
                  _mm_add_epi32(sum[i], _mm_madd_epi16(a, b)))
BENCH_DOT_PRODUCT(run_avx512_fma, "avx512f", __m512, _mm512_set1_ps(3),
                  _mm512_set1_ps(-5), 16, _mm512_fmadd_ps(a, b, sum[i]))
BENCH_DOT_PRODUCT(run_avx2_fma, "avx2,fma", __m256, _mm256_set1_ps(3),
                  _mm256_set1_ps(-5), 8, _mm256_fmadd_ps(a, b, sum[i]))
BENCH_DOT_PRODUCT(run_sse, "sse2", __m128, _mm_set1_ps(3), _mm_set1_ps(-5), 4,
                  _mm_add_ps(sum[i], _mm_mul_ps(a, b)))
#undef BENCH_DOT_PRODUCT

} // namespace

dot_product best_dot_product() {
    if (__builtin_cpu_supports("avx512vnni"))
        return {"vpdpbusd on 512 bits", run_avx512_vnni};
    if (__builtin_cpu_supports("avxvnni"))
        return {"vpdpbusd on 256 bits", run_avx_vnni};
    if (__builtin_cpu_supports("avx2"))
        return {"vpmaddwd on 256 bits", run_avx2};
    return {"pmaddwd on 128 bits", run_sse2};
}

dot_product best_float_product() {
    if (__builtin_cpu_supports("avx512f"))
        return {"vfmadd on 512 bits", run_avx512_fma};
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return {"vfmadd on 256 bits", run_avx2_fma};
    return {"mulps and addps on 128 bits", run_sse};
}

} // namespace bench
