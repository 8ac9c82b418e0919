// SPDX-License-Identifier: MIT
// What the tracer writes, against the assembler's reading of the same table.
#include "tracer/instruction_text.hpp"

#include <gtest/gtest.h>

#include <random>

#include <nlohmann/json.hpp>

#include "asm/queue.hpp"
#include "tracer/queue_name.hpp"

namespace groq::tracing::test {
namespace {

using nlohmann::json;

instruction bytes_of(const assembly::instruction &code) {
    instruction bytes;
    auto from = assembly::to_bytes(code);
    std::memcpy(bytes.data(), from.data(), bytes.size());
    return bytes;
}

std::string text_of(const json_object &object) {
    std::string text;
    object.append_to(text);
    return text;
}

// Of any value that fits the field, legal or not.
assembly::instruction random_instruction(const assembly::operation &op,
                                         std::mt19937_64 &random) {
    assembly::instruction code{op.opcode, 0};
    for (const assembly::field &f : op.fields) {
        int64_t value = static_cast<int64_t>(random() % (uint64_t{1} << f.bits));
        bool is_signed = f.kind == assembly::field_kind::SINT;
        assembly::set(code, f, value - (is_signed ? int64_t{1} << (f.bits - 1) : 0));
    }
    return code;
}

bool is_operand(const assembly::field &f) {
    return f.kind == assembly::field_kind::OPERAND ||
           f.kind == assembly::field_kind::TARGET;
}

// As JSON shows it. Kinds of operands have a test of their own.
json expected(const assembly::field &f, int64_t value) {
    using enum assembly::field_kind;
    auto number = static_cast<unsigned>(value);
    switch (f.kind) {
    case SRAM:
        return hexadecimal_text(number);
    case STREAM:
        return assembly::stream_name(number);
    case TYPE:
        return number < GROQ_TYPES ? std::string(assembly::type_name(number))
                                   : std::to_string(number);
    default:
        return value;
    }
}

TEST(instruction_text, has_every_field_with_its_value) {
    std::mt19937_64 random(7);
    for (const assembly::operation &op : assembly::operations()) {
        for (int round = 0; round < 50; ++round) {
            assembly::instruction code = random_instruction(op, random);
            json shown = json::parse(text_of(fields(bytes_of(code))));
            size_t count = op.fields.size() - (op.find("immediate") != nullptr);
            EXPECT_EQ(shown.size(), count) << op.mnemonic << shown;
            for (const assembly::field &f : op.fields) {
                if (is_operand(f) || f.kind == assembly::field_kind::BITS)
                    continue;
                EXPECT_EQ(shown[f.name], expected(f, assembly::get(code, f)))
                    << op.mnemonic << ' ' << f.name;
            }
        }
    }
}

TEST(instruction_text, names_instructions_and_queues_as_the_assembler_does) {
    for (const assembly::operation &op : assembly::operations())
        EXPECT_EQ(mnemonic({op.opcode}), op.mnemonic);
    for (uint32_t icu = 0; icu < GROQ_ICUS_ALL; ++icu)
        EXPECT_EQ(queue_name(icu), assembly::queue_name(icu));
    EXPECT_EQ(mnemonic({0xff}), "0xff");
    EXPECT_EQ(text_of(fields({0xff})), "{}");
}

TEST(instruction_text, tells_operands_apart) {
    auto shown = [](unsigned operand) {
        auto code = assembly::make<GROQ_OPCODE_ADD_MOD>(
            {.type = GROQ_TYPE_F32, .a = operand, .immediate = 0x3f800000});
        return json::parse(text_of(fields(bytes_of(code))))["a"].get<std::string>();
    };
    EXPECT_EQ(shown(GROQ_STREAM_EAST(31)), "e31");
    EXPECT_EQ(shown(GROQ_STREAM_WEST(0)), "w0");
    EXPECT_EQ(shown(GROQ_OPERAND_ALU | 15), "alu15");
    EXPECT_EQ(shown(GROQ_OPERAND_IMMEDIATE), "0x3f800000");
    EXPECT_EQ(shown(GROQ_OPERAND_NONE), "none");
}

} // namespace
} // namespace groq::tracing::test
