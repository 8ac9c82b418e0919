// SPDX-License-Identifier: MIT
//
// What docs/isa.md asks of an instruction beyond its fields being in range.
#include "asm/instruction.hpp"

#include "hw/groq_sram.h"

namespace groq::assembly {
namespace {

bool is_integer(std::int64_t type) {
    return type <= GROQ_TYPE_I32;
}
bool is_unsigned(std::int64_t type) {
    return type == GROQ_TYPE_U8;
}

bool is_kind(std::int64_t operand, unsigned kind) {
    return (operand & GROQ_OPERAND_KIND) == kind;
}

std::string misaligned(std::int64_t operand, std::int64_t type) {
    const unsigned bytes = type_bytes(static_cast<unsigned>(type));
    if (!is_kind(operand, GROQ_OPERAND_STREAM) || (operand & (bytes - 1)) == 0)
        return {};
    return stream_name(static_cast<unsigned>(operand)) + " cannot hold " +
           std::string(type_name(static_cast<unsigned>(type))) +
           ": its number must be a multiple of " + std::to_string(bytes);
}

std::string type_violation(std::uint8_t opcode, std::int64_t type) {
    switch (opcode) {
    case GROQ_OPCODE_NEG:
    case GROQ_OPCODE_RELU:
        return is_unsigned(type) ? "takes signed and float types" : "";
    case GROQ_OPCODE_ADD_SAT:
    case GROQ_OPCODE_SUB_SAT:
    case GROQ_OPCODE_MUL_SAT:
        return is_integer(type) ? "" : "floats have only the .mod form";
    case GROQ_OPCODE_SHL:
    case GROQ_OPCODE_SHR:
        return is_integer(type) ? "" : "takes integer types";
    default:
        return {};
    }
}

std::string immediate_violation(const instruction &code, const operation &op,
                                std::int64_t type) {
    bool used = false;
    for (const field &f : op.fields)
        if (f.kind == field_kind::OPERAND)
            used |= is_kind(get(code, f), GROQ_OPERAND_IMMEDIATE);
    const std::int64_t value = get(code, "immediate");
    if (!used)
        return value != 0 ? "an immediate that no operand names" : "";
    const unsigned bits = 8 * type_bytes(static_cast<unsigned>(type));
    return value >> bits != 0 ? "immediate wider than its type" : "";
}

std::string vector_violation(const instruction &code, const operation &op) {
    const std::int64_t type = get(code, "type");
    const std::int64_t result =
        op.find("to") != nullptr ? get(code, "to") : get(code, "type");
    if (type == GROQ_TYPE_F16 || result == GROQ_TYPE_F16)
        return "f16 is not executed yet";
    if (auto reason = type_violation(op.opcode, type); !reason.empty())
        return reason;
    for (const field &f : op.fields) {
        const bool target = f.kind == field_kind::TARGET;
        if (target || f.kind == field_kind::OPERAND)
            if (auto reason = misaligned(get(code, f), target ? result : type);
                !reason.empty())
                return reason;
    }
    return immediate_violation(code, op, type);
}

std::string accumulate_violation(const instruction &code) {
    if (get(code, "type") != GROQ_TYPE_I32)
        return "takes i32";
    if (get(code, "emit") != 0)
        return misaligned(get(code, "stream"), GROQ_TYPE_I32);
    return get(code, "stream") != 0 ? "a stream without emit" : "";
}

std::string activate_violation(const instruction &code) {
    const std::int64_t type = get(code, "type");
    return type == GROQ_TYPE_I8 || type == GROQ_TYPE_U8 ? "" : "takes i8 and u8";
}

std::string load_violation(const instruction &code) {
    return get(code, "stream") % GROQ_TILE_LANES == 0
               ? ""
               : "takes 16 streams, the first a multiple of 16";
}

std::string unit_violation(const instruction &code, const operation &op) {
    switch (op.opcode) {
    case GROQ_OPCODE_ACC:
        return accumulate_violation(code);
    case GROQ_OPCODE_ABC:
        return activate_violation(code);
    case GROQ_OPCODE_LW:
        return load_violation(code);
    default:
        return op.queue == queue_kind::VXM ? vector_violation(code, op) : "";
    }
}

} // namespace

std::string violation(const instruction &code) {
    const operation &op = *code.find_operation();
    const std::string reason = unit_violation(code, op);
    return reason.empty() ? reason : std::string(op.mnemonic) + ": " + reason;
}

} // namespace groq::assembly
