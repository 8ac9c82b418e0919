// SPDX-License-Identifier: MIT
// tanh, e^x and 1 / square root of whole vectors, correctly rounded: the one
// result that docs/isa.md section 5.5 allows, on every host. No libm.
#ifndef GROQ_CHIP_ELEMENTARY_FUNCTIONS_HPP
#define GROQ_CHIP_ELEMENTARY_FUNCTIONS_HPP

#include "lanes.hpp"

namespace groq::chip {

void tanh_floats(const lanes &in, lanes &out);
void exp_floats(const lanes &in, lanes &out);
void rsqrt_floats(const lanes &in, lanes &out);

void tanh_halves(const lanes &in, lanes &out);
void exp_halves(const lanes &in, lanes &out);
void rsqrt_halves(const lanes &in, lanes &out);

} // namespace groq::chip

#endif
