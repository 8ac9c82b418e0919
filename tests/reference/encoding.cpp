// SPDX-License-Identifier: MIT
#include "encoding.hpp"

#include <algorithm>
#include <bitset>
#include <stdexcept>

namespace groq::reference {
namespace {

#define REFERENCE_FIELD(name, lowest, bits, kind)                                      \
    field{#name, lowest, bits, field_kind::kind},
#define REFERENCE_OPERATION(name, opcode, queue, mnemonic, format, delay)              \
    operation{#name,                                                                   \
              opcode,                                                                  \
              queue_kind::queue,                                                       \
              mnemonic,                                                                \
              std::vector<field>{GROQ_FORMAT_##format(REFERENCE_FIELD)},               \
              GROQ_DELAY_##delay},

const std::vector<operation> table = {GROQ_ISA(REFERENCE_OPERATION)};

#undef REFERENCE_OPERATION
#undef REFERENCE_FIELD

bool operand_is_legal(unsigned value) {
    unsigned number = value & GROQ_OPERAND_NUMBER;
    switch (value & GROQ_OPERAND_KIND) {
    case GROQ_OPERAND_STREAM:
        return true;
    case GROQ_OPERAND_ALU:
        return number < GROQ_VXM_ALUS;
    case GROQ_OPERAND_IMMEDIATE:
        return number == 0;
    default:
        return false;
    }
}

bool target_is_legal(unsigned value) {
    return (value & GROQ_OPERAND_KIND) == GROQ_OPERAND_STREAM ||
           value == GROQ_OPERAND_NONE;
}

bool value_is_legal(const field &f, int64_t value) {
    switch (f.kind) {
    case field_kind::COUNT:
        return value != 0;
    case field_kind::OPERAND:
        return operand_is_legal(static_cast<unsigned>(value));
    case field_kind::TARGET:
        return target_is_legal(static_cast<unsigned>(value));
    case field_kind::TYPE:
        return value < GROQ_TYPES;
    default:
        return true;
    }
}

bool nothing_outside_fields(const encoded &word, const operation &op) {
    std::bitset<128> allowed;
    for (unsigned bit = 0; bit < 8; ++bit)
        allowed.set(bit);
    for (const field &f : op.fields)
        for (unsigned bit = 0; bit < f.bits; ++bit)
            allowed.set(f.lowest + bit);
    for (unsigned bit = 0; bit < 128; ++bit)
        if (bits_of(word, bit, 1) && !allowed[bit])
            return false;
    return true;
}

bool is_aligned(unsigned stream, unsigned streams) {
    return (stream & GROQ_STREAM_NUMBER) % streams == 0;
}

bool operand_fits_type(unsigned operand, unsigned type) {
    return (operand & GROQ_OPERAND_KIND) != GROQ_OPERAND_STREAM ||
           is_aligned(operand & GROQ_OPERAND_NUMBER, bytes_of_type(type));
}

// Section 5.3: operands, immediate and target of an ALU's operation.
bool vector_is_legal(const instruction &i) {
    unsigned type = i.unsigned_at("type");
    unsigned to = i.has("to") ? i.unsigned_at("to") : type;
    if (!type_is_allowed(i.of->opcode, type) ||
        !operand_fits_type(i.unsigned_at("target"), to))
        return false;
    bool has_immediate = false;
    for (const char *name : {"a", "b", "condition"}) {
        if (!i.has(name))
            continue;
        if (!operand_fits_type(i.unsigned_at(name), type))
            return false;
        has_immediate |= i.unsigned_at(name) == GROQ_OPERAND_IMMEDIATE;
    }
    uint64_t immediate = static_cast<uint64_t>(i.at("immediate"));
    return has_immediate ? immediate >> (8 * bytes_of_type(type)) == 0 : immediate == 0;
}

unsigned plane_of(unsigned icu) {
    return (icu - GROQ_ICU_MXM(GROQ_WEST, 0)) % GROQ_MXM_ICUS / 3;
}

// Section 5.2: "They must run towards the chip's centre; without emit s is 0."
bool accumulate_is_legal(const instruction &i, unsigned icu) {
    unsigned type = i.unsigned_at("type");
    unsigned stream = i.unsigned_at("stream");
    bool east_hemisphere = icu >= GROQ_ICU_MXM(GROQ_EAST, 0);
    if (type != GROQ_TYPE_I32 && !(type == GROQ_TYPE_F32 && plane_of(icu) == 0))
        return false;
    if (!i.at("emit"))
        return stream == 0;
    bool runs_west = (stream & GROQ_STREAM_IS_WEST) != 0;
    return is_aligned(stream, 4) && runs_west == east_hemisphere;
}

bool activate_is_legal(const instruction &i, unsigned icu) {
    switch (i.at("type")) {
    case GROQ_TYPE_I8:
    case GROQ_TYPE_U8:
        return true;
    case GROQ_TYPE_F16:
        return plane_of(icu) == 0 && is_aligned(i.unsigned_at("stream"), 2);
    default:
        return false;
    }
}

// Section 5.4: the streams of the SXM's instructions with a type.
bool switch_is_legal(const instruction &i) {
    unsigned bytes = bytes_of_type(i.unsigned_at("type"));
    for (const char *name : {"from", "north", "south", "to"})
        if (i.has(name) && !is_aligned(i.unsigned_at(name), bytes))
            return false;
    if (i.of->opcode == GROQ_OPCODE_PERMUTE)
        return is_aligned(i.unsigned_at("map"), 2);
    return !i.has("lanes") || i.at("lanes") < GROQ_LANES;
}

bool rules_of_operation_hold(const instruction &i, unsigned icu) {
    if (i.of->queue == queue_kind::VXM)
        return vector_is_legal(i);
    switch (i.of->opcode) {
    case GROQ_OPCODE_IFETCH:
        return i.at("text") % GROQ_TEXT_BYTES == 0;
    case GROQ_OPCODE_CONFIG:
        return i.at("superlanes") <= GROQ_TILES;
    case GROQ_OPCODE_GATHER:
    case GROQ_OPCODE_SCATTER:
        return is_aligned(i.unsigned_at("map"), 2);
    case GROQ_OPCODE_LW:
    case GROQ_OPCODE_IW_STREAM:
        return is_aligned(i.unsigned_at("stream"), 16) && i.at("block") < GROQ_TILES;
    case GROQ_OPCODE_ABC:
        return activate_is_legal(i, icu);
    case GROQ_OPCODE_ACC:
        return accumulate_is_legal(i, icu);
    case GROQ_OPCODE_SHIFT_UP:
    case GROQ_OPCODE_SHIFT_DOWN:
    case GROQ_OPCODE_SELECT:
    case GROQ_OPCODE_PERMUTE:
    case GROQ_OPCODE_DISTRIBUTE:
        return switch_is_legal(i);
    case GROQ_OPCODE_ROTATE:
        return (i.at("n") == 3 || i.at("n") == 4) &&
               is_aligned(i.unsigned_at("from"), 4) &&
               is_aligned(i.unsigned_at("to"), 16);
    case GROQ_OPCODE_TRANSPOSE:
        return is_aligned(i.unsigned_at("from"), 16) &&
               is_aligned(i.unsigned_at("to"), 16);
    default:
        return true;
    }
}

int64_t value_of(const encoded &word, const field &f) {
    auto value = static_cast<int64_t>(bits_of(word, f.lowest, f.bits));
    bool negative =
        f.kind == field_kind::SINT && bits_of(word, f.lowest + f.bits - 1, 1);
    return negative ? value - (int64_t{1} << f.bits) : value;
}

} // namespace

const std::vector<operation> &operations() {
    return table;
}

const operation *find_operation(unsigned opcode) {
    for (const operation &op : table)
        if (op.opcode == opcode)
            return &op;
    return nullptr;
}

uint64_t bits_of(const encoded &word, unsigned lowest, unsigned bits) {
    uint64_t value = 0;
    for (unsigned n = 0; n < bits; ++n) {
        unsigned bit = lowest + n;
        value |= uint64_t{(word[bit / 8] >> bit % 8) & 1u} << n;
    }
    return value;
}

void set_bits(encoded &word, unsigned lowest, unsigned bits, uint64_t value) {
    for (unsigned n = 0; n < bits; ++n) {
        unsigned bit = lowest + n;
        auto mask = static_cast<uint8_t>(1u << bit % 8);
        if (value >> n & 1)
            word[bit / 8] |= mask;
        else
            word[bit / 8] &= static_cast<uint8_t>(~mask);
    }
}

bool instruction::has(std::string_view name) const {
    return std::any_of(of->fields.begin(), of->fields.end(),
                       [&](const field &f) { return f.name == name; });
}

int64_t instruction::at(std::string_view name) const {
    for (size_t n = 0; n < of->fields.size(); ++n)
        if (of->fields[n].name == name)
            return values[n];
    throw std::logic_error("no such field: " + std::string(name));
}

encoded encode(unsigned opcode,
               std::initializer_list<std::pair<std::string_view, int64_t>> fields) {
    encoded word{};
    set_bits(word, 0, 8, opcode);
    for (const auto &[name, value] : fields) {
        const auto &all = find_operation(opcode)->fields;
        auto found =
            std::find_if(all.begin(), all.end(),
                         [name = name](const field &f) { return f.name == name; });
        if (found == all.end())
            throw std::logic_error("no such field: " + std::string(name));
        set_bits(word, found->lowest, found->bits, static_cast<uint64_t>(value));
    }
    return word;
}

std::optional<instruction> dissect(const encoded &word) {
    const operation *op = find_operation(word[0]);
    if (!op)
        return std::nullopt;
    instruction i{op, {}};
    for (const field &f : op->fields)
        i.values.push_back(value_of(word, f));
    return i;
}

std::optional<instruction> decode(const encoded &word, unsigned icu) {
    std::optional<instruction> i = dissect(word);
    if (!i || !nothing_outside_fields(word, *i->of))
        return std::nullopt;
    if (!i->of->is_control() && i->of->queue != kind_of_queue(icu))
        return std::nullopt;
    for (size_t n = 0; n < i->values.size(); ++n)
        if (!value_is_legal(i->of->fields[n], i->values[n]))
            return std::nullopt;
    return rules_of_operation_hold(*i, icu) ? i : std::nullopt;
}

queue_kind kind_of_queue(unsigned icu) {
    using enum queue_kind;
    constexpr queue_kind of_sxm[] = {
        SXU, SXD, SXC, SXP, SXB,           SXB,           SXB,
        SXB, SXR, SXT, SXT, CONTROL_ALONE, CONTROL_ALONE, CONTROL_ALONE};
    constexpr queue_kind of_plane[] = {MXW, MXA, MXR};
    if (icu < GROQ_ICU_VXM(0))
        return MEM;
    if (icu < GROQ_ICU_SXM(GROQ_WEST, 0))
        return VXM;
    if (icu < GROQ_ICU_MXM(GROQ_WEST, 0))
        return of_sxm[(icu - GROQ_ICU_SXM(GROQ_WEST, 0)) % GROQ_SXM_ICUS];
    if (icu < GROQ_ICUS)
        return of_plane[(icu - GROQ_ICU_MXM(GROQ_WEST, 0)) % 3];
    return C2C;
}

unsigned bytes_of_type(unsigned type) {
    switch (type) {
    case GROQ_TYPE_I8:
    case GROQ_TYPE_U8:
        return 1;
    case GROQ_TYPE_I16:
    case GROQ_TYPE_F16:
        return 2;
    default:
        return 4;
    }
}

bool type_is_float(unsigned type) {
    return type == GROQ_TYPE_F16 || type == GROQ_TYPE_F32;
}

bool type_is_signed_integer(unsigned type) {
    return type == GROQ_TYPE_I8 || type == GROQ_TYPE_I16 || type == GROQ_TYPE_I32;
}

bool type_is_allowed(unsigned opcode, unsigned type) {
    switch (opcode) {
    case GROQ_OPCODE_NEG:
    case GROQ_OPCODE_RELU:
        return type != GROQ_TYPE_U8;
    case GROQ_OPCODE_ADD_SAT:
    case GROQ_OPCODE_SUB_SAT:
    case GROQ_OPCODE_MUL_SAT:
    case GROQ_OPCODE_SHL:
    case GROQ_OPCODE_SHR:
    case GROQ_OPCODE_AND:
    case GROQ_OPCODE_OR:
    case GROQ_OPCODE_XOR:
        return !type_is_float(type);
    case GROQ_OPCODE_TANH:
    case GROQ_OPCODE_EXP:
    case GROQ_OPCODE_RSQRT:
        return type_is_float(type);
    default:
        return true;
    }
}

} // namespace groq::reference
