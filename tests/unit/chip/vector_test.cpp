// SPDX-License-Identifier: MIT
// VXM: docs/isa.md section 5.3, lane by lane against arithmetic spelled out
// here.
#include <bit>
#include <cfenv>
#include <cmath>
#include <limits>
#include <random>

#include "program.hpp"

namespace groq::chip::test {
namespace {

constexpr uint32_t lanes = GROQ_LANES;
constexpr uint32_t vectors = 16; // per operand and program

template <class T>
constexpr uint32_t type_of();
template <>
constexpr uint32_t type_of<int8_t>() {
    return GROQ_TYPE_I8;
}
template <>
constexpr uint32_t type_of<uint8_t>() {
    return GROQ_TYPE_U8;
}
template <>
constexpr uint32_t type_of<int16_t>() {
    return GROQ_TYPE_I16;
}
template <>
constexpr uint32_t type_of<int32_t>() {
    return GROQ_TYPE_I32;
}
template <>
constexpr uint32_t type_of<float>() {
    return GROQ_TYPE_F32;
}

// What the document says, in the widest type there is.
template <class T>
T clamp_to(int64_t x) {
    if (x < std::numeric_limits<T>::min())
        return std::numeric_limits<T>::min();
    return x > std::numeric_limits<T>::max() ? std::numeric_limits<T>::max()
                                             : static_cast<T>(x);
}

template <class T>
T expected(groq_opcode opcode, T a, T b) {
    int64_t x = a, y = b;
    switch (opcode) {
    case GROQ_OPCODE_COPY:
        return a;
    case GROQ_OPCODE_NEG:
        return clamp_to<T>(-x);
    case GROQ_OPCODE_ADD_SAT:
        return clamp_to<T>(x + y);
    case GROQ_OPCODE_SUB_SAT:
        return clamp_to<T>(x - y);
    case GROQ_OPCODE_MUL_SAT:
        return clamp_to<T>(x * y);
    case GROQ_OPCODE_ADD_MOD:
        return static_cast<T>(x + y);
    case GROQ_OPCODE_SUB_MOD:
        return static_cast<T>(x - y);
    case GROQ_OPCODE_MUL_MOD:
        return static_cast<T>(x * y);
    case GROQ_OPCODE_MAX:
        return x > y ? a : b;
    case GROQ_OPCODE_MIN:
        return x < y ? a : b;
    case GROQ_OPCODE_RELU:
        return x > 0 ? a : T{0};
    case GROQ_OPCODE_SHL:
        for (int64_t i = 0; i < y && i < 64; ++i)
            a = static_cast<T>(static_cast<uint64_t>(a) * 2);
        return a;
    case GROQ_OPCODE_SHR:
        for (int64_t i = 0; i < y && i < 64; ++i)
            x = (x - (x & 1)) / 2;
        return static_cast<T>(x);
    default:
        ADD_FAILURE();
        return a;
    }
}

const float nan_result = std::bit_cast<float>(0x7fc00000u);

// The sum and product of floats rounded once to double and once to float are
// those rounded once: 53 >= 2 * 24 + 2.
float rounded(double x) {
    return std::isnan(x) ? nan_result : static_cast<float>(x);
}

float expected(groq_opcode opcode, float a, float b) {
    double x = a, y = b;
    bool a_below_b = x < y || (x == y && std::signbit(a) && !std::signbit(b));
    float number = std::isnan(a) ? b : a;
    bool is_mixed = std::isnan(a) || std::isnan(b);
    switch (opcode) {
    case GROQ_OPCODE_COPY:
        return a;
    case GROQ_OPCODE_NEG:
        return std::copysign(a, std::signbit(a) ? 1.0f : -1.0f);
    case GROQ_OPCODE_ADD_MOD:
        return rounded(x + y);
    case GROQ_OPCODE_SUB_MOD:
        return rounded(x - y);
    case GROQ_OPCODE_MUL_MOD:
        return rounded(x * y);
    case GROQ_OPCODE_MAX:
        return is_mixed ? rounded(number) : a_below_b ? b : a;
    case GROQ_OPCODE_MIN:
        return is_mixed ? rounded(number) : a_below_b ? a : b;
    case GROQ_OPCODE_RELU:
        return a > 0 ? a : 0.0f;
    default:
        ADD_FAILURE();
        return a;
    }
}

template <class To, class From>
To expected_conversion(From x) {
    if constexpr (std::is_same_v<To, float>)
        return rounded(static_cast<double>(x));
    else if constexpr (std::is_same_v<To, From>)
        return x;
    else if constexpr (!std::is_same_v<From, float>)
        return clamp_to<To>(x);
    else if (std::isnan(x))
        return 0;
    else
        return clamp_to<To>(std::llrint(std::clamp(static_cast<double>(x), -3e9, 3e9)));
}

template <class T>
const std::vector<T> &special() {
    using limits = std::numeric_limits<T>;
    static const std::vector<T> values{T(0),          T(1),   T(2),   T(7),
                                       T(31),         T(32),  T(127), limits::min(),
                                       limits::max(), T(255), T(-1),  T(-128)};
    return values;
}

template <>
const std::vector<float> &special<float>() {
    using limits = std::numeric_limits<float>;
    static const std::vector<float> values{0.0f,
                                           -0.0f,
                                           1.0f,
                                           0.5f,
                                           1.5f,
                                           2.5f,
                                           -0.5f,
                                           -2.5f,
                                           126.5f,
                                           127.5f,
                                           -128.5f,
                                           254.5f,
                                           255.5f,
                                           8388607.5f,
                                           8388609.0f,
                                           16777217.0f,
                                           2147483520.0f,
                                           2147483648.0f,
                                           -2147483648.0f,
                                           -2147483904.0f,
                                           limits::max(),
                                           limits::lowest(),
                                           limits::min(),
                                           limits::infinity(),
                                           -limits::infinity(),
                                           limits::quiet_NaN(),
                                           -limits::quiet_NaN(),
                                           limits::signaling_NaN(),
                                           limits::denorm_min(),
                                           -limits::denorm_min()};
    return values;
}

struct vxm : testing::Test, program_card {
    static constexpr uint32_t sampled = 5; // cycle in which operands are at the VXM

    // Vector @v of operand a lies in word v of slices 0..3, byte by byte, and
    // arrives on streams east 0..3; b in slices 4..7, on 4..7. The result
    // leaves on east 8..11 and is written to words of slices 0..3 of the east.
    void stream_operands(uint32_t count) {
        for (uint32_t slice = 0; slice < 8; ++slice) {
            uint32_t hops = slice / 4 + 1;
            add(mem(GROQ_WEST, slice),
                {nop(sampled - hops - GROQ_DELAY_MEM_READ), read(0, east(slice), 1)});
            if (count > 1)
                add(mem(GROQ_WEST, slice), {repeat(count - 1)});
        }
    }

    void store_results(uint32_t width, uint32_t count, uint32_t when) {
        for (uint32_t byte = 0; byte < width; ++byte) {
            add(mem(GROQ_EAST, byte), {nop(when + 1), write(0, east(8 + byte), 1)});
            if (count > 1)
                add(mem(GROQ_EAST, byte), {repeat(count - 1)});
        }
    }

    template <class T>
    void put(uint32_t first_slice, uint32_t v, uint32_t lane, T x) {
        auto bytes = std::bit_cast<std::array<uint8_t, sizeof(T)>>(x);
        for (uint32_t i = 0; i < sizeof(T); ++i)
            word(GROQ_WEST, first_slice + i, v)[lane] = bytes[i];
    }

    template <class T>
    T result(uint32_t v, uint32_t lane) {
        std::array<uint8_t, sizeof(T)> bytes;
        for (uint32_t i = 0; i < sizeof(T); ++i)
            bytes[i] = word(GROQ_EAST, i, v)[lane];
        return std::bit_cast<T>(bytes);
    }

    template <class T>
    T random_value() {
        uint64_t kind = random() % 4;
        if (kind == 0)
            return special<T>()[random() % special<T>().size()];
        if constexpr (std::is_same_v<T, float>)
            return kind == 1 ? std::bit_cast<float>(static_cast<uint32_t>(random()))
                             : static_cast<float>(
                                   static_cast<int32_t>(random() % 2000) - 1000) /
                                   (kind == 2 ? 2 : 7);
        else
            return kind == 1 ? static_cast<T>(random() % 40) : static_cast<T>(random());
    }

    // Same bits, so that zeros and NaNs are told apart.
    template <class T>
    static bool same(T a, T b) {
        return std::memcmp(&a, &b, sizeof(T)) == 0;
    }

    template <class T>
    void check(groq_opcode opcode, bool is_unary) {
        queues.clear();
        std::vector<T> a(vectors * lanes), b(vectors * lanes);
        for (uint32_t i = 0; i < a.size(); ++i) {
            put(0, i / lanes, i % lanes, a[i] = random_value<T>());
            put(4, i / lanes, i % lanes, b[i] = random_value<T>());
        }
        stream_operands(vectors);
        constexpr uint32_t type = type_of<T>();
        add(GROQ_ICU_VXM(3),
            {nop(sampled),
             is_unary ? unary(opcode, type, east(8), east(0))
                      : binary(opcode, type, east(8), east(0), east(4)),
             repeat(vectors - 1)});
        store_results(sizeof(T), vectors, sampled + GROQ_DELAY_VXM);
        ASSERT_EQ(run().status, GROQ_COMPLETION_OK);
        for (uint32_t i = 0; i < a.size(); ++i) {
            T want = expected(opcode, a[i], b[i]),
              got = result<T>(i / lanes, i % lanes);
            ASSERT_TRUE(same(got, want))
                << "opcode " << std::hex << opcode << " type " << type << std::dec
                << ": " << +a[i] << ", " << +b[i] << " gave " << +got << ", not "
                << +want;
        }
    }

    template <class From, class To>
    void check_conversion() {
        queues.clear();
        std::vector<From> a(vectors * lanes);
        for (uint32_t i = 0; i < a.size(); ++i)
            put(0, i / lanes, i % lanes, a[i] = random_value<From>());
        stream_operands(vectors);
        add(GROQ_ICU_VXM(15),
            {nop(sampled), convert(type_of<From>(), type_of<To>(), east(8), east(0)),
             repeat(vectors - 1)});
        store_results(sizeof(To), vectors, sampled + GROQ_DELAY_VXM);
        ASSERT_EQ(run().status, GROQ_COMPLETION_OK);
        for (uint32_t i = 0; i < a.size(); ++i) {
            To want = expected_conversion<To>(a[i]),
               got = result<To>(i / lanes, i % lanes);
            ASSERT_TRUE(same(got, want)) << type_of<From>() << " to " << type_of<To>()
                                         << ": " << +a[i] << " gave " << +got;
        }
    }

    template <class From>
    void check_conversions() {
        check_conversion<From, int8_t>();
        check_conversion<From, uint8_t>();
        check_conversion<From, int16_t>();
        check_conversion<From, int32_t>();
        check_conversion<From, float>();
    }

    template <class T>
    void check_integers() {
        check<T>(GROQ_OPCODE_COPY, true);
        if constexpr (std::is_signed_v<T>) {
            check<T>(GROQ_OPCODE_NEG, true);
            check<T>(GROQ_OPCODE_RELU, true);
        }
        for (groq_opcode opcode :
             {GROQ_OPCODE_ADD_SAT, GROQ_OPCODE_ADD_MOD, GROQ_OPCODE_SUB_SAT,
              GROQ_OPCODE_SUB_MOD, GROQ_OPCODE_MUL_SAT, GROQ_OPCODE_MUL_MOD,
              GROQ_OPCODE_MAX, GROQ_OPCODE_MIN, GROQ_OPCODE_SHL, GROQ_OPCODE_SHR})
            check<T>(opcode, false);
    }

    // One operation of ALU 0 on immediates in cycle @at, result in ALU 0.
    static words produce(uint32_t at, uint32_t value, uint32_t type = GROQ_TYPE_I32) {
        instruction_word copy =
            unary(GROQ_OPCODE_COPY, type, nowhere, immediate, value);
        return at ? words{nop(at), copy} : words{copy};
    }

    std::mt19937 random{17};
};

TEST_F(vxm, computes_on_bytes) {
    check_integers<int8_t>();
    check_integers<uint8_t>();
}

TEST_F(vxm, computes_on_16_bits) {
    check_integers<int16_t>();
}

TEST_F(vxm, computes_on_32_bits) {
    check_integers<int32_t>();
}

TEST_F(vxm, computes_on_floats) {
    for (groq_opcode opcode : {GROQ_OPCODE_COPY, GROQ_OPCODE_NEG, GROQ_OPCODE_RELU})
        check<float>(opcode, true);
    for (groq_opcode opcode : {GROQ_OPCODE_ADD_MOD, GROQ_OPCODE_SUB_MOD,
                               GROQ_OPCODE_MUL_MOD, GROQ_OPCODE_MAX, GROQ_OPCODE_MIN})
        check<float>(opcode, false);
}

TEST_F(vxm, converts_between_all_types) {
    check_conversions<int8_t>();
    check_conversions<uint8_t>();
    check_conversions<int16_t>();
    check_conversions<int32_t>();
    check_conversions<float>();
}

TEST_F(vxm, rounds_alike_whatever_the_thread_has_set) {
    put(0, 0, 0, 1.0f), put(4, 0, 0, 1e-10f);
    stream_operands(1);
    add(GROQ_ICU_VXM(3), {nop(sampled), binary(GROQ_OPCODE_ADD_MOD, GROQ_TYPE_F32,
                                               east(8), east(0), east(4))});
    store_results(4, 1, sampled + GROQ_DELAY_VXM);
    std::fesetround(FE_UPWARD);
    EXPECT_EQ(run().status, GROQ_COMPLETION_OK);
    EXPECT_EQ(std::fegetround(), FE_UPWARD) << "and leaves it so";
    std::fesetround(FE_TONEAREST);
    EXPECT_EQ(result<float>(0, 0), 1.0f);
}

TEST_F(vxm, drives_its_result_seven_cycles_after_the_issue) {
    for (uint32_t late : {0u, 1u, 2u}) {
        queues.clear();
        add(GROQ_ICU_VXM(0),
            {nop(10), unary(GROQ_OPCODE_COPY, GROQ_TYPE_I8, west(8), immediate, 0x5a)});
        add(mem(GROQ_WEST, 0), {nop(10 + 7 + late), write(0, west(8))});
        groq_completion c = run();
        EXPECT_EQ(c.status, late == 1 ? GROQ_COMPLETION_OK : GROQ_COMPLETION_FAULT);
    }
    EXPECT_EQ(word(GROQ_WEST, 0, 0)[319], 0x5a);
}

TEST_F(vxm, chains_a_result_to_another_alu_after_three_cycles) {
    for (uint32_t wait : {2u, 3u, 50u}) {
        queues.clear();
        add(GROQ_ICU_VXM(0), produce(4, 1000));
        add(GROQ_ICU_VXM(9), {nop(4 + wait), binary(GROQ_OPCODE_ADD_SAT, GROQ_TYPE_I32,
                                                    east(8), alu(0), immediate, 1)});
        store_results(4, 1, 4 + wait + GROQ_DELAY_VXM);
        if (wait >= GROQ_DELAY_VXM_OP) {
            EXPECT_EQ(run().status, GROQ_COMPLETION_OK);
            EXPECT_EQ(result<int32_t>(0, 100), 1001);
            continue;
        }
        groq_fault f = fault_of_run();
        EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_OPERAND_EMPTY});
        EXPECT_EQ(f.unit, static_cast<uint32_t>(GROQ_ICU_VXM(9)));
        EXPECT_EQ(f.detail, 0u);
        EXPECT_EQ(f.cycle, 6u);
    }
}

TEST_F(vxm, keeps_the_last_result_while_the_next_is_under_way) {
    // ALU 0 counts up every cycle; ALU 1 copies what it sees three later.
    add(GROQ_ICU_VXM(0), produce(4, 5, GROQ_TYPE_I8));
    for (uint32_t value = 6; value < 16; ++value)
        add(GROQ_ICU_VXM(0),
            {unary(GROQ_OPCODE_COPY, GROQ_TYPE_I8, nowhere, immediate, value)});
    add(GROQ_ICU_VXM(1),
        {nop(7), unary(GROQ_OPCODE_COPY, GROQ_TYPE_I8, east(8), alu(0)), repeat(14)});
    store_results(1, 15, 7 + GROQ_DELAY_VXM);
    ASSERT_EQ(run().status, GROQ_COMPLETION_OK);
    for (uint32_t i = 0; i < 15; ++i)
        EXPECT_EQ(result<uint8_t>(i, 7), std::min(5 + i, 15u)) << i;
}

TEST_F(vxm, may_use_its_own_result) {
    for (uint32_t wait : {1u, 2u}) {
        queues.clear();
        add(GROQ_ICU_VXM(0), produce(0, 3));
        add(GROQ_ICU_VXM(0),
            {nop(wait),
             binary(GROQ_OPCODE_MUL_MOD, GROQ_TYPE_I32, east(8), alu(0), alu(0)),
             repeat(3, 3)});
        store_results(4, 1, 12 + GROQ_DELAY_VXM);
        if (wait == 1)
            EXPECT_EQ(fault_of_run().cause, uint32_t{GROQ_FAULT_OPERAND_EMPTY});
        else
            EXPECT_EQ(run().status, GROQ_COMPLETION_OK);
    }
    EXPECT_EQ(result<int32_t>(0, 0), 43046721) << "3 squared four times";
}

TEST_F(vxm, forgets_results_between_programs) {
    add(GROQ_ICU_VXM(0), produce(0, 1));
    EXPECT_EQ(run().status, GROQ_COMPLETION_OK);
    queues.clear();
    add(GROQ_ICU_VXM(1),
        {nop(10), unary(GROQ_OPCODE_COPY, GROQ_TYPE_I32, nowhere, alu(0))});
    EXPECT_EQ(fault_of_run().cause, uint32_t{GROQ_FAULT_OPERAND_EMPTY});
}

TEST_F(vxm, takes_a_result_only_at_its_width) {
    add(GROQ_ICU_VXM(0), produce(1, 1, GROQ_TYPE_I16));
    add(GROQ_ICU_VXM(1),
        {nop(10), unary(GROQ_OPCODE_COPY, GROQ_TYPE_I32, nowhere, alu(0))});
    groq_fault f = fault_of_run();
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_ILLEGAL});
    EXPECT_EQ(f.detail, 0u);
    queues.clear();
    add(GROQ_ICU_VXM(0), produce(1, 0x3f800000, GROQ_TYPE_I32));
    add(GROQ_ICU_VXM(1),
        {nop(10), binary(GROQ_OPCODE_ADD_MOD, GROQ_TYPE_F32, east(8), alu(0), alu(0))});
    store_results(4, 1, 10 + GROQ_DELAY_VXM);
    EXPECT_EQ(run().status, GROQ_COMPLETION_OK);
    EXPECT_EQ(result<float>(0, 5), 2.0f) << "the bits of a float";
}

TEST_F(vxm, puts_an_immediate_into_every_lane) {
    add(GROQ_ICU_VXM(2), {nop(1), unary(GROQ_OPCODE_COPY, GROQ_TYPE_I32, east(8),
                                        immediate, 0x89abcdef)});
    store_results(4, 1, 1 + GROQ_DELAY_VXM);
    EXPECT_EQ(run().status, GROQ_COMPLETION_OK);
    for (uint32_t lane = 0; lane < lanes; ++lane)
        EXPECT_EQ(result<uint32_t>(0, lane), 0x89abcdefu);
}

TEST_F(vxm, needs_every_stream_of_a_wide_operand) {
    stream_operands(1);
    queues.erase(mem(GROQ_WEST, 2));
    add(GROQ_ICU_VXM(2),
        {nop(sampled), unary(GROQ_OPCODE_COPY, GROQ_TYPE_I32, nowhere, east(0))});
    groq_fault f = fault_of_run();
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_STREAM_EMPTY});
    EXPECT_EQ(f.detail, east(2));
}

TEST_F(vxm, collides_when_two_alus_have_one_target) {
    for (uint32_t n : {4, 7})
        add(GROQ_ICU_VXM(n),
            {nop(20), unary(GROQ_OPCODE_COPY, GROQ_TYPE_I16, east(8), immediate, 1)});
    groq_fault f = fault_of_run();
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_STREAM_CONFLICT});
    EXPECT_EQ(f.unit, static_cast<uint32_t>(GROQ_ICU_VXM(7)));
    EXPECT_EQ(f.cycle, 20u + GROQ_DELAY_VXM);
}

TEST_F(vxm, reports_what_happens_before_a_collision_first) {
    for (uint32_t n : {4, 7})
        add(GROQ_ICU_VXM(n),
            {nop(20), unary(GROQ_OPCODE_COPY, GROQ_TYPE_I16, east(8), immediate, 1)});
    add(mem(GROQ_EAST, 30), {nop(26), write(0, east(20))});
    EXPECT_EQ(fault_of_run().cause, uint32_t{GROQ_FAULT_STREAM_EMPTY});
    queues[mem(GROQ_EAST, 30)][0] = nop(28);
    EXPECT_EQ(fault_of_run().cause, uint32_t{GROQ_FAULT_STREAM_CONFLICT});
}

} // namespace
} // namespace groq::chip::test
