// SPDX-License-Identifier: MIT
#include "floats.hpp"

#if defined(__x86_64__) && defined(__GNUC__)
#define GROQ_HAS_X86_KERNELS 1
#include <cpuid.h>
#include <immintrin.h>
#endif

namespace groq::chip {

static bool always() {
    return true;
}

static void widen_portable(const lanes &halves, lanes &__restrict__ floats) {
    for (uint32_t lane = 0; lane < GROQ_LANES; ++lane)
        store(floats, lane, widen(load<half>(halves, lane)));
}

static void narrow_portable(const lanes &floats, lanes &__restrict__ halves) {
    for (uint32_t lane = 0; lane < GROQ_LANES; ++lane)
        store(halves, lane, narrow(load<float>(floats, lane)));
}

#ifdef GROQ_HAS_X86_KERNELS

#define GROQ_F16C __attribute__((target("avx,f16c")))

static bool has_f16c() {
    uint32_t eax, ebx, ecx, edx;
    return __builtin_cpu_supports("avx") && __get_cpuid(1, &eax, &ebx, &ecx, &edx) &&
           ecx & bit_F16C;
}

GROQ_F16C static void widen_f16c(const lanes &halves, lanes &floats) {
    const auto *in = reinterpret_cast<const __m128i *>(halves.bytes);
    auto *out = reinterpret_cast<__m256i *>(floats.bytes);
    for (uint32_t i = 0; i < GROQ_LANES / 8; ++i) {
        __m256 x = _mm256_cvtph_ps(_mm_load_si128(in + i));
        _mm256_store_si256(out + i, _mm256_castps_si256(x));
    }
}

GROQ_F16C static void narrow_f16c(const lanes &floats, lanes &halves) {
    const auto *in = reinterpret_cast<const __m256i *>(floats.bytes);
    auto *out = reinterpret_cast<__m128i *>(halves.bytes);
    for (uint32_t i = 0; i < GROQ_LANES / 8; ++i) {
        __m256 x = _mm256_castsi256_ps(_mm256_load_si256(in + i));
        _mm_store_si128(out + i, _mm256_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT));
    }
}

#endif

static constexpr half_conversion kernels[] = {
#ifdef GROQ_HAS_X86_KERNELS
    {"f16c", has_f16c, widen_f16c, narrow_f16c},
#endif
    {"portable", always, widen_portable, narrow_portable},
};

std::span<const half_conversion> half_conversions() {
    return kernels;
}

static const half_conversion &find_fastest() {
    const half_conversion *k = kernels;
    while (!k->is_usable())
        ++k;
    return *k;
}

static const half_conversion &fastest() {
    static const half_conversion &k = find_fastest();
    return k;
}

void widen(const lanes &halves, lanes &floats) {
    fastest().widen(halves, floats);
}

void narrow(const lanes &floats, lanes &halves) {
    fastest().narrow(floats, halves);
}

} // namespace groq::chip
