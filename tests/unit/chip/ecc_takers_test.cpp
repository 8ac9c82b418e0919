// SPDX-License-Identifier: MIT
// Each instruction that consumes, among ECC errors: docs/isa.md section 5.6.
#include <algorithm>
#include <bit>
#include <ostream>

#include "wrong_card.hpp"

namespace groq::chip::test {
namespace {

// Every instruction that consumes, with its operands from streams 0..15 and the
// queue that executes it; what they carry is all zeros.
struct taker {
    const char *name;
    uint32_t icu;
    instruction_word word;
    uint32_t streams; // bit per stream that it consumes
};

const taker takers[] = {
    {"unary", GROQ_ICU_VXM(3), unary(GROQ_OPCODE_NEG, GROQ_TYPE_I32, nowhere, east(4)),
     0xf0},
    {"binary", GROQ_ICU_VXM(3),
     binary(GROQ_OPCODE_ADD_MOD, GROQ_TYPE_I16, nowhere, east(2), east(8)), 0x30c},
    {"ternary", GROQ_ICU_VXM(3),
     ternary(GROQ_OPCODE_BLEND, GROQ_TYPE_I8, nowhere, east(1), east(2), east(3)), 0xe},
    {"convert", GROQ_ICU_VXM(3),
     convert(GROQ_TYPE_I16, GROQ_TYPE_F32, nowhere, east(6)), 0xc0},
    {"lw", GROQ_ICU_MXM(GROQ_EAST, 0), load_weights(east(0), 0), 0xffff},
    {"iw.stream", GROQ_ICU_MXM(GROQ_EAST, 0), stream_weights(east(0), 0), 0xffff},
    {"shift", GROQ_ICU_SXM(GROQ_EAST, 0),
     shift(GROQ_OPCODE_SHIFT_UP, east(4), west(0), GROQ_TYPE_I16, 1), 0x30},
    {"select", GROQ_ICU_SXM(GROQ_EAST, 2),
     select(east(0), east(4), east(8), east(12), west(0), GROQ_TYPE_I32), 0x1fff},
    {"distribute", GROQ_ICU_SXM(GROQ_EAST, 4),
     distribute(east(0), east(5), west(0), GROQ_TYPE_I8), 0x21},
    {"rotate", GROQ_ICU_SXM(GROQ_EAST, 8), rotate(east(4), west(0), 3), 0x70},
    {"transpose", GROQ_ICU_SXM(GROQ_EAST, 9), transpose(east(0), west(0)), 0xffff},
    {"gather", mem(GROQ_EAST, 30), gather(west(0), 0, east(2)), 0xc},
    {"scatter", mem(GROQ_EAST, 30), scatter(east(0), 0, east(2)), 0xc},
};

void PrintTo(const taker &t, std::ostream *out) {
    *out << t.name;
}

struct every_taker : testing::TestWithParam<taker>, wrong_card {
    static int position(uint32_t icu) {
        if (icu < GROQ_ICU_VXM(0))
            return GROQ_POSITION_MEM(static_cast<int>(icu % GROQ_SLICES) / 4);
        if (icu < GROQ_ICU_SXM(GROQ_WEST, 0))
            return GROQ_POSITION_VXM;
        return icu < GROQ_ICU_MXM(GROQ_WEST, 0) ? GROQ_POSITION_SXM : GROQ_POSITION_MXM;
    }

    // All 16 streams carry a vector past the unit when it samples: they are at
    // -1 in cycle 5.
    void build_program() {
        for (uint32_t stream = 0; stream < 16; ++stream)
            add(mem(GROQ_WEST, stream), {nop(4 - stream / 4), read(0, east(stream))});
        auto hops = static_cast<uint32_t>(position(GetParam().icu) + 1);
        add(GetParam().icu, {nop(5 + hops), GetParam().word});
    }
};

TEST_P(every_taker, corrects_and_counts_what_it_consumes_and_nothing_else) {
    build_program();
    uint64_t count = 0;
    for (uint32_t stream = 0; stream < 16; ++stream) {
        flip_next(east(stream), 0, {stream * 8});
        EXPECT_EQ(run().status, GROQ_COMPLETION_OK) << queue.last_fault().cause;
        count += GetParam().streams >> stream & 1;
        EXPECT_EQ(corrected(), count) << stream;
    }
    EXPECT_EQ(uncorrected(), 0u);
}

TEST_P(every_taker, faults_for_the_first_of_its_streams_beyond_correction) {
    build_program();
    uint32_t first = static_cast<uint32_t>(std::countr_zero(GetParam().streams));
    for (uint32_t stream = 0; stream < 16; ++stream) {
        flip_next(east(stream), stream, {0, 136});
        bool consumes = GetParam().streams >> stream & 1;
        if (!consumes) {
            EXPECT_EQ(run().status, GROQ_COMPLETION_OK) << queue.last_fault().cause;
            continue;
        }
        groq_fault f = fault_of_run();
        EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_ECC});
        EXPECT_EQ(f.detail, east(stream));
        EXPECT_EQ(f.unit, GetParam().icu);
        if (stream == first)
            continue;
        flip_next(east(first), 19, {7, 8});
        flip_next(east(stream), 0, {7, 8});
        EXPECT_EQ(fault_of_run().detail, east(first));
    }
}

INSTANTIATE_TEST_SUITE_P(ecc, every_taker, testing::ValuesIn(takers),
                         [](const auto &of) {
                             std::string name = of.param.name;
                             std::replace(name.begin(), name.end(), '.', '_');
                             return name;
                         });

// An operand that is there and wrong goes before a later one that is missing.
struct missing_operand : wrong_card, testing::Test {
    // What slice 0 west reads is at @position when @word issues there.
    void build(uint32_t icu, int32_t position, std::initializer_list<uint32_t> streams,
               const instruction_word &word) {
        uint32_t slice = 0;
        for (uint32_t stream : streams)
            add(mem(GROQ_WEST, slice++), {nop(1), read(0, east(stream))});
        add(icu, {nop(static_cast<uint32_t>(3 + position)), word});
    }

    void expect_fault(uint32_t cause, uint32_t detail) {
        groq_fault f = fault_of_run();
        EXPECT_EQ(f.cause, cause);
        EXPECT_EQ(f.detail, detail);
    }
};

TEST_F(missing_operand, comes_after_errors_of_an_alus_earlier_ones) {
    build(GROQ_ICU_VXM(3), GROQ_POSITION_VXM, {1},
          binary(GROQ_OPCODE_ADD_MOD, GROQ_TYPE_I8, nowhere, east(1), east(2)));
    flip_next(east(1), 4, {9});
    expect_fault(GROQ_FAULT_STREAM_EMPTY, east(2));
    expect_counts(1, 0);
    flip_next(east(1), 4, {9, 10});
    expect_fault(GROQ_FAULT_ECC, east(1));
    expect_counts(1, 1);
}

TEST_F(missing_operand, of_the_same_value_leaves_the_rest_of_it_alone) {
    build(GROQ_ICU_VXM(3), GROQ_POSITION_VXM, {2},
          unary(GROQ_OPCODE_NEG, GROQ_TYPE_I16, nowhere, east(2)));
    flip_next(east(2), 4, {9, 10});
    expect_fault(GROQ_FAULT_STREAM_EMPTY, east(3));
    expect_counts(0, 0);
}

TEST_F(missing_operand, of_a_scatter_comes_after_errors_of_its_map) {
    build(mem(GROQ_EAST, 30), GROQ_POSITION_MEM(7), {2, 3},
          scatter(east(0), 0, east(2)));
    flip_next(east(3), 0, {9});
    expect_fault(GROQ_FAULT_STREAM_EMPTY, east(0));
    expect_counts(1, 0);
    flip_next(east(2), 0, {9, 10});
    expect_fault(GROQ_FAULT_ECC, east(2));
}

} // namespace
} // namespace groq::chip::test
