// SPDX-License-Identifier: MIT
#include "vector_kernels.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "elementary_functions.hpp"
#include "floats.hpp"
#include "saturation.hpp"

namespace groq::chip {

constexpr uint32_t sign_bit = 0x80000000;

template <class T>
T wrap(uint32_t x) {
    return static_cast<T>(x);
}
template <class T>
uint32_t bits(T x) {
    return static_cast<uint32_t>(x);
}

static bool is_nan(float x) {
    return x != x;
}
static bool is_negative(float x) {
    return std::bit_cast<uint32_t>(x) & sign_bit;
}

struct copy_op {
    template <class T>
    T operator()(T a) const {
        return a;
    }
};

struct neg_op {
    template <class T>
    T operator()(T a) const {
        return saturate<T>(-static_cast<exact<T>>(a));
    }
};

// Of floats, as bits.
struct flip_sign {
    template <class T>
    T operator()(T a) const {
        return static_cast<T>(a ^ T{1} << (sizeof(T) * 8 - 1));
    }
};

struct mask_op {
    template <class T>
    T operator()(T a, T b) const {
        return b ? a : T{0};
    }
};

struct blend_op {
    template <class T>
    T operator()(T a, T b, T condition) const {
        return condition ? a : b;
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

struct and_op {
    template <class T>
    T operator()(T a, T b) const {
        return a & b;
    }
};

struct or_op {
    template <class T>
    T operator()(T a, T b) const {
        return a | b;
    }
};

struct xor_op {
    template <class T>
    T operator()(T a, T b) const {
        return a ^ b;
    }
};

struct eq_op {
    template <class T>
    bool operator()(T a, T b) const {
        return a == b;
    }
};

struct ne_op {
    template <class T>
    bool operator()(T a, T b) const {
        return a != b;
    }
};

struct lt_op {
    template <class T>
    bool operator()(T a, T b) const {
        return a < b;
    }
};

struct le_op {
    template <class T>
    bool operator()(T a, T b) const {
        return a <= b;
    }
};

struct relu_op {
    template <class T>
    T operator()(T a) const {
        return a > 0 ? a : T{0};
    }
};

// Loops over the lanes, by number of operands.
template <class Operation, class T>
static void unary(const operands &in, lanes &__restrict__ out) {
    for (uint32_t lane = 0; lane < GROQ_LANES; ++lane)
        store<T>(out, lane, Operation()(load<T>(*in.a, lane)));
}

template <class Operation, class T>
static void binary(const operands &in, lanes &__restrict__ out) {
    for (uint32_t lane = 0; lane < GROQ_LANES; ++lane)
        store<T>(out, lane, Operation()(load<T>(*in.a, lane), load<T>(*in.b, lane)));
}

template <class Operation, class T>
static void ternary(const operands &in, lanes &__restrict__ out) {
    for (uint32_t lane = 0; lane < GROQ_LANES; ++lane)
        store<T>(out, lane,
                 Operation()(load<T>(*in.a, lane), load<T>(*in.b, lane),
                             load<T>(*in.condition, lane)));
}

// All bits of a @Mask where the operation holds.
template <class Operation, class T, class Mask>
static void compare(const operands &in, lanes &__restrict__ out) {
    for (uint32_t lane = 0; lane < GROQ_LANES; ++lane) {
        bool holds = Operation()(load<T>(*in.a, lane), load<T>(*in.b, lane));
        store<Mask>(out, lane, static_cast<Mask>(holds ? ~0u : 0u));
    }
}

template <void widened_kernel(const operands &, lanes &)>
static void on_widened(const operands &in, lanes &out) {
    lanes a, b;
    widen(*in.a, a);
    widen(*in.b, b);
    widened_kernel({&a, &b, &b}, out);
}

template <class Operation>
static void binary_half(const operands &in, lanes &out) {
    lanes wide;
    on_widened<binary<Operation, float>>(in, wide);
    narrow(wide, out);
}

static void relu_half(const operands &in, lanes &out) {
    lanes a, wide;
    widen(*in.a, a);
    unary<relu_op, float>({&a, &a, &a}, wide);
    narrow(wide, out);
}

// Kernels in the order of GROQ_TYPE_*.
using by_type = std::array<vector_operation, GROQ_TYPES>;

template <class Operation>
constexpr by_type integers() {
    return {binary<Operation, int8_t>,
            binary<Operation, uint8_t>,
            binary<Operation, int16_t>,
            binary<Operation, int32_t>,
            nullptr,
            nullptr};
}

template <class Operation>
constexpr by_type numbers() {
    by_type table = integers<Operation>();
    table[GROQ_TYPE_F16] = binary_half<Operation>;
    table[GROQ_TYPE_F32] = binary<Operation, float>;
    return table;
}

template <class Operation>
constexpr by_type comparisons() {
    return {compare<Operation, int8_t, uint8_t>,
            compare<Operation, uint8_t, uint8_t>,
            compare<Operation, int16_t, uint16_t>,
            compare<Operation, int32_t, uint32_t>,
            on_widened<compare<Operation, float, uint16_t>>,
            compare<Operation, float, uint32_t>};
}

// What moves or looks at bits, whatever they mean.
constexpr by_type by_width(vector_operation one, vector_operation two,
                           vector_operation four) {
    return {one, one, two, four, two, four};
}

constexpr by_type copies() {
    return by_width(unary<copy_op, uint8_t>, unary<copy_op, uint16_t>,
                    unary<copy_op, uint32_t>);
}

constexpr by_type masks() {
    return by_width(binary<mask_op, uint8_t>, binary<mask_op, uint16_t>,
                    binary<mask_op, uint32_t>);
}

constexpr by_type blends() {
    return by_width(ternary<blend_op, uint8_t>, ternary<blend_op, uint16_t>,
                    ternary<blend_op, uint32_t>);
}

constexpr by_type negations() {
    return {unary<neg_op, int8_t>,      nullptr,
            unary<neg_op, int16_t>,     unary<neg_op, int32_t>,
            unary<flip_sign, uint16_t>, unary<flip_sign, uint32_t>};
}

constexpr by_type relus() {
    return {unary<relu_op, int8_t>,  nullptr,   unary<relu_op, int16_t>,
            unary<relu_op, int32_t>, relu_half, unary<relu_op, float>};
}

template <void of_halves(const lanes &, lanes &),
          void of_floats(const lanes &, lanes &)>
constexpr by_type function() {
    by_type table{};
    table[GROQ_TYPE_F16] = [](const operands &in, lanes &out) {
        of_halves(*in.a, out);
    };
    table[GROQ_TYPE_F32] = [](const operands &in, lanes &out) {
        of_floats(*in.a, out);
    };
    return table;
}

vector_operation vector_kernel(groq_opcode opcode, uint32_t type) {
    static constexpr auto table = [] {
        std::array<by_type, GROQ_OPCODE_XOR + 1> t{};
        t[GROQ_OPCODE_COPY] = copies();
        t[GROQ_OPCODE_NEG] = negations();
        t[GROQ_OPCODE_MASK] = masks();
        t[GROQ_OPCODE_BLEND] = blends();
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
        t[GROQ_OPCODE_RELU] = relus();
        t[GROQ_OPCODE_TANH] = function<tanh_halves, tanh_floats>();
        t[GROQ_OPCODE_EXP] = function<exp_halves, exp_floats>();
        t[GROQ_OPCODE_RSQRT] = function<rsqrt_halves, rsqrt_floats>();
        t[GROQ_OPCODE_EQ] = comparisons<eq_op>();
        t[GROQ_OPCODE_NE] = comparisons<ne_op>();
        t[GROQ_OPCODE_LT] = comparisons<lt_op>();
        t[GROQ_OPCODE_LE] = comparisons<le_op>();
        t[GROQ_OPCODE_AND] = integers<and_op>();
        t[GROQ_OPCODE_OR] = integers<or_op>();
        t[GROQ_OPCODE_XOR] = integers<xor_op>();
        return t;
    }();
    return table[opcode][type];
}

} // namespace groq::chip
