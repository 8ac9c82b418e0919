// SPDX-License-Identifier: MIT
// Programs of the VXM for tests: operands that come from SRAM on streams, and
// results that go back there.
#ifndef GROQ_TESTS_CHIP_VECTOR_PROGRAM_HPP
#define GROQ_TESTS_CHIP_VECTOR_PROGRAM_HPP

#include <random>

#include "program.hpp"
#include "vector_reference.hpp"

namespace groq::chip::test {

// Values worth trying for a type: limits, zeros, what is next to them, and what
// floats have besides numbers.
inline const std::vector<uint32_t> &special_values(uint32_t type) {
    static const std::vector<uint32_t> integers{
        0,      1,          2,          3,          7,          8,          9,
        15,     16,         31,         32,         33,         0x7e,       0x7f,
        0x80,   0x81,       0xfe,       0xff,       0x7fff,     0x8000,     0x8001,
        0xffff, 0x12345678, 0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff};
    static const std::vector<uint32_t> halves{
        0,      0x8000, 1,      0x8001, 0x03ff, 0x0400, 0x83ff, 0x3800, 0xb800, 0x3c00,
        0xbc00, 0x3c01, 0x3e00, 0x4100, 0xc100, 0x57f8, 0x5800, 0x5bfc, 0xd804, 0x6400,
        0x7800, 0x7bff, 0xfbff, 0x7c00, 0xfc00, 0x7e00, 0xfe00, 0x7c01, 0xffff, 0x4c00};
    static const std::vector<uint32_t> floats = [] {
        using limits = std::numeric_limits<float>;
        std::vector<uint32_t> v{0x7fc00000, 0xffc00000, 0x7f800001, 0xffffffff};
        for (float x : {0.0f,
                        0.5f,
                        1.0f,
                        1.5f,
                        2.5f,
                        126.5f,
                        127.5f,
                        128.5f,
                        254.5f,
                        255.5f,
                        32767.5f,
                        65504.0f,
                        65519.996f,
                        65520.0f,
                        0x1p-24f,
                        0x1p-25f,
                        0x1.000002p-25f,
                        0x1.ffcp-15f,
                        8388607.5f,
                        16777217.0f,
                        2147483520.0f,
                        2147483648.0f,
                        2147483904.0f,
                        limits::max(),
                        limits::min(),
                        limits::denorm_min(),
                        limits::infinity()})
            for (float y : {x, -x})
                v.push_back(std::bit_cast<uint32_t>(y));
        return v;
    }();
    return type == GROQ_TYPE_F16 ? halves : type == GROQ_TYPE_F32 ? floats : integers;
}

struct vector_program : testing::Test, program_card {
    static constexpr uint32_t lanes = GROQ_LANES;
    static constexpr uint32_t vectors = 16; // per operand and program
    static constexpr uint32_t sampled = 5;  // cycle in which operands are at the VXM
    static constexpr uint32_t a = 0, b = 4, c = 8; // operands, as their first slices
    static constexpr uint32_t result_stream = east(8);

    // Operand @o arrives on these streams; byte by byte it lies in four slices
    // of the west, vector v in word v. The result leaves on result_stream, and
    // is written to words of slices 0..3 of the east.
    static uint32_t stream_of(uint32_t o) { return east(o == c ? 12 : o); }

    void stream_operands(uint32_t count) {
        for (uint32_t slice = 0; slice < 12; ++slice) {
            uint32_t hops = slice / 4 + 1;
            uint32_t stream = stream_of(slice & ~3u) + slice % 4;
            add(mem(GROQ_WEST, slice),
                {nop(sampled - hops - GROQ_DELAY_MEM_READ), read(0, stream, 1)});
            if (count > 1)
                add(mem(GROQ_WEST, slice), {repeat(count - 1)});
        }
    }

    void store_results(uint32_t width, uint32_t count, uint32_t when) {
        for (uint32_t byte = 0; byte < width; ++byte) {
            add(mem(GROQ_EAST, byte),
                {nop(when + 1), write(0, result_stream + byte, 1)});
            if (count > 1)
                add(mem(GROQ_EAST, byte), {repeat(count - 1)});
        }
    }

    // Lane @i of all @vectors.
    void put(uint32_t o, uint32_t i, uint32_t value) {
        for (uint32_t byte = 0; byte < 4; ++byte)
            word(GROQ_WEST, o + byte, i / lanes)[i % lanes] =
                static_cast<uint8_t>(value >> 8 * byte);
    }

    uint32_t result(uint32_t i, uint32_t type) {
        uint32_t value = 0;
        for (uint32_t byte = 0; byte < bits_of(type) / 8; ++byte)
            value |= uint32_t{word(GROQ_EAST, byte, i / lanes)[i % lanes]} << 8 * byte;
        return value;
    }

    float float_result(uint32_t i) {
        return std::bit_cast<float>(result(i, GROQ_TYPE_F32));
    }

    uint32_t special_value(uint32_t type, size_t i) const {
        const auto &values = special_values(type);
        return values[i % values.size()] & all_bits(type);
    }

    // Special, small, or any.
    uint32_t random_value(uint32_t type) {
        uint64_t kind = random() % 4;
        auto any = static_cast<uint32_t>(random());
        if (kind == 0)
            return special_value(type, any);
        auto small = static_cast<int32_t>(any % 80) - 40;
        if (kind == 1)
            return is_float(type) ? rounded(type, small / wide_float{4})
                                  : wrapped(type, small);
        return any & all_bits(type);
    }

    std::mt19937 random{17};
};

} // namespace groq::chip::test

#endif
