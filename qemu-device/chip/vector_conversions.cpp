// SPDX-License-Identifier: MIT
#include <array>
#include <cmath>
#include <limits>
#include <type_traits>

#include "floats.hpp"
#include "saturation.hpp"
#include "vector_kernels.hpp"

namespace groq::chip {

// To the nearest integer, ties to even. Adding 2^23 to something positive below
// it leaves no room for a fraction; 1.5 * 2^23 does so on both sides of zero.

// Types whose limits are floats: clamp, then round.
template <class To>
static To round_narrow(float x) {
    constexpr float low = std::numeric_limits<To>::min();
    constexpr float high = std::numeric_limits<To>::max();
    constexpr float no_fraction = 12582912;
    float number = x == x ? x : 0;
    float above = number < low ? low : number;
    float within = above > high ? high : above;
    return static_cast<To>(static_cast<int32_t>((within + no_fraction) - no_fraction));
}

static int32_t round_wide(float x) {
    constexpr float no_fraction = 8388608;
    constexpr float end = 2147483648.0f; // one past the largest; -end is the smallest
    float magnitude = std::fabs(x);
    float rounded = (magnitude + no_fraction) - no_fraction;
    float signed_rounded = std::signbit(x) ? -rounded : rounded;
    float whole = magnitude < no_fraction ? signed_rounded : x;
    float number = x == x ? whole : 0;
    float above = number < -end ? -end : number;
    auto in_range = static_cast<int32_t>(above < end ? above : 0);
    return above < end ? in_range : std::numeric_limits<int32_t>::max();
}

template <class To, class From>
static To convert_lane(From x) {
    if constexpr (std::is_same_v<From, float> && std::is_same_v<To, float>) {
        return canonical(x);
    } else if constexpr (std::is_same_v<To, float>) {
        return static_cast<float>(x);
    } else if constexpr (std::is_same_v<From, float> && sizeof(To) < 4) {
        return round_narrow<To>(x);
    } else if constexpr (std::is_same_v<From, float>) {
        return round_wide(x);
    } else {
        return saturate<To>(exact<From>{x});
    }
}

template <class From, class To>
static void convert(const operands &in, lanes &__restrict__ out) {
    for (uint32_t lane = 0; lane < GROQ_LANES; ++lane)
        store<To>(out, lane, convert_lane<To>(load<From>(*in.a, lane)));
}

// F16 goes by way of F32, which holds every one of its values.
template <class To>
static void convert_halves(const operands &in, lanes &out) {
    lanes wide;
    widen(*in.a, wide);
    convert<float, To>({&wide, &wide, &wide}, out);
}

// Integers that F32 cannot hold are far beyond the largest F16.
template <class From>
static void convert_to_halves(const operands &in, lanes &out) {
    lanes wide;
    convert<From, float>(in, wide);
    narrow(wide, out);
}

static void half_to_half(const operands &in, lanes &out) {
    lanes wide;
    convert_halves<float>(in, wide);
    narrow(wide, out);
}

using by_type = std::array<vector_operation, GROQ_TYPES>;

template <class From>
constexpr by_type convert_from() {
    return {convert<From, int8_t>,  convert<From, uint8_t>,  convert<From, int16_t>,
            convert<From, int32_t>, convert_to_halves<From>, convert<From, float>};
}

template <>
constexpr by_type convert_from<half>() {
    return {convert_halves<int8_t>,
            convert_halves<uint8_t>,
            convert_halves<int16_t>,
            convert_halves<int32_t>,
            half_to_half,
            convert_halves<float>};
}

vector_operation convert_kernel(uint32_t from, uint32_t to) {
    static constexpr std::array<by_type, GROQ_TYPES> table = {
        convert_from<int8_t>(),  convert_from<uint8_t>(), convert_from<int16_t>(),
        convert_from<int32_t>(), convert_from<half>(),    convert_from<float>()};
    return table[from][to];
}

} // namespace groq::chip
