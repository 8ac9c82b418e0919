// SPDX-License-Identifier: MIT
#include "examination.hpp"

#include <mpfr.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "chip/elementary_functions.hpp"
#include "chip/floats.hpp"

namespace groq::chip::test {

void examination::take(const lanes &in) {
    lanes out;
    compute(in, out);
    for (uint32_t lane = 0; lane < GROQ_LANES; ++lane) {
        double x = load_number(in, lane);
        ++results_;
        if (is_right(x, load_number(out, lane)))
            continue;
        ++wrong_results_;
        wrong_argument_ = x;
    }
}

void examination::compute(const lanes &in, lanes &out) const {
    using kernel = void (*)(const lanes &, lanes &);
    constexpr kernel halves[] = {tanh_halves, exp_halves, rsqrt_halves};
    constexpr kernel floats[] = {tanh_floats, exp_floats, rsqrt_floats};
    bool is_half = format_.digits == binary16.digits;
    (is_half ? halves : floats)[static_cast<int>(function_)](in, out);
}

double examination::load_number(const lanes &v, uint32_t lane) const {
    bool is_half = format_.digits == binary16.digits;
    return static_cast<double>(is_half ? widen(load<half>(v, lane))
                                       : load<float>(v, lane));
}

// Whether f(x) is neither zero, infinite nor a NaN.
static bool is_number(function f, double x) {
    if (f == function::RSQRT)
        return x > 0 && std::isfinite(x);
    return std::isfinite(x) && (x != 0 || f == function::EXP);
}

// What else it is.
static double special_value(function f, double x) {
    const double not_number = std::bit_cast<double>(uint64_t{0x7ff8} << 48);
    if (std::isnan(x) || (f == function::RSQRT && x < 0))
        return not_number;
    if (f == function::TANH)
        return x == 0 ? x : std::copysign(1, x);
    if (f == function::EXP)
        return x < 0 ? 0 : x;
    return x == 0 ? 1 / x : 0;
}

bool examination::is_right(double x, double y) {
    if (!is_number(function_, x))
        return std::bit_cast<uint64_t>(y) ==
               std::bit_cast<uint64_t>(special_value(function_, x));
    double e = error(x, y);
    if (e > largest_error_) {
        largest_error_ = e;
        worst_argument_ = x;
    }
    return e <= 0.5 && std::signbit(y) == (function_ == function::TANH && x < 0);
}

// The quick way, unless it cannot tell whether this is more than a half.
double examination::error(double x, double y) const {
    double e = approximate_error(x, y);
    return e < 0.5 * (1 - 0x1p-20) ? e : true_error(x, y);
}

// e^x is beyond both formats from here on, but not beyond double.
static double bounded(function f, double x) {
    return f == function::EXP ? std::clamp(x, -200.0, 200.0) : x;
}

// To 2^-45 of the truth and better.
static double approximate(function f, double x) {
    if (f == function::TANH)
        return std::tanh(x);
    if (f == function::EXP)
        return std::exp(bounded(f, x));
    return static_cast<double>(1 / std::sqrt(static_cast<long double>(x)));
}

// An infinity is the rounding of all beyond the largest number, and in its
// place stands the number that would be the next.
double examination::finite(double y) const {
    return std::isinf(y) ? std::copysign(std::ldexp(1, format_.end_exponent), y) : y;
}

// The exponent of the last place of what is above 2^(exponent - 1), up to
// 2^exponent: that of a power of two is the one of the numbers below it.
int examination::last_place(int exponent) const {
    return std::max(exponent - 1, format_.least_exponent) - (format_.digits - 1);
}

double examination::approximate_error(double x, double y) const {
    double truth = approximate(function_, x);
    int exponent;
    bool is_power = std::fabs(std::frexp(truth, &exponent)) == 0.5;
    exponent -= is_power;
    if (exponent > format_.end_exponent && std::isinf(y))
        return 0;
    return std::fabs(std::ldexp(truth - finite(y), -last_place(exponent)));
}

// A number of 200 bits.
class number {
public:
    number() { mpfr_init2(value_, 200); }
    ~number() { mpfr_clear(value_); }
    number(const number &) = delete;
    number &operator=(const number &) = delete;
    operator mpfr_ptr() { return value_; }

private:
    mpfr_t value_;
};

static void evaluate(function f, double x, number &truth) {
    mpfr_set_d(truth, bounded(f, x), MPFR_RNDN);
    if (f == function::TANH)
        mpfr_tanh(truth, truth, MPFR_RNDN);
    else if (f == function::EXP)
        mpfr_exp(truth, truth, MPFR_RNDN);
    else
        mpfr_rec_sqrt(truth, truth, MPFR_RNDN);
}

double examination::true_error(double x, double y) const {
    number truth, nearer_to_zero, zero;
    evaluate(function_, x, truth);
    mpfr_set_zero(zero, 1);
    mpfr_set(nearer_to_zero, truth, MPFR_RNDN);
    mpfr_nexttoward(nearer_to_zero, zero);
    auto exponent =
        static_cast<int>(mpfr_get_exp(static_cast<mpfr_ptr>(nearer_to_zero)));
    if (exponent > format_.end_exponent && std::isinf(y))
        return 0;
    mpfr_sub_d(truth, truth, finite(y), MPFR_RNDN);
    mpfr_div_2si(truth, truth, last_place(exponent), MPFR_RNDN);
    return std::fabs(mpfr_get_d(truth, MPFR_RNDA));
}

} // namespace groq::chip::test
