// SPDX-License-Identifier: MIT
// Integers that end at their limits.
#ifndef GROQ_CHIP_SATURATION_HPP
#define GROQ_CHIP_SATURATION_HPP

#include <algorithm>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace groq::chip {

// Integers are computed in a type that holds every exact result.
template <class T>
using exact = std::conditional_t<sizeof(T) == 4, int64_t, int32_t>;

template <class To, class From>
To saturate(From x) {
    using limits = std::numeric_limits<To>;
    return static_cast<To>(std::clamp<From>(x, limits::min(), limits::max()));
}

} // namespace groq::chip

#endif
