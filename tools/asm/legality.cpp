// SPDX-License-Identifier: MIT
//
// What docs/isa.md asks of an instruction beyond its fields being in range.
#include "asm/instruction.hpp"

#include <initializer_list>

#include "asm/queue.hpp"

namespace groq::assembly {
namespace {

bool is_integer(std::int64_t type) {
    return type <= GROQ_TYPE_I32;
}
bool is_unsigned(std::int64_t type) {
    return type == GROQ_TYPE_U8;
}

std::string misaligned(std::int64_t operand, std::int64_t type) {
    const unsigned bytes = type_bytes(static_cast<unsigned>(type));
    if (!is_kind(operand, GROQ_OPERAND_STREAM) || (operand & (bytes - 1)) == 0)
        return {};
    return stream_name(static_cast<unsigned>(operand)) + " cannot hold " +
           std::string(type_name(static_cast<unsigned>(type))) +
           ": its number must be a multiple of " + std::to_string(bytes);
}

std::string misaligned(const instruction &code,
                       std::initializer_list<const char *> stream_fields,
                       std::int64_t type) {
    for (const char *name : stream_fields)
        if (auto reason = misaligned(get(code, name), type); !reason.empty())
            return reason;
    return {};
}

std::string not_grouped(const instruction &code, const char *stream_field,
                        unsigned streams, unsigned multiple) {
    if (get(code, stream_field) % multiple == 0)
        return {};
    return std::string(stream_field) + " takes " + std::to_string(streams) +
           " streams, the first a multiple of " + std::to_string(multiple);
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
    case GROQ_OPCODE_AND:
    case GROQ_OPCODE_OR:
    case GROQ_OPCODE_XOR:
        return is_integer(type) ? "" : "takes integer types";
    case GROQ_OPCODE_TANH:
    case GROQ_OPCODE_EXP:
    case GROQ_OPCODE_RSQRT:
        return is_integer(type) ? "takes f16 and f32" : "";
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

// F16 goes by the queues of plane 0, and takes plane 1 with it.
bool is_first_plane(unsigned icu) {
    return (icu - GROQ_ICU_MXM(GROQ_WEST, 0)) % GROQ_MXM_ICUS <
           GROQ_MXM_QUEUE_WEIGHTS(1);
}

std::string accumulate_violation(const instruction &code, unsigned icu) {
    const std::int64_t type = get(code, "type");
    if (type != GROQ_TYPE_I32 && type != GROQ_TYPE_F32)
        return "takes i32 and f32";
    if (type == GROQ_TYPE_F32 && !is_first_plane(icu))
        return "the results of f16 leave plane 0";
    if (get(code, "emit") == 0)
        return get(code, "stream") != 0 ? "a stream without emit" : "";
    const bool is_west = position_of(icu) < 0;
    const bool drives_west = (get(code, "stream") & GROQ_STREAM_IS_WEST) != 0;
    if (is_west == drives_west)
        return "drives away from the chip's centre";
    return misaligned(get(code, "stream"), type);
}

std::string activate_violation(const instruction &code, unsigned icu) {
    const std::int64_t type = get(code, "type");
    if (type == GROQ_TYPE_I8 || type == GROQ_TYPE_U8)
        return {};
    if (type != GROQ_TYPE_F16)
        return "takes i8, u8 and f16";
    return is_first_plane(icu) ? misaligned(get(code, "stream"), type)
                               : "f16 goes by the queue of plane 0";
}

std::string weights_violation(const instruction &code) {
    if (get(code, "block") >= GROQ_TILES)
        return "there are blocks 0..19";
    return not_grouped(code, "stream", GROQ_TILE_LANES, GROQ_TILE_LANES);
}

std::string shift_violation(const instruction &code) {
    if (get(code, "lanes") >= GROQ_LANES)
        return "lanes must be 0..319";
    return misaligned(code, {"from", "to"}, get(code, "type"));
}

std::string rearrange_violation(const instruction &code) {
    if (code.opcode() == GROQ_OPCODE_PERMUTE)
        if (auto reason = misaligned(code, {"map"}, GROQ_TYPE_I16); !reason.empty())
            return reason;
    return misaligned(code, {"from", "to"}, get(code, "type"));
}

std::string rotate_violation(const instruction &code) {
    const auto n = get_unsigned(code, "n");
    if (n != 3 && n != 4)
        return "n must be 3 or 4";
    if (auto reason = not_grouped(code, "from", n, 4); !reason.empty())
        return reason;
    return not_grouped(code, "to", n * n, GROQ_TILE_LANES);
}

std::string transpose_violation(const instruction &code) {
    for (const char *name : {"from", "to"})
        if (auto reason = not_grouped(code, name, GROQ_TILE_LANES, GROQ_TILE_LANES);
            !reason.empty())
            return reason;
    return {};
}

std::string unit_violation(const instruction &code, const operation &op, unsigned icu) {
    switch (op.opcode) {
    case GROQ_OPCODE_CONFIG:
        return get(code, "superlanes") > GROQ_TILES ? "superlanes must be 0..20" : "";
    case GROQ_OPCODE_GATHER:
    case GROQ_OPCODE_SCATTER:
        return misaligned(code, {"map"}, GROQ_TYPE_I16);
    case GROQ_OPCODE_LW:
    case GROQ_OPCODE_IW_STREAM:
        return weights_violation(code);
    case GROQ_OPCODE_ABC:
        return activate_violation(code, icu);
    case GROQ_OPCODE_ACC:
        return accumulate_violation(code, icu);
    case GROQ_OPCODE_SHIFT_UP:
    case GROQ_OPCODE_SHIFT_DOWN:
        return shift_violation(code);
    case GROQ_OPCODE_SELECT:
        return misaligned(code, {"from", "north", "south", "to"}, get(code, "type"));
    case GROQ_OPCODE_PERMUTE:
    case GROQ_OPCODE_DISTRIBUTE:
        return rearrange_violation(code);
    case GROQ_OPCODE_ROTATE:
        return rotate_violation(code);
    case GROQ_OPCODE_TRANSPOSE:
        return transpose_violation(code);
    default:
        return op.queue == queue_kind::VXM ? vector_violation(code, op) : "";
    }
}

} // namespace

bool can_repeat(const operation &op) {
    if (op.queue == queue_kind::C2C)
        return op.opcode == GROQ_OPCODE_SEND || op.opcode == GROQ_OPCODE_RECEIVE;
    return op.queue != queue_kind::ANY;
}

bool aligns(std::uint8_t opcode) {
    return opcode == GROQ_OPCODE_AWAIT || opcode == GROQ_OPCODE_DESKEW ||
           opcode == GROQ_OPCODE_DESKEW_RUNTIME;
}

std::string violation(const instruction &code, unsigned icu) {
    const operation &op = *code.find_operation();
    if (!executes(icu, op))
        return "this queue does not execute " + std::string(op.mnemonic);
    const std::string reason = unit_violation(code, op, icu);
    return reason.empty() ? reason : std::string(op.mnemonic) + ": " + reason;
}

} // namespace groq::assembly
