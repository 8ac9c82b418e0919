// SPDX-License-Identifier: MIT
//
// A run of vectors through a pipeline of VXM operations, one vector per cycle. What is
// computed is said operation by operation; ALUs, streams and cycles follow from it.
//
//   sweep square(rows);
//   const auto x = square.load(from);
//   square.store(square.apply(GROQ_OPCODE_MUL_MOD, {x, x}), {to});
//   ready = square.emit(out, ready);
//
// No two loads and stores of a sweep may be of one slice.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <vector>

#include "asm/schedule.hpp"
#include "ops/transfers.hpp"

namespace groq::ops {

// Vectors of a type in SRAM: byte b of the first one in the first word of the slice
// that is b * slices_per_byte further, the next one in the word after it.
struct vector_area {
    unsigned type; // GROQ_TYPE_*
    word_place place;
    unsigned slices_per_byte = 1;

    unsigned bytes() const { return assembly::type_bytes(type); }
    word_place plane(unsigned byte) const {
        return word_place{place.slice + byte * slices_per_byte, place.word};
    }
    unsigned hemisphere() const { return place.slice / GROQ_SLICES; }
    // From the vector `first` on.
    vector_area operator+(unsigned first) const {
        return {type, place + first, slices_per_byte};
    }
};

class sweep {
public:
    // What an operation gives or takes.
    struct value {
        std::size_t node;
    };

    explicit sweep(unsigned vectors) : run_{vectors} {}

    value load(const vector_area &from);
    // The same vector each time.
    value load_same(const vector_area &from);
    // Lane i is lane m of the vector in SRAM, m the number in lane i of the one vector
    // of `map`, I16. Through the SXM of the east, whence both must come; once a sweep.
    value load_permuted(const vector_area &from, const vector_area &map);
    // An F32 in every lane.
    value constant(float number);

    // Operands in the order a, b, condition; the first has the type of the operation,
    // and at most one is a constant.
    value apply(groq_opcode opcode, std::initializer_list<value> operands);
    value convert(value from, unsigned type);

    // To all of these places, of one hemisphere.
    void store(value result, std::initializer_list<vector_area> to);

    // Nothing issues before `ready`. Returns when everything is written and a next
    // sweep may be ready. Throws std::length_error when the sweep needs more ALUs or
    // streams than there are.
    std::uint64_t emit(assembly::schedule &out, std::uint64_t ready) const;

private:
    friend class sweep_emitter;
    enum class origin { LOAD, LOAD_SAME, LOAD_PERMUTED, CONSTANT, OPERATION };
    struct node {
        origin from;
        unsigned type;
        vector_area area{};                    // of a load
        vector_area map{};                     // of a permuted one
        std::uint32_t immediate = 0;           // of a constant
        groq_opcode opcode = GROQ_OPCODE_COPY; // of an operation
        unsigned operand_type = 0;
        std::vector<std::size_t> operands{};
        std::vector<vector_area> stores{};
    };

    value add(node next);

    vector_run run_;
    std::vector<node> nodes_;
};

} // namespace groq::ops
