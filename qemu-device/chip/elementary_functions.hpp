// SPDX-License-Identifier: MIT
// tanh, e^x and 1 / square root of whole vectors, correctly rounded: the one
// result that docs/isa.md section 5.5 allows, on every host. No libm. @out is
// never @in.
#ifndef GROQ_CHIP_ELEMENTARY_FUNCTIONS_HPP
#define GROQ_CHIP_ELEMENTARY_FUNCTIONS_HPP

#include <span>

#include "lanes.hpp"

namespace groq::chip {

void tanh_floats(const lanes &in, lanes &out);
void exp_floats(const lanes &in, lanes &out);
void rsqrt_floats(const lanes &in, lanes &out);

void tanh_halves(const lanes &in, lanes &out);
void exp_halves(const lanes &in, lanes &out);
void rsqrt_halves(const lanes &in, lanes &out);

// The functions of floats: one portable version and some for particular
// processors, chosen at run time; all of them give the same bits.
struct float_functions {
    using function = void (*)(const lanes &in, lanes &out);

    const char *name;
    bool (*is_usable)(); // on this processor
    function tanh;
    function exp;
    function rsqrt;
};

// The fastest first; the last one is always usable.
std::span<const float_functions> all_float_functions();

} // namespace groq::chip

#endif
