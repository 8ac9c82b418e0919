// SPDX-License-Identifier: MIT
#include "vector_kernels.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <type_traits>

namespace groq::chip {

constexpr uint32_t sign_bit = 0x80000000;
constexpr float not_a_number = std::bit_cast<float>(0x7fc00000u);

// A vector may be read as another type than it was written as: always by copy.
template <class T>
static T load(const lanes &v, uint32_t lane) {
    T x;
    std::memcpy(&x, v.bytes + lane * sizeof(T), sizeof(T));
    return x;
}

template <class T>
static void store(lanes &v, uint32_t lane, T x) {
    std::memcpy(v.bytes + lane * sizeof(T), &x, sizeof(T));
}

// Integers are computed in a type that holds every exact result.
template <class T>
using exact = std::conditional_t<sizeof(T) == 4, int64_t, int32_t>;

template <class To, class From>
To saturate(From x) {
    using limits = std::numeric_limits<To>;
    return static_cast<To>(std::clamp<From>(x, limits::min(), limits::max()));
}

template <class T>
T wrap(uint32_t x) {
    return static_cast<T>(x);
}
template <class T>
uint32_t bits(T x) {
    return static_cast<uint32_t>(x);
}

// One NaN for all, so that no two machines differ in its bits.
static float canonical(float x) {
    return x == x ? x : not_a_number;
}

struct copy_op {
    template <class T>
    T operator()(T a, T) const {
        return a;
    }
};

struct neg_op {
    template <class T>
    T operator()(T a, T) const {
        return saturate<T>(-static_cast<exact<T>>(a));
    }
    float operator()(float a, float) const {
        return std::bit_cast<float>(std::bit_cast<uint32_t>(a) ^ sign_bit);
    }
};

struct add_sat {
    template <class T>
    T operator()(T a, T b) const {
        return saturate<T>(exact<T>{a} + exact<T>{b});
    }
};

struct sub_sat {
    template <class T>
    T operator()(T a, T b) const {
        return saturate<T>(exact<T>{a} - exact<T>{b});
    }
};

struct mul_sat {
    template <class T>
    T operator()(T a, T b) const {
        return saturate<T>(exact<T>{a} * exact<T>{b});
    }
};

struct add_mod {
    template <class T>
    T operator()(T a, T b) const {
        return wrap<T>(bits(a) + bits(b));
    }
    float operator()(float a, float b) const { return canonical(a + b); }
};

struct sub_mod {
    template <class T>
    T operator()(T a, T b) const {
        return wrap<T>(bits(a) - bits(b));
    }
    float operator()(float a, float b) const { return canonical(a - b); }
};

struct mul_mod {
    template <class T>
    T operator()(T a, T b) const {
        return wrap<T>(bits(a) * bits(b));
    }
    float operator()(float a, float b) const { return canonical(a * b); }
};

static bool is_nan(float x) {
    return x != x;
}
static bool is_negative(float x) {
    return std::bit_cast<uint32_t>(x) & sign_bit;
}

// -0 is below +0; a NaN gives way to a number.
static float pick(float a, float b, bool a_wins) {
    float number = a_wins ? a : b;
    float with_nan = is_nan(b) ? canonical(a) : b;
    return is_nan(a) || is_nan(b) ? with_nan : number;
}

struct max_op {
    template <class T>
    T operator()(T a, T b) const {
        return a > b ? a : b;
    }
    float operator()(float a, float b) const {
        return pick(a, b, a > b || (a == b && !is_negative(a)));
    }
};

struct min_op {
    template <class T>
    T operator()(T a, T b) const {
        return a < b ? a : b;
    }
    float operator()(float a, float b) const {
        return pick(a, b, a < b || (a == b && is_negative(a)));
    }
};

struct shl_op {
    template <class T>
    T operator()(T a, T b) const {
        constexpr int32_t width = sizeof(T) * 8;
        int32_t by = std::clamp<int32_t>(b, 0, width);
        return by == width ? T{0} : wrap<T>(bits(a) << (by & 31));
    }
};

struct shr_op {
    template <class T>
    T operator()(T a, T b) const {
        constexpr int32_t width = sizeof(T) * 8;
        int32_t by = std::clamp<int32_t>(b, 0, width);
        return static_cast<T>(exact<T>{a} >> by);
    }
};

struct relu_op {
    template <class T>
    T operator()(T a, T) const {
        return a > 0 ? a : T{0};
    }
};

template <class Operation, class T>
static void apply(const lanes &a, const lanes &b, lanes &__restrict__ out) {
    for (uint32_t lane = 0; lane < GROQ_LANES; ++lane)
        store<T>(out, lane, Operation()(load<T>(a, lane), load<T>(b, lane)));
}

using by_type = std::array<vector_operation, GROQ_TYPES>;

template <class Operation>
constexpr by_type integers() {
    return {apply<Operation, int8_t>,
            apply<Operation, uint8_t>,
            apply<Operation, int16_t>,
            apply<Operation, int32_t>,
            nullptr,
            nullptr};
}

template <class Operation>
constexpr by_type numbers() {
    by_type table = integers<Operation>();
    table[GROQ_TYPE_F32] = apply<Operation, float>;
    return table;
}

// Copies keep every bit, those of a NaN too.
constexpr by_type copies() {
    by_type table = integers<copy_op>();
    table[GROQ_TYPE_F32] = apply<copy_op, uint32_t>;
    return table;
}

vector_operation vector_kernel(groq_opcode opcode, uint32_t type) {
    static constexpr auto table = [] {
        std::array<by_type, GROQ_OPCODE_RELU + 1> t{};
        t[GROQ_OPCODE_COPY] = copies();
        t[GROQ_OPCODE_NEG] = numbers<neg_op>();
        t[GROQ_OPCODE_ADD_SAT] = integers<add_sat>();
        t[GROQ_OPCODE_ADD_MOD] = numbers<add_mod>();
        t[GROQ_OPCODE_SUB_SAT] = integers<sub_sat>();
        t[GROQ_OPCODE_SUB_MOD] = numbers<sub_mod>();
        t[GROQ_OPCODE_MUL_SAT] = integers<mul_sat>();
        t[GROQ_OPCODE_MUL_MOD] = numbers<mul_mod>();
        t[GROQ_OPCODE_MAX] = numbers<max_op>();
        t[GROQ_OPCODE_MIN] = numbers<min_op>();
        t[GROQ_OPCODE_SHL] = integers<shl_op>();
        t[GROQ_OPCODE_SHR] = integers<shr_op>();
        t[GROQ_OPCODE_RELU] = numbers<relu_op>();
        return t;
    }();
    return table[opcode][type];
}

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
    float magnitude = std::bit_cast<float>(std::bit_cast<uint32_t>(x) & ~sign_bit);
    float rounded = (magnitude + no_fraction) - no_fraction;
    float signed_rounded = is_negative(x) ? -rounded : rounded;
    float whole = magnitude < no_fraction ? signed_rounded : x;
    float number = x == x ? whole : 0;
    float above = number < -end ? -end : number;
    auto in_range = static_cast<int32_t>(above < end ? above : 0);
    return above < end ? in_range : std::numeric_limits<int32_t>::max();
}

template <class To, class From>
static To convert_lane(From x) {
    if constexpr (std::is_same_v<To, From>) {
        return x;
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
static void convert(const lanes &a, const lanes &, lanes &__restrict__ out) {
    for (uint32_t lane = 0; lane < GROQ_LANES; ++lane)
        store<To>(out, lane, convert_lane<To>(load<From>(a, lane)));
}

template <class From>
constexpr by_type convert_from() {
    return {convert<From, int8_t>,
            convert<From, uint8_t>,
            convert<From, int16_t>,
            convert<From, int32_t>,
            nullptr,
            convert<From, float>};
}

vector_operation convert_kernel(uint32_t from, uint32_t to) {
    static constexpr std::array<by_type, GROQ_TYPES> table = {convert_from<int8_t>(),
                                                              convert_from<uint8_t>(),
                                                              convert_from<int16_t>(),
                                                              convert_from<int32_t>(),
                                                              by_type{},
                                                              convert_from<float>()};
    return table[from][to];
}

template <class T>
static void join(const uint8_t *const *streams, lanes &__restrict__ out) {
    std::array<const uint8_t *, sizeof(T)> in;
    std::copy_n(streams, sizeof(T), in.begin());
    for (uint32_t lane = 0; lane < GROQ_LANES; ++lane) {
        T x = 0;
        for (uint32_t byte = 0; byte < sizeof(T); ++byte)
            x = static_cast<T>(x | T{in[byte][lane]} << byte * 8);
        store<T>(out, lane, x);
    }
}

void join_bytes(const uint8_t *const *streams, uint32_t width, lanes &out) {
    if (width == 1)
        std::memcpy(out.bytes, streams[0], GROQ_VECTOR_BYTES);
    else if (width == 2)
        join<uint16_t>(streams, out);
    else
        join<uint32_t>(streams, out);
}

template <class T>
static void split(const lanes &in, uint8_t *const *streams) {
    for (uint32_t byte = 0; byte < sizeof(T); ++byte) {
        uint8_t *__restrict__ out = streams[byte];
        for (uint32_t lane = 0; lane < GROQ_LANES; ++lane)
            out[lane] = static_cast<uint8_t>(load<T>(in, lane) >> byte * 8);
    }
}

void split_bytes(const lanes &in, uint32_t width, uint8_t *const *streams) {
    if (width == 1)
        std::memcpy(streams[0], in.bytes, GROQ_VECTOR_BYTES);
    else if (width == 2)
        split<uint16_t>(in, streams);
    else
        split<uint32_t>(in, streams);
}

template <class T>
static void fill(lanes &out, T x) {
    for (uint32_t lane = 0; lane < GROQ_LANES; ++lane)
        store<T>(out, lane, x);
}

void splat(uint32_t immediate, uint32_t width, lanes &out) {
    if (width == 1)
        fill(out, static_cast<uint8_t>(immediate));
    else if (width == 2)
        fill(out, static_cast<uint16_t>(immediate));
    else
        fill(out, immediate);
}

} // namespace groq::chip
