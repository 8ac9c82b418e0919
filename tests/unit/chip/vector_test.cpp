// SPDX-License-Identifier: MIT
// The ALUs of the VXM, their operands, results and times: docs/isa.md section
// 5.3. What they compute is tested operation by operation beside this.
#include <cfenv>

#include "vector_program.hpp"

namespace groq::chip::test {
namespace {

struct vxm : vector_program {
    // One operation of ALU 0 on immediates in cycle @at, result in ALU 0.
    static words produce(uint32_t at, uint32_t value, uint32_t type = GROQ_TYPE_I32) {
        instruction_word copy =
            unary(GROQ_OPCODE_COPY, type, nowhere, immediate, value);
        return at ? words{nop(at), copy} : words{copy};
    }
};

TEST_F(vxm, rounds_alike_whatever_the_thread_has_set) {
    put(a, 0, std::bit_cast<uint32_t>(1.0f));
    put(b, 0, std::bit_cast<uint32_t>(1e-10f));
    stream_operands(1);
    add(GROQ_ICU_VXM(3), {nop(sampled), binary(GROQ_OPCODE_ADD_MOD, GROQ_TYPE_F32,
                                               east(8), east(0), east(4))});
    store_results(4, 1, sampled + GROQ_DELAY_VXM);
    std::fesetround(FE_UPWARD);
    EXPECT_EQ(run().status, GROQ_COMPLETION_OK);
    EXPECT_EQ(std::fegetround(), FE_UPWARD) << "and leaves it so";
    std::fesetround(FE_TONEAREST);
    EXPECT_EQ(float_result(0), 1.0f);
}

TEST_F(vxm, drives_its_result_seven_cycles_after_the_issue) {
    for (uint32_t late : {0u, 1u, 2u}) {
        queues.clear();
        add(GROQ_ICU_VXM(0),
            {nop(10), unary(GROQ_OPCODE_COPY, GROQ_TYPE_I8, west(8), immediate, 0x5a)});
        add(mem(GROQ_WEST, 0), {nop(10 + 7 + late), write(0, west(8))});
        groq_completion completion = run();
        EXPECT_EQ(completion.status,
                  late == 1 ? GROQ_COMPLETION_OK : GROQ_COMPLETION_FAULT);
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
            EXPECT_EQ(result(100, GROQ_TYPE_I32), 1001u);
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
        EXPECT_EQ(result(i * lanes + 7, GROQ_TYPE_U8), std::min(5 + i, 15u)) << i;
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
    EXPECT_EQ(result(0, GROQ_TYPE_I32), 43046721u) << "3 squared four times";
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
    EXPECT_EQ(float_result(5), 2.0f) << "the bits of a float";
}

TEST_F(vxm, puts_an_immediate_into_every_lane) {
    add(GROQ_ICU_VXM(2), {nop(1), unary(GROQ_OPCODE_COPY, GROQ_TYPE_I32, east(8),
                                        immediate, 0x89abcdef)});
    store_results(4, 1, 1 + GROQ_DELAY_VXM);
    EXPECT_EQ(run().status, GROQ_COMPLETION_OK);
    for (uint32_t lane = 0; lane < lanes; ++lane)
        EXPECT_EQ(result(lane, GROQ_TYPE_I32), 0x89abcdefu);
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

// 1 / (1 + e^-x), there being no division: the square of a reciprocal root.
uint32_t expected_sigmoid(uint32_t type, uint32_t x) {
    uint32_t minus_x = expected(GROQ_OPCODE_NEG, type, x);
    uint32_t power = expected(GROQ_OPCODE_EXP, type, minus_x);
    uint32_t sum = expected(GROQ_OPCODE_ADD_MOD, type, power, rounded(type, 1));
    uint32_t root = expected(GROQ_OPCODE_RSQRT, type, sum);
    return expected(GROQ_OPCODE_MUL_MOD, type, root, root);
}

TEST_F(vxm, computes_a_sigmoid_along_five_alus) {
    for (uint32_t type : {GROQ_TYPE_F16, GROQ_TYPE_F32}) {
        auto argument = [type](uint32_t i) {
            return rounded(type, (static_cast<int32_t>(i) - 2560) / wide_float{256});
        };
        queues.clear();
        for (uint32_t i = 0; i < vectors * lanes; ++i)
            put(a, i, argument(i));
        stream_operands(vectors);
        const instruction_word chain[] = {
            unary(GROQ_OPCODE_NEG, type, nowhere, stream_of(a)),
            unary(GROQ_OPCODE_EXP, type, nowhere, alu(0)),
            binary(GROQ_OPCODE_ADD_MOD, type, nowhere, alu(1), immediate,
                   rounded(type, 1)),
            unary(GROQ_OPCODE_RSQRT, type, nowhere, alu(2)),
            binary(GROQ_OPCODE_MUL_MOD, type, result_stream, alu(3), alu(3)),
        };
        uint32_t when = sampled;
        for (uint32_t n = 0; n < std::size(chain); ++n, when += GROQ_DELAY_VXM_OP)
            add(GROQ_ICU_VXM(n), {nop(when), chain[n], repeat(vectors - 1)});
        store_results(bits_of(type) / 8, vectors,
                      when - GROQ_DELAY_VXM_OP + GROQ_DELAY_VXM);
        ASSERT_EQ(run().status, GROQ_COMPLETION_OK);
        for (uint32_t i = 0; i < vectors * lanes; ++i)
            ASSERT_EQ(result(i, type), expected_sigmoid(type, argument(i))) << i;
    }
}

TEST_F(vxm, blends_three_different_operands) {
    stream_operands(1);
    for (uint32_t lane = 0; lane < lanes; ++lane)
        put(a, lane, 1000 + lane), put(c, lane, lane % 3);
    add(GROQ_ICU_VXM(6),
        {nop(sampled), ternary(GROQ_OPCODE_BLEND, GROQ_TYPE_I16, result_stream,
                               stream_of(a), immediate, stream_of(c), 7)});
    store_results(2, 1, sampled + GROQ_DELAY_VXM);
    ASSERT_EQ(run().status, GROQ_COMPLETION_OK);
    for (uint32_t lane = 0; lane < lanes; ++lane)
        EXPECT_EQ(result(lane, GROQ_TYPE_I16), lane % 3 ? 1000 + lane : 7);
}

TEST_F(vxm, looks_for_its_operands_in_the_order_of_the_fields) {
    for (uint32_t first : {a, b, c}) {
        queues.clear();
        stream_operands(1);
        queues.erase(mem(GROQ_WEST, first));
        queues.erase(mem(GROQ_WEST, c));
        add(GROQ_ICU_VXM(6),
            {nop(sampled), ternary(GROQ_OPCODE_BLEND, GROQ_TYPE_I8, nowhere,
                                   stream_of(a), stream_of(b), stream_of(c))});
        groq_fault f = fault_of_run();
        EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_STREAM_EMPTY});
        EXPECT_EQ(f.detail, stream_of(first));
    }
}

} // namespace
} // namespace groq::chip::test
