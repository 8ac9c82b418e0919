// SPDX-License-Identifier: MIT
// Encodings: docs/isa.md section 2.
#include "chip/decoder.hpp"

#include <map>
#include <random>
#include <set>

#include "program.hpp"

namespace groq::chip::test {
namespace {

struct entry {
    groq_opcode opcode;
    queue_kind queue;
    instruction_word occupied;
    instruction_word (*encode)(const instruction &);
};

template <auto format>
instruction_word encode_again(const instruction &i) {
    return encode(i.opcode, i.*format);
}

template <class Fields>
instruction_word occupied_by(Fields instruction::*) {
    return occupied_bits<Fields>();
}

const std::vector<entry> &table() {
    static const std::vector<entry> entries = {
#define GROQ_ENTRY(name, opcode, queue, mnemonic, fields, delay)                       \
    {GROQ_OPCODE_##name, queue_kind::queue, occupied_by(format::fields),               \
     encode_again<format::fields>},
        GROQ_ISA(GROQ_ENTRY)
#undef GROQ_ENTRY
    };
    return entries;
}

const entry *entry_of(uint64_t opcode) {
    for (const entry &e : table())
        if (e.opcode == opcode)
            return &e;
    return nullptr;
}

// One legal instruction of every opcode, with all its fields in use.
const words &samples() {
    static const words all = {
        nop(0x1234),
        ifetch(640 * 5),
        sync(),
        notify(),
        config(20),
        repeat(0xffff, 0xabcd),
        read(8191, west(31), -8192),
        write(4097, east(17), 8191),
        read_write(1, east(2), 4096, west(3), -1, 1),
        gather(west(31), 8191, east(30)),
        scatter(east(17), 4097, west(2)),
        unary(GROQ_OPCODE_COPY, GROQ_TYPE_I32, east(4), west(28)),
        unary(GROQ_OPCODE_NEG, GROQ_TYPE_F32, nowhere, immediate, 0xffffffff),
        binary(GROQ_OPCODE_ADD_SAT, GROQ_TYPE_I8, east(1), alu(15), immediate, 0xff),
        binary(GROQ_OPCODE_ADD_MOD, GROQ_TYPE_F32, east(0), east(4), east(8)),
        binary(GROQ_OPCODE_SUB_SAT, GROQ_TYPE_U8, east(1), east(2), east(3)),
        binary(GROQ_OPCODE_SUB_MOD, GROQ_TYPE_I16, east(2), east(4), immediate, 0xffff),
        binary(GROQ_OPCODE_MUL_SAT, GROQ_TYPE_I16, nowhere, alu(0), alu(1)),
        binary(GROQ_OPCODE_MUL_MOD, GROQ_TYPE_U8, nowhere, immediate, immediate, 1),
        binary(GROQ_OPCODE_MAX, GROQ_TYPE_F32, west(0), west(4), west(8)),
        binary(GROQ_OPCODE_MIN, GROQ_TYPE_I8, west(0), west(4), west(8)),
        binary(GROQ_OPCODE_SHL, GROQ_TYPE_I32, west(0), west(4), immediate, 31),
        binary(GROQ_OPCODE_SHR, GROQ_TYPE_I32, west(0), west(4), immediate, 31),
        binary(GROQ_OPCODE_MASK, GROQ_TYPE_F32, west(8), alu(2), east(12)),
        ternary(GROQ_OPCODE_BLEND, GROQ_TYPE_F16, east(2), west(4), alu(9), immediate,
                0xffff),
        unary(GROQ_OPCODE_RELU, GROQ_TYPE_I16, west(30), alu(3)),
        unary(GROQ_OPCODE_TANH, GROQ_TYPE_F32, nowhere, alu(3)),
        unary(GROQ_OPCODE_EXP, GROQ_TYPE_F16, west(30), alu(3)),
        unary(GROQ_OPCODE_RSQRT, GROQ_TYPE_F32, west(28), immediate, 0x40000000),
        binary(GROQ_OPCODE_EQ, GROQ_TYPE_F16, west(2), west(4), west(6)),
        binary(GROQ_OPCODE_NE, GROQ_TYPE_U8, west(1), west(4), west(7)),
        binary(GROQ_OPCODE_LT, GROQ_TYPE_F32, nowhere, alu(1), immediate, 0xffffffff),
        binary(GROQ_OPCODE_LE, GROQ_TYPE_I32, west(0), west(4), alu(15)),
        binary(GROQ_OPCODE_AND, GROQ_TYPE_I32, west(0), west(4), alu(15)),
        binary(GROQ_OPCODE_OR, GROQ_TYPE_U8, west(31), east(31), alu(15)),
        binary(GROQ_OPCODE_XOR, GROQ_TYPE_I16, west(30), east(30), alu(15)),
        convert(GROQ_TYPE_F32, GROQ_TYPE_I8, east(31), east(28)),
        load_weights(west(16), 19, 31),
        install(),
        stream_weights(east(16), 19, 31),
        activate(east(31), GROQ_TYPE_U8),
        accumulate(511, true, west(28), -512),
        shift(GROQ_OPCODE_SHIFT_UP, east(28), west(28), GROQ_TYPE_F32, 319),
        shift(GROQ_OPCODE_SHIFT_DOWN, west(31), east(31), GROQ_TYPE_U8, 319),
        select(east(30), west(30), east(28), west(31), west(2), GROQ_TYPE_F16),
        permute(west(28), east(30), west(24), GROQ_TYPE_I32),
        distribute(west(30), east(31), east(26), GROQ_TYPE_I16),
        rotate(west(28), west(16), 4),
        transpose(west(16), west(16)),
        send(west(31)),
        receive(east(31)),
        deskew(),
        transmit(),
        await(15, 0xffff),
        deskew_runtime(0xffff),
    };
    return all;
}

bool is_second_plane(uint32_t icu) {
    return icu >= GROQ_ICU_MXM(GROQ_WEST, 0) && icu < GROQ_ICUS &&
           (icu - GROQ_ICU_MXM(GROQ_WEST, 0)) % GROQ_MXM_ICUS >= 3;
}

// The last of the kind: that of an eastern MXM, whose results run west, but of
// the first plane, which has F16 too.
uint32_t queue_of(queue_kind kind) {
    uint32_t found = 0;
    for (uint32_t icu = 0; icu < GROQ_ICUS_ALL; ++icu)
        if (kind_of(icu) == kind && !is_second_plane(icu))
            found = icu;
    return found;
}

bool is_legal(const instruction_word &word, uint32_t icu) {
    instruction i;
    return decode(word, icu, i);
}

bool is_legal_somewhere(const instruction_word &word) {
    const entry *e = entry_of(word.low & 0xff);
    return e && is_legal(word, queue_of(e->queue));
}

instruction_word flip(instruction_word word, uint32_t bit) {
    (bit < 64 ? word.low : word.high) ^= uint64_t{1} << bit % 64;
    return word;
}

TEST(decoder, has_one_opcode_per_instruction_and_a_sample_of_each) {
    std::set<uint64_t> opcodes, sampled;
    for (const entry &e : table())
        opcodes.insert(e.opcode);
    EXPECT_EQ(opcodes.size(), table().size());
    for (const instruction_word &word : samples())
        sampled.insert(word.low & 0xff);
    EXPECT_EQ(sampled, opcodes);
}

TEST(decoder, has_fields_that_do_not_overlap) {
    auto check = []<class Fields>(Fields instruction::*) {
        instruction_word taken{0xff, 0};
        Fields fields{};
        Fields::each(fields, [&](auto &, field f) {
            EXPECT_LE(f.shift() + f.bits, 64u);
            EXPECT_LE(f.bits, 32u);
            uint64_t &half = f.is_high() ? taken.high : taken.low;
            EXPECT_EQ(half & f.mask() << f.shift(), 0u);
            half |= f.mask() << f.shift();
        });
    };
#define GROQ_CHECK(name, opcode, queue, mnemonic, fields, delay) check(format::fields);
    GROQ_ISA(GROQ_CHECK)
#undef GROQ_CHECK
}

TEST(decoder, gives_back_what_was_encoded) {
    for (const instruction_word &word : samples()) {
        const entry *e = entry_of(word.low & 0xff);
        instruction i;
        ASSERT_TRUE(decode(word, queue_of(e->queue), i)) << std::hex << e->opcode;
        EXPECT_EQ(i.opcode, e->opcode);
        EXPECT_EQ(e->encode(i), word);
    }
}

TEST(decoder, puts_fields_where_the_document_says) {
    EXPECT_EQ(nop(0x1234), (instruction_word{0x12340001, 0}));
    EXPECT_EQ(ifetch(0x12345), (instruction_word{0x0001234500000002, 0}));
    EXPECT_EQ(read(5, west(3), -1), (instruction_word{0x00003fff00052310, 0}));
    EXPECT_EQ(accumulate(3, true, east(4), -2),
              (instruction_word{0x0003fe0003330453, 0}));
    EXPECT_EQ(unary(GROQ_OPCODE_COPY, GROQ_TYPE_I32, nowhere, immediate, 0xdeadbeef),
              (instruction_word{0x80c00320, 0xdeadbeef}));
}

TEST(decoder, takes_an_instruction_only_in_queues_of_its_kind) {
    for (const instruction_word &word : samples()) {
        const entry *e = entry_of(word.low & 0xff);
        for (uint32_t icu = 0; icu < GROQ_ICUS_ALL; ++icu) {
            bool fits = e->queue == queue_kind::ANY || e->queue == kind_of(icu);
            bool runs_out = e->opcode == GROQ_OPCODE_ACC && icu < GROQ_ICU_MXM(1, 0);
            EXPECT_EQ(is_legal(word, icu), fits && !runs_out) << word.low << " " << icu;
        }
    }
}

TEST(decoder, knows_the_kind_of_every_queue) {
    std::map<queue_kind, int> counts;
    for (uint32_t icu = 0; icu < GROQ_ICUS_ALL; ++icu)
        ++counts[kind_of(icu)];
    EXPECT_EQ(counts, (std::map<queue_kind, int>{{queue_kind::MEM, 88},
                                                 {queue_kind::VXM, 16},
                                                 {queue_kind::SXU, 2},
                                                 {queue_kind::SXD, 2},
                                                 {queue_kind::SXC, 2},
                                                 {queue_kind::SXP, 2},
                                                 {queue_kind::SXB, 8},
                                                 {queue_kind::SXR, 2},
                                                 {queue_kind::SXT, 4},
                                                 {queue_kind::SXM, 6},
                                                 {queue_kind::MXW, 4},
                                                 {queue_kind::MXA, 4},
                                                 {queue_kind::MXR, 4},
                                                 {queue_kind::C2C, 16}}));
    EXPECT_EQ(kind_of(GROQ_ICU_MXM(1, GROQ_MXM_QUEUE_RESULTS(1))), queue_kind::MXR);
}

TEST(decoder, refuses_every_bit_outside_the_fields) {
    for (const instruction_word &word : samples()) {
        const entry *e = entry_of(word.low & 0xff);
        for (uint32_t bit = 8; bit < 128; ++bit) {
            uint64_t half = bit < 64 ? e->occupied.low : e->occupied.high;
            bool is_field = half >> bit % 64 & 1;
            EXPECT_FALSE(!is_field && is_legal(flip(word, bit), queue_of(e->queue)))
                << bit;
        }
    }
}

TEST(decoder, refuses_unknown_opcodes) {
    for (uint64_t opcode = 0; opcode < 256; ++opcode)
        for (uint32_t icu = 0; icu < GROQ_ICUS_ALL && !entry_of(opcode); ++icu)
            ASSERT_FALSE(is_legal({opcode, 0}, icu));
}

TEST(decoder, refuses_values_out_of_range) {
    const instruction_word bad[] = {
        nop(0),
        repeat(0, 1),
        repeat(1, 0),
        ifetch(320),
        config(21),
        config(31),
        gather(east(0), 0, east(1)),
        scatter(east(0), 0, west(31)),
        unary(GROQ_OPCODE_COPY, GROQ_TYPE_F16, east(1), east(4)),
        unary(GROQ_OPCODE_COPY, 6, east(0), east(4)),
        unary(GROQ_OPCODE_COPY, 15, east(0), east(4)),
        unary(GROQ_OPCODE_COPY, GROQ_TYPE_I8, alu(1), east(4)),
        unary(GROQ_OPCODE_COPY, GROQ_TYPE_I8, immediate, east(4)),
        unary(GROQ_OPCODE_COPY, GROQ_TYPE_I8, nowhere | 1, east(4)),
        unary(GROQ_OPCODE_COPY, GROQ_TYPE_I8, east(0), alu(16)),
        unary(GROQ_OPCODE_COPY, GROQ_TYPE_I8, east(0), nowhere),
        unary(GROQ_OPCODE_COPY, GROQ_TYPE_I8, east(0), immediate | 1),
        unary(GROQ_OPCODE_COPY, GROQ_TYPE_I16, east(1), east(4)),
        unary(GROQ_OPCODE_COPY, GROQ_TYPE_I16, east(2), west(5)),
        unary(GROQ_OPCODE_COPY, GROQ_TYPE_I32, east(2), east(4)),
        unary(GROQ_OPCODE_COPY, GROQ_TYPE_F32, east(4), east(6)),
        unary(GROQ_OPCODE_COPY, GROQ_TYPE_I8, east(0), east(4), 1),
        unary(GROQ_OPCODE_COPY, GROQ_TYPE_I8, east(0), immediate, 0x100),
        unary(GROQ_OPCODE_COPY, GROQ_TYPE_I16, east(0), immediate, 0x10000),
        unary(GROQ_OPCODE_NEG, GROQ_TYPE_U8, east(0), east(4)),
        unary(GROQ_OPCODE_RELU, GROQ_TYPE_U8, east(0), east(4)),
        binary(GROQ_OPCODE_ADD_SAT, GROQ_TYPE_F32, east(0), east(4), east(8)),
        binary(GROQ_OPCODE_SUB_SAT, GROQ_TYPE_F32, east(0), east(4), east(8)),
        binary(GROQ_OPCODE_MUL_SAT, GROQ_TYPE_F32, east(0), east(4), east(8)),
        binary(GROQ_OPCODE_SHL, GROQ_TYPE_F32, east(0), east(4), east(8)),
        binary(GROQ_OPCODE_SHR, GROQ_TYPE_F32, east(0), east(4), east(8)),
        binary(GROQ_OPCODE_AND, GROQ_TYPE_F32, east(0), east(4), east(8)),
        binary(GROQ_OPCODE_OR, GROQ_TYPE_F16, east(0), east(4), east(8)),
        binary(GROQ_OPCODE_XOR, GROQ_TYPE_F32, east(0), east(4), east(8)),
        unary(GROQ_OPCODE_TANH, GROQ_TYPE_I32, east(0), east(4)),
        unary(GROQ_OPCODE_EXP, GROQ_TYPE_I8, east(0), east(4)),
        unary(GROQ_OPCODE_RSQRT, GROQ_TYPE_I16, east(0), east(4)),
        ternary(GROQ_OPCODE_BLEND, GROQ_TYPE_F32, east(0), east(4), east(8), east(10)),
        ternary(GROQ_OPCODE_BLEND, GROQ_TYPE_I8, east(0), east(4), east(8), nowhere),
        ternary(GROQ_OPCODE_BLEND, GROQ_TYPE_I8, east(0), east(4), east(8), east(9), 1),
        binary(GROQ_OPCODE_MAX, GROQ_TYPE_I32, east(0), east(4), east(9)),
        binary(GROQ_OPCODE_MAX, GROQ_TYPE_I8, east(0), east(4), nowhere),
        convert(GROQ_TYPE_F32, GROQ_TYPE_I16, east(1), east(4)),
        convert(GROQ_TYPE_F32, GROQ_TYPE_I8, east(1), east(3)),
        convert(GROQ_TYPE_F32, GROQ_TYPE_F16, east(1), east(4)),
        convert(GROQ_TYPE_F16, GROQ_TYPE_F32, east(0), east(5)),
        convert(6, GROQ_TYPE_F32, east(0), east(4)),
        convert(GROQ_TYPE_F32, 6, east(0), east(4)),
        convert(GROQ_TYPE_I8, GROQ_TYPE_F32, east(0), immediate, 0x100),
        load_weights(west(8), 0),
        load_weights(west(16), 20),
        activate(east(0), GROQ_TYPE_I16),
        activate(east(0), GROQ_TYPE_F32),
        stream_weights(west(8), 0),
        stream_weights(west(16), 20),
        activate(east(1), GROQ_TYPE_F16),
        accumulate(0, false, west(1)),
        accumulate(0, false, east(0)), // away from the centre
        shift(GROQ_OPCODE_SHIFT_UP, east(0), east(0), GROQ_TYPE_I8, 320),
        shift(GROQ_OPCODE_SHIFT_UP, east(2), east(0), GROQ_TYPE_I32, 1),
        shift(GROQ_OPCODE_SHIFT_DOWN, east(0), west(1), GROQ_TYPE_F16, 1),
        shift(GROQ_OPCODE_SHIFT_DOWN, east(0), east(0), 6, 1),
        select(east(1), east(2), east(4), east(0), east(6), GROQ_TYPE_I16),
        select(east(0), east(3), east(4), east(0), east(6), GROQ_TYPE_I16),
        select(east(0), east(2), east(5), east(0), east(6), GROQ_TYPE_I16),
        select(east(0), east(2), east(4), east(0), east(7), GROQ_TYPE_I16),
        select(east(0), east(2), east(4), east(0), east(6), 15),
        permute(east(0), west(1), east(0), GROQ_TYPE_I8),
        permute(east(1), west(0), east(0), GROQ_TYPE_I16),
        permute(east(0), west(0), east(2), GROQ_TYPE_F32),
        permute(east(0), west(0), east(0), 6),
        distribute(east(1), west(0), east(0), GROQ_TYPE_I16),
        distribute(east(0), west(0), east(2), GROQ_TYPE_F32),
        distribute(east(0), west(0), east(0), 6),
        rotate(east(0), east(0), 2),
        rotate(east(0), east(0), 5),
        rotate(east(2), east(0), 3),
        rotate(east(0), east(8), 4),
        transpose(east(8), east(0)),
        transpose(east(0), west(8)),
    };
    for (const instruction_word &word : bad)
        EXPECT_FALSE(is_legal_somewhere(word))
            << std::hex << word.low << " " << word.high;
    instruction_word quiet = accumulate(0);
    EXPECT_TRUE(is_legal_somewhere(quiet));
    EXPECT_FALSE(is_legal_somewhere(flip(quiet, 8))) << "a stream without emit";
    EXPECT_FALSE(is_legal_somewhere(flip(quiet, 20))) << "a sum of type F16";
}

TEST(decoder, takes_floats_in_the_first_plane_of_a_hemisphere_alone) {
    for (uint32_t side : {GROQ_WEST, GROQ_EAST}) {
        for (uint32_t plane : {0, 1}) {
            uint32_t activations = GROQ_ICU_MXM(
                side, static_cast<uint32_t>(GROQ_MXM_QUEUE_ACTIVATIONS(plane)));
            EXPECT_EQ(is_legal(activate(east(2), GROQ_TYPE_F16), activations),
                      plane == 0);
            instruction_word sum = encode(
                GROQ_OPCODE_ACC, accumulate_fields{0, 0, 0, GROQ_TYPE_F32, 7, 0});
            EXPECT_EQ(is_legal(sum, activations + 1), plane == 0);
        }
    }
}

// All values of the fields of a format, one after the other.
template <class Fields>
size_t count_legal(groq_opcode opcode, uint32_t icu) {
    uint32_t bits = 0;
    Fields fields{};
    Fields::each(fields, [&](auto &, field f) { bits += f.bits; });
    size_t legal = 0;
    for (uint64_t all = 0; all < uint64_t{1} << bits; ++all) {
        uint64_t left = all;
        Fields::each(fields, [&](auto &value, field f) {
            value = static_cast<uint32_t>(left & f.mask());
            left >>= f.bits;
        });
        legal += is_legal(encode(opcode, fields), icu);
    }
    return legal;
}

TEST(decoder, takes_as_many_patterns_as_the_document_allows) {
    using enum queue_kind;
    EXPECT_EQ(count_legal<config_fields>(GROQ_OPCODE_CONFIG, 0), 21u);
    EXPECT_EQ(count_legal<nop_fields>(GROQ_OPCODE_NOP, 0), 65535u);
    EXPECT_EQ(count_legal<rotate_fields>(GROQ_OPCODE_ROTATE, queue_of(SXR)),
              16u * 4 * 2);
    EXPECT_EQ(count_legal<transpose_fields>(GROQ_OPCODE_TRANSPOSE, queue_of(SXT)),
              4u * 4);
    EXPECT_EQ(count_legal<load_weights_fields>(GROQ_OPCODE_IW_STREAM, queue_of(MXW)),
              4u * 20 * 32);
    EXPECT_EQ(count_legal<activate_fields>(GROQ_OPCODE_ABC, queue_of(MXA)),
              64u + 64 + 32);
    // Groups of 1, 2 and 4 streams: 64, 32 and 16 of them, of two types each.
    constexpr size_t pairs = 2 * (64 * 64 + 32 * 32 + 16 * 16);
    EXPECT_EQ(count_legal<rearrange_fields>(GROQ_OPCODE_PERMUTE, queue_of(SXP)),
              pairs * 32);
    EXPECT_EQ(count_legal<rearrange_fields>(GROQ_OPCODE_DISTRIBUTE, queue_of(SXB)),
              pairs * 64);
}

TEST(decoder, finds_exactly_one_instruction_in_a_pattern_or_none) {
    std::mt19937_64 random(5);
    size_t legal = 0;
    for (int i = 0; i < 500'000; ++i) {
        const instruction_word &base = samples()[random() % samples().size()];
        instruction_word word = base;
        for (uint64_t flips = random() % 4; flips-- > 0;)
            word = flip(word, random() % 128);
        if (random() % 8 == 0)
            word = {random(), random()};
        uint32_t icu = random() % GROQ_ICUS_ALL;
        instruction decoded;
        if (!decode(word, icu, decoded))
            continue;
        ++legal;
        const entry *e = entry_of(decoded.opcode);
        ASSERT_NE(e, nullptr);
        ASSERT_EQ(e->encode(decoded), word);
    }
    EXPECT_GT(legal, 1000u);
}

} // namespace
} // namespace groq::chip::test
