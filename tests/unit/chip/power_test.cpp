// SPDX-License-Identifier: MIT
// Config: the vector length of each queue, docs/isa.md section 4.
#include "exchange_card.hpp"

namespace groq::chip::test {
namespace {

constexpr uint32_t vxm = GROQ_ICU_VXM(2);

byte_vector cut(byte_vector v, uint32_t superlanes) {
    std::fill(v.begin() + superlanes * GROQ_TILE_LANES, v.end(), 0);
    return v;
}

struct power : testing::Test, exchange_card {
    power() : exchange_card(GROQ_EAST) {}

    void put(uint32_t slice, uint32_t number, const byte_vector &v) {
        std::memcpy(word(side, slice, number), v.data(), v.size());
    }

    byte_vector get(uint32_t slice, uint32_t number) {
        byte_vector v;
        std::memcpy(v.data(), word(side, slice, number), v.size());
        return v;
    }

    static byte_vector filled(uint8_t byte) {
        byte_vector v;
        v.fill(byte);
        return v;
    }

    groq_fault fault_of(uint32_t icu, const words &text) {
        forget();
        add(icu, text);
        return fault_of_run();
    }
};

// Every length from 16 to 320 lanes.
struct vector_length : power, testing::WithParamInterface<uint32_t> {
    const uint32_t n = GetParam();
    const uint32_t powered = n * GROQ_TILE_LANES;

    // Issues @text in SXM queue @q at n superlanes, from cycle sampled on.
    void issue_powered(uint32_t q, const words &text) {
        add(unit(q), {config(n), nop(sampled - 1)});
        add(unit(q), text);
    }

    void expect_result(const byte_vector &value, const std::function<int(int)> &source,
                       uint32_t delay) {
        collect(20, delay);
        ASSERT_EQ(run().status, GROQ_COMPLETION_OK) << queue.last_fault().cause;
        EXPECT_EQ(collected(20), moved(value, source, static_cast<int>(powered)));
    }
};

INSTANTIATE_TEST_SUITE_P(superlanes, vector_length, testing::Range(1u, 21u));

TEST_P(vector_length, reads_zeros_beyond_it) {
    byte_vector v = random_vector();
    put(0, 3, v);
    add(mem(side, 0), {config(n), read(3, east(0))});
    add(mem(side, 4), {nop(3), write(9, east(0))});
    ASSERT_EQ(run().status, GROQ_COMPLETION_OK);
    EXPECT_EQ(get(4, 9), cut(v, n));
}

TEST_P(vector_length, keeps_the_bytes_beyond_it_when_writing) {
    byte_vector v = random_vector(), old = random_vector();
    put(0, 3, v);
    put(4, 9, old);
    add(mem(side, 0), {read(3, east(0))});
    add(mem(side, 4), {config(n), nop(1), write(9, east(0))});
    ASSERT_EQ(run().status, GROQ_COMPLETION_OK);
    std::copy_n(v.begin(), powered, old.begin());
    EXPECT_EQ(get(4, 9), old);
}

TEST_P(vector_length, holds_for_both_halves_of_a_read_and_write) {
    byte_vector in = random_vector(), out = random_vector(), old = random_vector();
    put(0, 3, in);
    put(4, 5, out);
    put(4, 4100, old);
    add(mem(side, 0), {read(3, east(0))});
    add(mem(side, 4), {config(n), nop(1), read_write(5, east(1), 4100, east(0))});
    add(mem(side, 8), {nop(4), write(0, east(1))});
    ASSERT_EQ(run().status, GROQ_COMPLETION_OK);
    EXPECT_EQ(get(8, 0), cut(out, n));
    std::copy_n(in.begin(), powered, old.begin());
    EXPECT_EQ(get(4, 4100), old);
}

// Beyond the length the map leads nowhere, and nobody looks.
TEST_P(vector_length, gathers_and_scatters_no_further) {
    byte_vector low = filled(0xff), high = filled(0xff), v = random_vector();
    for (uint32_t tile = 0; tile < n; ++tile) {
        low[tile * GROQ_TILE_LANES] = static_cast<uint8_t>(tile);
        high[tile * GROQ_TILE_LANES] = 0;
    }
    put(0, 0, low);
    put(1, 0, high);
    put(2, 0, v);
    for (uint32_t slice : {0, 1, 2})
        add(mem(side, slice), {read(0, east(slice)), repeat(1)});
    std::vector<byte_vector> before;
    for (uint32_t i = 0; i < GROQ_TILES; ++i) {
        before.push_back(random_vector());
        put(4, 100 + i, before[i]);
    }
    add(mem(side, 4), {config(n), nop(1), gather(east(9), 100, east(0)),
                       scatter(east(2), 100, east(0))});
    add(mem(side, 8), {nop(4), write(7, east(9))});
    ASSERT_EQ(run().status, GROQ_COMPLETION_OK) << queue.last_fault().cause;
    byte_vector gathered{};
    for (uint32_t lane = 0; lane < powered; ++lane)
        gathered[lane] = before[lane / GROQ_TILE_LANES][lane];
    EXPECT_EQ(get(8, 7), gathered);
    for (uint32_t lane = 0; lane < powered; ++lane)
        before[lane / GROQ_TILE_LANES][lane] = v[lane];
    for (uint32_t i = 0; i < GROQ_TILES; ++i)
        EXPECT_EQ(get(4, 100 + i), before[i]) << i;
}

// Results of all widths; a register holds zeros beyond the length too.
TEST_P(vector_length, leaves_zeros_in_alus_and_on_their_streams) {
    constexpr uint32_t other = GROQ_ICU_VXM(3);
    add(vxm,
        {config(n),
         unary(GROQ_OPCODE_COPY, GROQ_TYPE_I32, east(0), immediate, 0x87654321), nop(1),
         unary(GROQ_OPCODE_COPY, GROQ_TYPE_I16, east(4), immediate, 0x4321),
         unary(GROQ_OPCODE_COPY, GROQ_TYPE_I8, east(6), immediate, 0x21)});
    add(other, {nop(1 + GROQ_DELAY_VXM_OP),
                unary(GROQ_OPCODE_COPY, GROQ_TYPE_I32, east(8), alu(2))});
    struct {
        uint32_t stream, issued;
        uint8_t byte;
    } const driven[] = {{0, 1, 0x21}, {1, 1, 0x43},  {2, 1, 0x65}, {3, 1, 0x87},
                        {4, 3, 0x21}, {5, 3, 0x43},  {6, 4, 0x21}, {8, 4, 0x21},
                        {9, 4, 0x43}, {10, 4, 0x65}, {11, 4, 0x87}};
    for (auto [stream, issued, byte] : driven)
        add(mem(side, stream),
            {nop(issued + GROQ_DELAY_VXM + 1 + stream / 4), write(0, east(stream))});
    ASSERT_EQ(run().status, GROQ_COMPLETION_OK) << queue.last_fault().cause;
    for (auto [stream, issued, byte] : driven)
        EXPECT_EQ(get(stream, 0), cut(filled(byte), n)) << stream;
}

TEST_P(vector_length, is_what_shifts_reach) {
    for (int distance : {0, 1, 16, 100, 319}) {
        forget();
        byte_vector value = feed_random(0);
        auto lanes = static_cast<uint32_t>(distance);
        issue_powered(
            GROQ_SXM_QUEUE_SHIFT_UP,
            {shift(GROQ_OPCODE_SHIFT_UP, outward(0), inward(20), GROQ_TYPE_U8, lanes)});
        expect_result(
            value, [=](int lane) { return lane - distance; }, GROQ_DELAY_SXM_SHIFT);
        forget();
        value = feed_random(0);
        issue_powered(GROQ_SXM_QUEUE_SHIFT_DOWN,
                      {shift(GROQ_OPCODE_SHIFT_DOWN, outward(0), inward(20),
                             GROQ_TYPE_U8, lanes)});
        expect_result(
            value, [=](int lane) { return lane + distance; }, GROQ_DELAY_SXM_SHIFT);
    }
}

TEST_P(vector_length, is_all_that_a_selection_looks_at) {
    byte_vector numbers = filled(200), value = feed_random(0);
    std::fill_n(numbers.begin(), powered, uint8_t{2});
    feed_random(1);
    feed(3, {numbers});
    issue_powered(GROQ_SXM_QUEUE_SELECT,
                  {select(outward(1), outward(1), outward(0), outward(3), inward(20),
                          GROQ_TYPE_I8)});
    expect_result(
        value, [](int lane) { return lane; }, GROQ_DELAY_SXM_SELECT);
    if (n < GROQ_TILES)
        word(side, 3, 0)[powered - 1] = 3;
    else
        word(side, 3, 0)[319] = 3;
    EXPECT_EQ(fault_of_run().detail, powered - 1);
}

TEST_P(vector_length, is_all_that_a_permutation_permutes) {
    byte_vector low = filled(0xff), high = filled(0xff), value = feed_random(0);
    for (uint32_t lane = 0; lane < powered; ++lane) {
        low[lane] = static_cast<uint8_t>(powered - 1 - lane);
        high[lane] = static_cast<uint8_t>((powered - 1 - lane) >> 8);
    }
    feed(2, {low});
    feed(3, {high});
    issue_powered(GROQ_SXM_QUEUE_PERMUTE,
                  {permute(outward(0), outward(2), inward(20), GROQ_TYPE_I8)});
    auto last = static_cast<int>(powered) - 1;
    expect_result(
        value, [=](int lane) { return last - lane; }, GROQ_DELAY_SXM_PERMUTE);
    word(side, 2, 0)[5] = static_cast<uint8_t>(powered); // a lane without power
    word(side, 3, 0)[5] = static_cast<uint8_t>(powered >> 8);
    groq_fault f = fault_of_run();
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_MAP});
    EXPECT_EQ(f.detail, 5u);
}

TEST_P(vector_length, is_all_that_a_distribution_looks_at) {
    byte_vector numbers = filled(16), value = feed_random(0);
    std::fill_n(numbers.begin(), powered, uint8_t{9});
    feed(1, {numbers});
    issue_powered(GROQ_SXM_QUEUE_DISTRIBUTE(3),
                  {distribute(outward(0), outward(1), inward(20), GROQ_TYPE_I8)});
    expect_result(
        value, [](int lane) { return lane / 16 * 16 + 9; }, GROQ_DELAY_SXM_DISTRIBUTE);
}

TEST_P(vector_length, holds_for_rotations_and_transpositions) {
    byte_vector value = feed_random(16);
    for (uint32_t i = 17; i < 32; ++i)
        feed_random(i);
    issue_powered(GROQ_SXM_QUEUE_ROTATE, {rotate(outward(16), inward(16), 4)});
    collect(17, GROQ_DELAY_SXM_ROTATE);
    issue_powered(GROQ_SXM_QUEUE_TRANSPOSE(1), {transpose(outward(16), inward(0))});
    collect(0, GROQ_DELAY_SXM_TRANSPOSE);
    ASSERT_EQ(run().status, GROQ_COMPLETION_OK) << queue.last_fault().cause;
    auto rotated = [](int lane) { return lane / 4 * 4 + (lane + 1) % 4; };
    EXPECT_EQ(collected(17), moved(value, rotated, static_cast<int>(powered)));
    for (uint32_t lane = 0; lane < GROQ_LANES; ++lane) {
        uint8_t expected = get(16 + lane % 16, 0)[lane / 16 * 16];
        EXPECT_EQ(collected(0)[lane], lane < powered ? expected : 0) << lane;
    }
}

TEST_F(power, is_that_of_each_queue_alone_and_of_each_program) {
    byte_vector v = random_vector();
    for (uint32_t slice : {0, 1})
        put(slice, 3, v);
    add(mem(side, 0), {config(7), read(3, east(0))});
    add(mem(side, 1), {nop(1), read(3, east(1))});
    for (uint32_t slice : {4, 5})
        add(mem(side, slice), {nop(3), write(9, east(slice - 4))});
    ASSERT_EQ(run().status, GROQ_COMPLETION_OK);
    EXPECT_EQ(get(4, 9), cut(v, 7));
    EXPECT_EQ(get(5, 9), v);
    queues[mem(side, 0)] = {nop(1), read(3, east(0))};
    ASSERT_EQ(run().status, GROQ_COMPLETION_OK);
    EXPECT_EQ(get(4, 9), v) << "all 20 at the start";
}

TEST_F(power, changes_with_the_next_instruction_and_lasts_through_repetitions) {
    byte_vector v = random_vector();
    put(0, 3, v);
    add(mem(side, 0), {read(3, east(0)), repeat(1), config(1), read(3, east(0)),
                       repeat(1), config(20), read(3, east(0))});
    add(mem(side, 4), {nop(2), write(0, east(0), 1), repeat(1), nop(1),
                       write(2, east(0), 1), repeat(1), nop(1), write(4, east(0))});
    ASSERT_EQ(run().status, GROQ_COMPLETION_OK);
    for (auto [number, superlanes] :
         {std::pair{0u, 20u}, {1u, 20u}, {2u, 1u}, {3u, 1u}, {4u, 20u}})
        EXPECT_EQ(get(4, number), cut(v, superlanes)) << number;
}

TEST_F(power, takes_a_cycle_and_one_of_the_count) {
    add(vxm, {config(3), config(20)});
    groq_completion c = run();
    EXPECT_EQ(c.status, GROQ_COMPLETION_OK);
    EXPECT_EQ(c.result, 2u + GROQ_DELAY_DRAIN);
}

TEST_F(power, leaves_control_alone_to_a_queue_that_has_none) {
    add(vxm,
        {config(0), nop(3), notify(), ifetch(text_address(vxm, 1)), sync(), nop(1)});
    EXPECT_EQ(run().status, GROQ_COMPLETION_OK);
    for (const instruction_word &text :
         {unary(GROQ_OPCODE_COPY, GROQ_TYPE_I8, nowhere, immediate),
          read(0, east(0)),                                   // another unit's
          instruction_word{0xff, 0}, instruction_word{0, 0},  // nobody's
          unary(GROQ_OPCODE_COPY, 15, nowhere, immediate)}) { // malformed
        groq_fault f = fault_of(vxm, {config(0), nop(4), text});
        EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_POWER});
        EXPECT_EQ(f.cycle, 5u);
        EXPECT_EQ(f.unit, vxm);
        EXPECT_EQ(f.text, text_address(vxm, 0) + 32);
        EXPECT_EQ(std::memcmp(f.instruction, &text, sizeof(text)), 0);
    }
    for (const instruction_word &text : {nop(0), config(21), repeat(1)}) {
        groq_fault f = fault_of(vxm, {config(0), text});
        EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_ILLEGAL});
        EXPECT_EQ(f.cycle, 1u);
    }
}

TEST_F(power, comes_back) {
    byte_vector v = feed_random(0);
    add(unit(GROQ_SXM_QUEUE_SHIFT_UP),
        {config(0), nop(10), config(20), nop(sampled - 12),
         shift(GROQ_OPCODE_SHIFT_UP, outward(0), inward(1), GROQ_TYPE_I8, 0)});
    collect(1, GROQ_DELAY_SXM_SHIFT);
    ASSERT_EQ(run().status, GROQ_COMPLETION_OK);
    EXPECT_EQ(collected(1), v);
}

TEST_F(power, cannot_be_repeated) {
    groq_fault f = fault_of(vxm, {config(5), repeat(1)});
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_ILLEGAL});
    EXPECT_EQ(f.cycle, 1u);
}

TEST_F(power, does_not_hide_an_empty_stream) {
    groq_fault f = fault_of(mem(side, 0), {config(1), write(0, east(3))});
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_STREAM_EMPTY});
}

} // namespace
} // namespace groq::chip::test
