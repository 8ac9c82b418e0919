// SPDX-License-Identifier: MIT
// How far the chip's tanh, exp and rsqrt are from the truth, in units in the
// last place. The truth is MPFR's; it shares no code with the chip.
#ifndef GROQ_TESTS_NUMERICS_EXAMINATION_HPP
#define GROQ_TESTS_NUMERICS_EXAMINATION_HPP

#include <cstdint>

#include "chip/lanes.hpp"

namespace groq::chip::test {

enum class function { TANH, EXP, RSQRT };

constexpr const char *function_names[] = {"tanh", "exp", "rsqrt"};

// A format of floats.
struct format {
    int digits;         // of the significand
    int least_exponent; // of normal numbers
    int end_exponent;   // of the first number that is too large
};

constexpr format binary16{11, -14, 16};
constexpr format binary32{24, -126, 128};

class examination {
public:
    examination(function f, const format &of) : function_(f), format_(of) {}

    // Lets the chip compute every lane of @in, numbers of the format.
    void take(const lanes &in);

    // Of all results that are to be numbers. Half a unit and less is rounded
    // correctly.
    double largest_error() const { return largest_error_; }
    double worst_argument() const { return worst_argument_; }

    uint64_t results() const { return results_; }
    // Those not rounded correctly, zeros of the wrong sign, and what is not the
    // very NaN, infinity or zero that the document says.
    uint64_t wrong_results() const { return wrong_results_; }
    double wrong_argument() const { return wrong_argument_; } // the last one

private:
    void compute(const lanes &in, lanes &out) const;
    double load_number(const lanes &v, uint32_t lane) const;
    bool is_right(double x, double y);
    double error(double x, double y) const;
    double approximate_error(double x, double y) const;
    double true_error(double x, double y) const;
    double finite(double y) const;
    int last_place(int exponent) const;

    function function_;
    format format_;
    double largest_error_ = 0;
    double worst_argument_ = 0;
    double wrong_argument_ = 0;
    uint64_t results_ = 0;
    uint64_t wrong_results_ = 0;
};

} // namespace groq::chip::test

#endif
