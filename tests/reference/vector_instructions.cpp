// SPDX-License-Identifier: MIT
// docs/isa.md 5.3: one operation of one ALU.
#include "machine.hpp"
#include "numbers.hpp"

namespace groq::reference {
namespace {

unsigned number_of(unsigned operand) {
    return operand & GROQ_OPERAND_NUMBER;
}

bool is_of_kind(unsigned operand, unsigned kind) {
    return (operand & GROQ_OPERAND_KIND) == kind;
}

} // namespace

void machine::execute_vector(const issue &i) {
    unsigned type = i["type"];
    unsigned bytes = bytes_of_type(type);
    unsigned to = i.what.has("to") ? i["to"] : type;
    std::vector<unsigned> operands;
    for (const char *name : {"a", "b", "condition"})
        if (i.what.has(name))
            operands.push_back(i[name]);
    std::vector<lanes32> values;
    for (unsigned o : operands) {
        try {
            need_operand(i, o, bytes);
        } catch (const trap &) {
            need_correct(); // of the operands before
            throw;
        }
        values.push_back(take_operand(i, o, bytes));
    }
    need_correct();

    values.resize(3);
    lanes32 result{};
    for (unsigned lane = 0; lane < GROQ_LANES; ++lane)
        if (i.powers(lane))
            result[lane] = i.what.of->opcode == GROQ_OPCODE_CONVERT
                               ? convert(type, to, values[0][lane])
                               : compute(i.what.of->opcode, type, values[0][lane],
                                         values[1][lane], values[2][lane]);
    unsigned alu = i.icu - GROQ_ICU_VXM(0);
    schedule(i, GROQ_DELAY_VXM_OP, [this, alu, to, result] {
        results_[alu] = result;
        result_bytes_[alu] = bytes_of_type(to);
    });
    if (i["target"] != GROQ_OPERAND_NONE)
        drive_typed(i, i["target"], bytes_of_type(to), result);
}

// "One by one in the order of its fields."
void machine::need_operand(const issue &i, unsigned operand, unsigned bytes) const {
    unsigned number = number_of(operand);
    if (is_of_kind(operand, GROQ_OPERAND_STREAM))
        need(i, number, bytes);
    if (!is_of_kind(operand, GROQ_OPERAND_ALU))
        return;
    if (!results_.contains(number))
        throw trap{GROQ_FAULT_OPERAND_EMPTY, ~uint64_t{0}, number};
    if (result_bytes_.at(number) != bytes)
        throw trap{GROQ_FAULT_ILLEGAL, ~uint64_t{0}, number};
}

lanes32 machine::take_operand(const issue &i, unsigned operand, unsigned bytes) {
    if (is_of_kind(operand, GROQ_OPERAND_STREAM))
        return take_typed(i, number_of(operand), bytes);
    lanes32 values{};
    if (is_of_kind(operand, GROQ_OPERAND_ALU))
        values = results_[number_of(operand)];
    else
        values.fill(static_cast<uint32_t>(i.at("immediate")));
    for (unsigned lane = 0; lane < GROQ_LANES; ++lane)
        if (!i.powers(lane))
            values[lane] = 0;
    return values;
}

} // namespace groq::reference
