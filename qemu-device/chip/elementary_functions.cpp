// SPDX-License-Identifier: MIT
// tanh and e^x by Ziv's method: an estimate in double whose error is known, and
// only when the two ends of its interval round differently, which one lane in
// 2^19 does, again in twice the precision. Every step is an IEEE operation, so
// every host takes the same ones; none is a library's.
#include "elementary_functions.hpp"

#include <array>
#include <bit>
#include <cfloat>
#include <cmath>

#include "double_double.hpp"
#include "floats.hpp"

#if defined(__x86_64__) && defined(__GNUC__)
#define GROQ_HAS_X86_KERNELS 1
#endif
#ifdef __GNUC__
#define GROQ_INLINE static inline __attribute__((always_inline)) // for any processor
#else
#define GROQ_INLINE static inline
#endif

namespace groq::chip {

static_assert(FLT_EVAL_METHOD == 0, "floats are to be computed as floats");

constexpr double log2_of_e = 0x1.71547652b82fep+0;
// ln 2 in parts; the first has 41 bits, so that its products with the integers
// here are exact.
constexpr double ln2_high = 0x1.62e42fefa3p-1;
constexpr double ln2_rest = 0x1.3de6af278ece6p-42;

// x = count * ln 2 + remainder, |remainder| <= ln 2 / 2.
struct reduction {
    double scale;            // 2^count
    double_double remainder; // to 2^-87
};

// For floats and their doubles below 700. Where count is not 0, x and its
// product with the high part are multiples of 2^-41: their difference is exact.
GROQ_INLINE reduction reduce(double x) {
    constexpr double no_fraction = 0x1.8p52;
    double shifted = x * log2_of_e + no_fraction;
    double count = shifted - no_fraction;
    uint64_t exponent = std::bit_cast<uint64_t>(shifted) + 1023;
    double_double remainder = sum_of(x - count * ln2_high, -(count * ln2_rest));
    return {std::bit_cast<double>(exponent << 52), remainder};
}

constexpr uint32_t terms = 11;

constexpr auto inverse_factorials = [] {
    std::array<double, terms + 1> table{1};
    double factorial = 1;
    for (uint32_t n = 1; n <= terms; ++n)
        table[n] = 1 / (factorial *= n);
    return table;
}();

// e^r - 1 for |r| <= ln 2 / 2. What the series leaves out is at most
// 1.03 r^12 / 12! < 2^-45 |e^r - 1|; rounding adds less than 2^-51 of it.
GROQ_INLINE double expm1_of(double r) {
    double sum = inverse_factorials[terms];
    for (uint32_t n = terms - 1; n >= 2; --n)
        sum = sum * r + inverse_factorials[n];
    return r + r * r * sum;
}

// The same to 80 bits: r (1 + r/2 (1 + r/3 (1 + ...))).
static double_double precise_expm1_of(double_double r) {
    double_double sum{1, 0};
    for (double n = 20; n >= 2; --n)
        sum = r * sum / double_double{n, 0} + 1;
    return r * sum;
}

// Beyond the ends the result is that of the ends, in F32 as in F16.
struct exponential {
    GROQ_INLINE double bounded(double x) {
        double above = x < -104 ? -104 : x; // e^-104 < 2^-150
        return above > 89 ? 89 : above;     // e^89 > 2^128
    }

    GROQ_INLINE double estimate(double x) {
        reduction at = reduce(bounded(x));
        return at.scale + at.scale * expm1_of(at.remainder.high);
    }

    static double precise(double x) {
        reduction at = reduce(bounded(x));
        double_double e = precise_expm1_of(at.remainder) + 1;
        return round_to_odd({e.high * at.scale, e.low * at.scale});
    }
};

// (e^2x - 1) / (e^2x + 1), with e^2x - 1 = scale * expm1(r) + (scale - 1).
struct hyperbolic_tangent {
    GROQ_INLINE double bounded(double x) {
        double magnitude = std::fabs(x);
        return magnitude > 10 ? 10 : magnitude; // 1 - tanh(10) < 2^-27
    }

    GROQ_INLINE double estimate(double x) {
        reduction at = reduce(2 * bounded(x));
        double e = at.scale * expm1_of(at.remainder.high) + (at.scale - 1);
        return std::copysign(e / (e + 2), x);
    }

    static double precise(double x) {
        reduction at = reduce(2 * bounded(x));
        double_double p = precise_expm1_of(at.remainder);
        double_double e =
            double_double{p.high * at.scale, p.low * at.scale} + (at.scale - 1);
        return std::copysign(round_to_odd(e / (e + 2)), x);
    }
};

// Of the estimates above, relative: less than 2^-45 of the series, amplified at
// most 1.4 times by what follows it, and less than 2^-49 of all roundings.
constexpr double error = 0x1p-44;

template <class To>
static inline To round_to(double x);

template <>
inline float round_to(double x) {
    return static_cast<float>(x);
}

// Through a float that is odd unless it is exact, as in round_to_odd().
template <>
inline half round_to(double x) {
    auto nearest = static_cast<float>(x);
    bool is_beyond = std::fabs(static_cast<double>(nearest)) > std::fabs(x);
    uint32_t odd = (std::bit_cast<uint32_t>(nearest) - is_beyond) | 1;
    bool is_exact = static_cast<double>(nearest) == x || nearest != nearest;
    return narrow(is_exact ? nearest : std::bit_cast<float>(odd));
}

template <class Function, class To>
static To compute(float x) {
    if (x != x)
        return round_to<To>(not_a_number);
    double y = Function::estimate(x);
    To low = round_to<To>(y * (1 - error));
    To high = round_to<To>(y * (1 + error));
    return low == high ? high : round_to<To>(Function::precise(x));
}

template <class Function>
GROQ_INLINE void compute_floats(const lanes &in, lanes &__restrict__ out) {
    uint32_t doubtful = 0;
    for (uint32_t lane = 0; lane < GROQ_LANES; ++lane) {
        auto x = load<float>(in, lane);
        double y = Function::estimate(x);
        auto low = static_cast<float>(y * (1 - error));
        auto high = static_cast<float>(y * (1 + error));
        doubtful |= x == x && low != high;
        store(out, lane, x == x ? high : not_a_number);
    }
    for (uint32_t lane = 0; doubtful && lane < GROQ_LANES; ++lane)
        store(out, lane, compute<Function, float>(load<float>(in, lane)));
}

// Two roundings of 53 bits never reach across the middle of two floats: it is
// further away than that for all 2^24 significands and parities of exponents.
// The tests go through them.
GROQ_INLINE double rsqrt_of(float x) {
    return 1 / std::sqrt(static_cast<double>(x));
}

GROQ_INLINE void compute_rsqrt(const lanes &in, lanes &__restrict__ out) {
    for (uint32_t lane = 0; lane < GROQ_LANES; ++lane)
        store(out, lane,
              canonical(static_cast<float>(rsqrt_of(load<float>(in, lane)))));
}

#define GROQ_FLOAT_FUNCTIONS(processor, attributes)                                    \
    attributes static void tanh_##processor(const lanes &in, lanes &out) {             \
        compute_floats<hyperbolic_tangent>(in, out);                                   \
    }                                                                                  \
    attributes static void exp_##processor(const lanes &in, lanes &out) {              \
        compute_floats<exponential>(in, out);                                          \
    }                                                                                  \
    attributes static void rsqrt_##processor(const lanes &in, lanes &out) {            \
        compute_rsqrt(in, out);                                                        \
    }

GROQ_FLOAT_FUNCTIONS(portable, )

static bool always() {
    return true;
}

#ifdef GROQ_HAS_X86_KERNELS

GROQ_FLOAT_FUNCTIONS(avx2, __attribute__((target("avx2"))))
GROQ_FLOAT_FUNCTIONS(avx512, __attribute__((target("avx512f,avx512dq,avx512vl"))))

static bool has_avx2() {
    return __builtin_cpu_supports("avx2");
}

static bool has_avx512() {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl");
}

#endif

static constexpr float_functions kernels[] = {
#ifdef GROQ_HAS_X86_KERNELS
    {"avx512", has_avx512, tanh_avx512, exp_avx512, rsqrt_avx512},
    {"avx2", has_avx2, tanh_avx2, exp_avx2, rsqrt_avx2},
#endif
    {"portable", always, tanh_portable, exp_portable, rsqrt_portable},
};

std::span<const float_functions> all_float_functions() {
    return kernels;
}

static const float_functions &find_fastest() {
    const float_functions *k = kernels;
    while (!k->is_usable())
        ++k;
    return *k;
}

static const float_functions &fastest() {
    static const float_functions &k = find_fastest();
    return k;
}

void tanh_floats(const lanes &in, lanes &out) {
    fastest().tanh(in, out);
}

void exp_floats(const lanes &in, lanes &out) {
    fastest().exp(in, out);
}

void rsqrt_floats(const lanes &in, lanes &out) {
    fastest().rsqrt(in, out);
}

// All results for binary16, made when the first one is asked for.
using table = std::array<half, 65536>;

template <half function(float)>
static const table &table_of() {
    static const auto values = [] {
        table t;
        for (uint32_t i = 0; i < t.size(); ++i)
            t[i] = function(widen(half{static_cast<uint16_t>(i)}));
        return t;
    }();
    return values;
}

template <half function(float)>
static void look_up(const lanes &in, lanes &__restrict__ out) {
    const table &values = table_of<function>();
    for (uint32_t lane = 0; lane < GROQ_LANES; ++lane)
        store(out, lane, values[load<uint16_t>(in, lane)]);
}

static half rsqrt_to_half(float x) {
    double y = rsqrt_of(x);
    return round_to<half>(y == y ? y : not_a_number);
}

void tanh_halves(const lanes &in, lanes &out) {
    look_up<compute<hyperbolic_tangent, half>>(in, out);
}

void exp_halves(const lanes &in, lanes &out) {
    look_up<compute<exponential, half>>(in, out);
}

void rsqrt_halves(const lanes &in, lanes &out) {
    look_up<rsqrt_to_half>(in, out);
}

} // namespace groq::chip
