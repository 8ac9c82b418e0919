// SPDX-License-Identifier: MIT
// Every instruction of the table with every type it takes, in chip and reference.
#include <gtest/gtest.h>

#include "bench.hpp"
#include "generator.hpp"
#include "mnemonics.hpp"

namespace groq::conformance {
namespace {

struct form {
    unsigned opcode;
    std::optional<unsigned> type, to;
};

std::string name_of(const form &f) {
    constexpr const char *types[] = {"I8", "U8", "I16", "I32", "F16", "F32"};
    std::string name(reference::find_operation(f.opcode)->name);
    if (f.type)
        name += std::string("_") + types[*f.type];
    if (f.to)
        name += std::string("_") + types[*f.to];
    return name;
}

// Of an operation: those for which the table has a type field.
std::vector<form> forms_of(const reference::operation &op) {
    auto has = [&](std::string_view name) {
        return std::any_of(op.fields.begin(), op.fields.end(),
                           [&](const reference::field &f) { return f.name == name; });
    };
    if (!has("type"))
        return {{op.opcode, std::nullopt, std::nullopt}};
    std::vector<form> forms;
    for (unsigned type = 0; type < GROQ_TYPES; ++type) {
        bool of_matrix = op.opcode == GROQ_OPCODE_ABC || op.opcode == GROQ_OPCODE_ACC;
        bool has_product = reference::bytes_of_type(type) == 1 || type == GROQ_TYPE_F16;
        if (of_matrix ? !has_product : !reference::type_is_allowed(op.opcode, type))
            continue;
        for (unsigned to = 0; has("to") && to < GROQ_TYPES; ++to)
            forms.push_back({op.opcode, type, to});
        if (!has("to"))
            forms.push_back({op.opcode, type, std::nullopt});
    }
    return forms;
}

// Those of links take two chips: tests/unit/chip/fabric_test.cpp.
std::vector<form> all_forms() {
    std::vector<form> forms;
    for (const reference::operation &op : reference::operations())
        if (op.queue != reference::queue_kind::C2C)
            for (const form &f : forms_of(op))
                forms.push_back(f);
    return forms;
}

std::vector<form> vector_forms() {
    std::vector<form> forms = all_forms();
    std::erase_if(forms, [](const form &f) {
        return reference::find_operation(f.opcode)->queue != reference::queue_kind::VXM;
    });
    return forms;
}

bench &the_bench() {
    static bench b;
    return b;
}

bool contains(const program &p, unsigned opcode) {
    for (const auto &[icu, text] : p.queues)
        for (const encoded &word : text)
            if (word[0] == opcode)
                return true;
    return false;
}

class every_instruction : public testing::TestWithParam<form> {};

// Some of them with other streams, rhythms, powered superlanes and operands.
TEST_P(every_instruction, does_the_same_in_chip_and_reference) {
    form f = GetParam();
    unsigned ran = 0;
    for (uint64_t seed = 1; seed <= 16; ++seed) {
        generator g(seed);
        for (int n = 0; n < 3; ++n)
            g.add(f.opcode, f.type, f.to);
        program p = g.finish();
        if (!contains(p, f.opcode))
            continue;
        ASSERT_EQ(the_bench().compare(p), "") << "seed " << seed << '\n' << p.listing();
        ran += the_bench().expected().fault.cause == GROQ_FAULT_NONE;
    }
    EXPECT_GE(ran, 12u) << "operations.cpp does not know how to use it";
}

INSTANTIATE_TEST_SUITE_P(table, every_instruction, testing::ValuesIn(all_forms()),
                         [](const auto &of) { return name_of(of.param); });

// An operation of the VXM on 205 vectors: all values or all pairs of values of 8 bits,
// all halves, or as many random values.
class every_operation : public testing::TestWithParam<form> {
protected:
    static constexpr unsigned vectors = 205; // 65,600 lanes

    // Byte @byte of operand @operand of the lane with number @n of all.
    static uint8_t byte_of(unsigned type, unsigned operand, unsigned byte, unsigned n) {
        unsigned counted = n % 65536;
        if (reference::bytes_of_type(type) == 1 && operand < 2)
            return static_cast<uint8_t>(counted >> 8 * operand);
        if (type == GROQ_TYPE_F16 && operand == 0)
            return static_cast<uint8_t>(counted >> 8 * byte);
        return static_cast<uint8_t>(random_value(type, operand, n) >> 8 * byte);
    }

    static uint32_t random_value(unsigned type, unsigned operand, unsigned n) {
        // The mixing function of splitmix64.
        uint64_t mixed = (n * 4 + operand + 1) * 0x9e3779b97f4a7c15;
        mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
        mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
        auto bits = static_cast<uint32_t>(mixed ^ mixed >> 31);
        switch (mixed >> 62) {
        case 0: // about as large as the other operand
            return type == GROQ_TYPE_F32 ? (bits & 0x80ffffff) | 0x3f000000 : bits % 64;
        case 1: // floats within what tanh and exp tell apart
            return type == GROQ_TYPE_F32 ? (bits & 0x81ffffff) | 0x3e000000 : bits;
        case 2: // few bits set or few clear
            return (bits & 1 ? 0 : ~0u) ^ (1u << bits / 2 % 32) ^
                   (1u << bits / 64 % 32);
        default:
            return bits;
        }
    }

    static void add_operand(program &p, unsigned type, unsigned operand) {
        for (unsigned byte = 0; byte < reference::bytes_of_type(type); ++byte) {
            unsigned slice = 4 * operand + byte;
            auto &data = p.data[GROQ_SRAM_ADDRESS(GROQ_WEST, slice, 0)];
            for (unsigned n = 0; n < vectors * GROQ_LANES; ++n)
                data.push_back(byte_of(type, operand, byte, n));
            // From one hop further away one cycle earlier.
            p.queues[GROQ_ICU_MEM(GROQ_WEST, slice)] = {nop(10 - operand),
                                                        read(0, 4 * operand + byte, 1),
                                                        repeat(vectors - 1, 1)};
        }
    }
};

TEST_P(every_operation, has_the_same_results_in_chip_and_reference) {
    form f = GetParam();
    const reference::operation *op = reference::find_operation(f.opcode);
    unsigned result_bytes = reference::bytes_of_type(f.to.value_or(*f.type));
    encoded word{};
    reference::set_bits(word, 0, 8, f.opcode);
    program p;
    unsigned operand = 0;
    for (const reference::field &field : op->fields) {
        if (field.kind == reference::field_kind::OPERAND) {
            reference::set_bits(word, field.lowest, field.bits, 4 * operand);
            add_operand(p, *f.type, operand++);
        }
        if (field.name == "type")
            reference::set_bits(word, field.lowest, field.bits, *f.type);
        if (field.name == "to")
            reference::set_bits(word, field.lowest, field.bits, *f.to);
        if (field.name == "target")
            reference::set_bits(word, field.lowest, field.bits, 16);
    }
    p.queues[GROQ_ICU_VXM(3)] = {nop(12), word, repeat(vectors - 1, 1)};
    for (unsigned byte = 0; byte < result_bytes; ++byte)
        p.queues[GROQ_ICU_MEM(GROQ_EAST, byte)] = {nop(12 + GROQ_DELAY_VXM + 1),
                                                   write(0, 16 + byte, 1),
                                                   repeat(vectors - 1, 1)};
    EXPECT_EQ(the_bench().compare(p), "");
    EXPECT_EQ(the_bench().expected().fault.cause, uint32_t{GROQ_FAULT_NONE});
}

INSTANTIATE_TEST_SUITE_P(table, every_operation, testing::ValuesIn(vector_forms()),
                         [](const auto &of) { return name_of(of.param); });

} // namespace
} // namespace groq::conformance
