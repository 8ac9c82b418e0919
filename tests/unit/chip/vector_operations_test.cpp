// SPDX-License-Identifier: MIT
// Every operation of the VXM on every type: docs/isa.md section 5.3.
#include <set>

#include "chip/decoder.hpp"
#include "vector_program.hpp"

namespace groq::chip::test {
namespace {

struct operation {
    groq_opcode opcode;
    uint32_t operands;
    const char *name;
};

constexpr operation operations[] = {
#define GROQ_OPERATION(name, operands)                                                 \
    { GROQ_OPCODE_##name, operands, #name }
    GROQ_OPERATION(COPY, 1),    GROQ_OPERATION(NEG, 1),     GROQ_OPERATION(RELU, 1),
    GROQ_OPERATION(TANH, 1),    GROQ_OPERATION(EXP, 1),     GROQ_OPERATION(RSQRT, 1),
    GROQ_OPERATION(MASK, 2),    GROQ_OPERATION(ADD_SAT, 2), GROQ_OPERATION(ADD_MOD, 2),
    GROQ_OPERATION(SUB_SAT, 2), GROQ_OPERATION(SUB_MOD, 2), GROQ_OPERATION(MUL_SAT, 2),
    GROQ_OPERATION(MUL_MOD, 2), GROQ_OPERATION(MAX, 2),     GROQ_OPERATION(MIN, 2),
    GROQ_OPERATION(SHL, 2),     GROQ_OPERATION(SHR, 2),     GROQ_OPERATION(AND, 2),
    GROQ_OPERATION(OR, 2),      GROQ_OPERATION(XOR, 2),     GROQ_OPERATION(EQ, 2),
    GROQ_OPERATION(NE, 2),      GROQ_OPERATION(LT, 2),      GROQ_OPERATION(LE, 2),
    GROQ_OPERATION(BLEND, 3),
#undef GROQ_OPERATION
};

instruction_word encode(const operation &o, uint32_t type, uint32_t target, uint32_t a,
                        uint32_t b, uint32_t condition, uint32_t value = 0) {
    if (o.operands == 1)
        return unary(o.opcode, type, target, a, value);
    if (o.operands == 2)
        return binary(o.opcode, type, target, a, b, value);
    return ternary(o.opcode, type, target, a, b, condition, value);
}

struct operation_on_type {
    operation o;
    uint32_t type;
};

std::vector<operation_on_type> pairs(bool are_legal) {
    std::vector<operation_on_type> all;
    for (const operation &o : operations)
        for (uint32_t type = 0; type < GROQ_TYPES; ++type)
            if (has_type(o.opcode, type) == are_legal)
                all.push_back({o, type});
    return all;
}

std::string name_of(const testing::TestParamInfo<operation_on_type> &test) {
    return std::string(test.param.o.name) + "_" + type_names[test.param.type];
}

struct vector_operation : vector_program,
                          testing::WithParamInterface<operation_on_type> {
    const operation &o = GetParam().o;
    uint32_t type = GetParam().type;

    struct arguments {
        uint32_t a, b, condition;
    };

    // Every two special values, then random ones, some of them equal.
    std::vector<arguments> some_arguments() {
        std::vector<arguments> all(vectors * lanes);
        size_t specials = special_values(type).size();
        for (size_t i = 0; i < all.size(); ++i) {
            bool is_special = i < specials * specials;
            uint32_t x = is_special ? special_value(type, i) : random_value(type);
            uint32_t y =
                is_special ? special_value(type, i / specials) : random_value(type);
            all[i] = {x, random() % 16 ? y : x, random() % 2 ? random_value(type) : 0};
        }
        return all;
    }

    void expect_results(const std::vector<arguments> &of) {
        for (uint32_t i = 0; i < of.size(); ++i) {
            uint32_t want = expected(o.opcode, type, of[i].a, of[i].b, of[i].condition);
            ASSERT_EQ(result(i, type), want)
                << std::hex << of[i].a << ", " << of[i].b << ", " << of[i].condition;
        }
    }
};

TEST_P(vector_operation, computes_in_every_lane) {
    std::vector<arguments> all = some_arguments();
    for (uint32_t i = 0; i < all.size(); ++i)
        put(a, i, all[i].a), put(b, i, all[i].b), put(c, i, all[i].condition);
    stream_operands(vectors);
    add(GROQ_ICU_VXM(3),
        {nop(sampled),
         encode(o, type, result_stream, stream_of(a), stream_of(b), stream_of(c)),
         repeat(vectors - 1)});
    store_results(bits_of(type) / 8, vectors, sampled + GROQ_DELAY_VXM);
    ASSERT_EQ(run().status, GROQ_COMPLETION_OK);
    expect_results(all);
}

// One argument alone is an immediate; others are results of ALUs.
TEST_P(vector_operation, takes_results_and_an_immediate) {
    for (uint32_t i = 0; i < vectors * lanes; i += 211) {
        queues.clear();
        uint32_t x = special_value(type, i), y = special_value(type, i / 7 + 3);
        add(GROQ_ICU_VXM(0), {unary(GROQ_OPCODE_COPY, type, nowhere, immediate, y)});
        add(GROQ_ICU_VXM(1), {nop(GROQ_DELAY_VXM_OP),
                              encode(o, type, nowhere, immediate, alu(0), alu(0), x)});
        add(GROQ_ICU_VXM(2), {nop(2 * GROQ_DELAY_VXM_OP),
                              unary(GROQ_OPCODE_COPY, type, result_stream, alu(1))});
        store_results(bits_of(type) / 8, 1, 2 * GROQ_DELAY_VXM_OP + GROQ_DELAY_VXM);
        ASSERT_EQ(run().status, GROQ_COMPLETION_OK);
        ASSERT_EQ(result(319, type), expected(o.opcode, type, x, y, y))
            << std::hex << x << ", " << y;
    }
}

INSTANTIATE_TEST_SUITE_P(every, vector_operation, testing::ValuesIn(pairs(true)),
                         name_of);

struct vector_operation_of_wrong_type : vector_operation {};

TEST_P(vector_operation_of_wrong_type, is_illegal) {
    add(GROQ_ICU_VXM(0),
        {encode(o, type, nowhere, immediate, immediate, immediate, 0)});
    EXPECT_EQ(fault_of_run().cause, uint32_t{GROQ_FAULT_ILLEGAL});
}

INSTANTIATE_TEST_SUITE_P(every, vector_operation_of_wrong_type,
                         testing::ValuesIn(pairs(false)), name_of);

TEST(vector_operations, are_all_here) {
    std::set<uint32_t> here{GROQ_OPCODE_CONVERT}, all;
    for (const operation &o : operations)
        here.insert(o.opcode);
#define GROQ_INSERT(name, opcode, queue, mnemonic, format, delay)                      \
    if (kind_of(GROQ_ICU_VXM(0)) == queue_kind::queue)                                 \
        all.insert(opcode);
    GROQ_ISA(GROQ_INSERT)
#undef GROQ_INSERT
    EXPECT_EQ(here, all);
}

} // namespace
} // namespace groq::chip::test
