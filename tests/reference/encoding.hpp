// SPDX-License-Identifier: MIT
// The instruction table as data, and what docs/isa.md section 2 says of it: which
// bit patterns are instructions. Written for the reference model alone.
#ifndef GROQ_TESTS_REFERENCE_ENCODING_HPP
#define GROQ_TESTS_REFERENCE_ENCODING_HPP

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "hw/groq_isa.h"
#include "hw/groq_sram.h"

namespace groq::reference {

enum class field_kind { COUNT, UINT, SINT, SRAM, STREAM, OPERAND, TARGET, TYPE, BITS };

// Kinds of instruction queues; ANY is every queue.
enum class queue_kind {
    ANY,
    MEM,
    VXM,
    MXW,
    MXA,
    MXR,
    SXU,
    SXD,
    SXC,
    SXP,
    SXB,
    SXR,
    SXT,
    C2C,
    CONTROL_ALONE
};

struct field {
    std::string_view name;
    unsigned lowest;
    unsigned bits;
    field_kind kind;
};

struct operation {
    std::string_view name;
    unsigned opcode;
    queue_kind queue;
    std::string_view mnemonic;
    std::vector<field> fields;
    unsigned delay;

    bool is_control() const { return queue == queue_kind::ANY; }
};

// All of GROQ_ISA, in its order.
const std::vector<operation> &operations();
const operation *find_operation(unsigned opcode);

// The 16 bytes of an instruction, as they lie in SRAM.
using encoded = std::array<uint8_t, GROQ_INSTRUCTION_BYTES>;

uint64_t bits_of(const encoded &word, unsigned lowest, unsigned bits);
void set_bits(encoded &word, unsigned lowest, unsigned bits, uint64_t value);

// A decoded instruction: its operation and the values of its fields in their order.
struct instruction {
    const operation *of = nullptr;
    std::vector<int64_t> values;

    bool has(std::string_view name) const;
    int64_t at(std::string_view name) const; // the field must be there
    unsigned unsigned_at(std::string_view name) const {
        return static_cast<unsigned>(at(name));
    }
};

// Fields that are not named are zero.
encoded encode(unsigned opcode,
               std::initializer_list<std::pair<std::string_view, int64_t>> fields = {});

// The fields of @word if its opcode is known, whether or not it is legal.
std::optional<instruction> dissect(const encoded &word);
// The instruction that @word is in queue @icu, or nothing if it is illegal there.
std::optional<instruction> decode(const encoded &word, unsigned icu);

queue_kind kind_of_queue(unsigned icu);
unsigned bytes_of_type(unsigned type);
bool type_is_float(unsigned type);
bool type_is_signed_integer(unsigned type);
// Whether the operation is defined for @type (for convert: from @type).
bool type_is_allowed(unsigned opcode, unsigned type);

} // namespace groq::reference

#endif
