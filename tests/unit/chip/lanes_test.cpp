// SPDX-License-Identifier: MIT
// The SXM: docs/isa.md section 5.4.
#include "chip/lane_kernels.hpp"

#include <algorithm>
#include <numeric>

#include "exchange_card.hpp"

namespace groq::chip::test {
namespace {

constexpr uint32_t types[] = {GROQ_TYPE_I8,  GROQ_TYPE_U8,  GROQ_TYPE_I16,
                              GROQ_TYPE_I32, GROQ_TYPE_F16, GROQ_TYPE_F32};
constexpr int lane_count = GROQ_LANES;

uint32_t bytes_of(uint32_t type) {
    constexpr uint32_t widths[] = {1, 1, 2, 4, 2, 4};
    return widths[type];
}

// Both hemispheres.
struct sxm : testing::TestWithParam<uint32_t>, exchange_card {
    // Groups of streams that a value may take, in both directions.
    static constexpr uint32_t from = 4, north = 8, south = 12, map = 16, to = 20;

    sxm() : exchange_card(GetParam()) {}

    std::vector<byte_vector> feed_value(uint32_t first, uint32_t type) {
        std::vector<byte_vector> bytes;
        for (uint32_t i = 0; i < bytes_of(type); ++i)
            bytes.push_back(feed_random(first + i));
        return bytes;
    }

    void feed_numbers(uint32_t first, const std::vector<int> &numbers) {
        byte_vector low{}, high{};
        for (size_t lane = 0; lane < numbers.size(); ++lane) {
            low[lane] = static_cast<uint8_t>(numbers[lane]);
            high[lane] = static_cast<uint8_t>(numbers[lane] >> 8);
        }
        feed(first, {low});
        feed(first + 1, {high});
    }

    void collect_value(uint32_t type, uint32_t delay) {
        for (uint32_t i = 0; i < bytes_of(type); ++i)
            collect(to + i, delay);
    }

    // All bytes of a value moved alike.
    void expect_moved(const std::vector<byte_vector> &value,
                      const std::function<int(int)> &source, int powered = lane_count) {
        ASSERT_EQ(run().status, GROQ_COMPLETION_OK) << queue.last_fault().cause;
        for (uint32_t i = 0; i < value.size(); ++i)
            ASSERT_EQ(collected(to + i), moved(value[i], source, powered)) << i;
    }

    void expect_fault(uint32_t cause, uint32_t detail, uint32_t unit_queue) {
        groq_fault f = fault_of_run();
        EXPECT_EQ(f.cause, cause);
        EXPECT_EQ(f.detail, detail);
        EXPECT_EQ(f.unit, unit(unit_queue));
        EXPECT_EQ(f.cycle, uint64_t{sampled});
        EXPECT_EQ(f.address, ~uint64_t{0});
    }

    void build_permutation(uint32_t type, const std::vector<int> &numbers) {
        forget();
        feed_numbers(map, numbers);
        issue(GROQ_SXM_QUEUE_PERMUTE,
              {permute(outward(from), outward(map), inward(to), type)});
    }

    void build_distribution(uint32_t type, const byte_vector &numbers,
                            uint32_t distributor = 0) {
        forget();
        feed(map, {numbers});
        issue(GROQ_SXM_QUEUE_DISTRIBUTE(distributor),
              {distribute(outward(from), outward(map), inward(to), type)});
    }

    void build_selection(uint32_t type, const byte_vector &numbers) {
        forget();
        feed(map, {numbers});
        issue(GROQ_SXM_QUEUE_SELECT,
              {select(outward(from), outward(north), outward(south), outward(map),
                      inward(to), type)});
    }
};

INSTANTIATE_TEST_SUITE_P(sides, sxm, testing::Values(GROQ_WEST, GROQ_EAST),
                         [](const auto &side) {
                             return side.param == GROQ_WEST ? "west" : "east";
                         });

std::vector<int> identity(int count = lane_count) {
    std::vector<int> numbers(static_cast<size_t>(count));
    std::iota(numbers.begin(), numbers.end(), 0);
    return numbers;
}

TEST_P(sxm, shifts_values_of_every_type_by_any_distance) {
    for (uint32_t type : types) {
        for (int distance : {0, 1, 2, 15, 16, 17, 160, 303, 304, 318, 319}) {
            auto lanes = static_cast<uint32_t>(distance);
            forget();
            auto value = feed_value(from, type);
            issue(GROQ_SXM_QUEUE_SHIFT_UP, {shift(GROQ_OPCODE_SHIFT_UP, outward(from),
                                                  inward(to), type, lanes)});
            collect_value(type, GROQ_DELAY_SXM_SHIFT);
            expect_moved(value, [=](int lane) { return lane - distance; });
            queues.erase(unit(GROQ_SXM_QUEUE_SHIFT_UP));
            issue(GROQ_SXM_QUEUE_SHIFT_DOWN,
                  {shift(GROQ_OPCODE_SHIFT_DOWN, outward(from), inward(to), type,
                         lanes)});
            expect_moved(value, [=](int lane) { return lane + distance; });
        }
    }
}

TEST_P(sxm, selects_lane_by_lane_among_three_values_of_every_type) {
    for (uint32_t type : types) {
        byte_vector numbers;
        for (uint8_t &number : numbers)
            number = random() % 3;
        build_selection(type, numbers);
        const std::vector<byte_vector> values[] = {
            feed_value(from, type), feed_value(north, type), feed_value(south, type)};
        collect_value(type, GROQ_DELAY_SXM_SELECT);
        ASSERT_EQ(run().status, GROQ_COMPLETION_OK);
        for (uint32_t i = 0; i < bytes_of(type); ++i)
            for (uint32_t lane = 0; lane < GROQ_LANES; ++lane)
                ASSERT_EQ(collected(to + i)[lane], values[numbers[lane]][i][lane]);
    }
}

TEST_P(sxm, faults_when_a_selection_names_no_value) {
    for (int bad : {3, 4, 127, 128, 255}) {
        byte_vector numbers{};
        numbers[319] = static_cast<uint8_t>(bad);
        build_selection(GROQ_TYPE_I8, numbers);
        for (uint32_t n : {from, north, south})
            feed_random(n);
        expect_fault(GROQ_FAULT_MAP, 319, GROQ_SXM_QUEUE_SELECT);
        word(side, map, 0)[7] = static_cast<uint8_t>(bad);
        expect_fault(GROQ_FAULT_MAP, 7, GROQ_SXM_QUEUE_SELECT);
    }
}

TEST_P(sxm, permutes_values_of_every_type) {
    std::vector<int> reverse = identity(), shuffled = identity(), turned = identity();
    std::reverse(reverse.begin(), reverse.end());
    std::shuffle(shuffled.begin(), shuffled.end(), random);
    std::rotate(turned.begin(), turned.begin() + 100, turned.end());
    for (uint32_t type : types) {
        for (const auto &numbers : {identity(), reverse, shuffled, turned}) {
            build_permutation(type, numbers);
            auto value = feed_value(from, type);
            collect_value(type, GROQ_DELAY_SXM_PERMUTE);
            expect_moved(value,
                         [&](int lane) { return numbers[static_cast<size_t>(lane)]; });
        }
    }
}

TEST_P(sxm, faults_in_the_lowest_lane_that_spoils_a_permutation) {
    struct bad_number {
        size_t lane;
        int number;
    };
    const std::pair<std::vector<bad_number>, uint32_t> cases[] = {
        {{{319, 0}}, 319},           {{{0, 1}}, 1},
        {{{0, 319}}, 319},           {{{5, 320}}, 5},
        {{{9, 65535}, {4, 3}}, 4},   {{{0, 256 + 1}}, 257},
        {{{300, 299}, {2, 512}}, 2}, {{{318, 32768}}, 318},
    };
    for (const auto &[bad, lane] : cases) {
        std::vector<int> numbers = identity();
        for (auto [at, number] : bad)
            numbers[at] = number;
        build_permutation(GROQ_TYPE_U8, numbers);
        feed_random(from);
        expect_fault(GROQ_FAULT_MAP, lane, GROQ_SXM_QUEUE_PERMUTE);
    }
}

TEST_P(sxm, distributes_within_superlanes_values_of_every_type) {
    for (uint32_t type : types) {
        byte_vector numbers;
        for (uint8_t &number : numbers)
            number = static_cast<uint8_t>(random() % 2 ? random() % 16
                                                       : 128 + random() % 128);
        numbers[0] = 128;
        numbers[1] = 255;
        numbers[319] = 15;
        uint32_t distributor = type % GROQ_SXM_DISTRIBUTORS;
        build_distribution(type, numbers, distributor);
        auto value = feed_value(from, type);
        collect_value(type, GROQ_DELAY_SXM_DISTRIBUTE);
        expect_moved(value, [&](int lane) {
            int number = numbers[static_cast<size_t>(lane)];
            return number < 16 ? lane / 16 * 16 + number : -1;
        });
    }
}

TEST_P(sxm, faults_when_a_distribution_leaves_its_superlane) {
    for (int bad : {16, 17, 100, 127}) {
        byte_vector numbers{};
        numbers[200] = numbers[319] = static_cast<uint8_t>(bad);
        build_distribution(GROQ_TYPE_I8, numbers);
        feed_random(from);
        expect_fault(GROQ_FAULT_MAP, 200, GROQ_SXM_QUEUE_DISTRIBUTE(0));
    }
}

TEST(lane_kernels, distribute_the_same_on_every_processor) {
    std::mt19937 random(3);
    byte_vector from, map;
    for (uint32_t round = 0; round < 100; ++round) {
        for (uint32_t lane = 0; lane < GROQ_LANES; ++lane) {
            from[lane] = static_cast<uint8_t>(random());
            map[lane] = static_cast<uint8_t>(random() & 0x8f);
        }
        uint32_t powered = 16 * (random() % 21);
        byte_vector expected;
        expected.fill(0xaa);
        for (uint32_t lane = 0; lane < powered; ++lane)
            expected[lane] = map[lane] < 16 ? from[lane / 16 * 16 + map[lane]] : 0;
        for (const distribute_kernel &kernel : distribute_kernels()) {
            if (!kernel.is_usable())
                continue;
            byte_vector to;
            to.fill(0xaa);
            kernel.distribute(from.data(), map.data(), powered, to.data());
            ASSERT_EQ(to, expected) << kernel.name;
        }
    }
}

// Where lane @lane of stream @by of a rotation comes from.
int rotated(int lane, int by, int n) {
    int group = lane % 16 / n;
    if (group * n + n > 16)
        return -1;
    int first = lane / 16 * 16 + group * n;
    return first + (lane - first + by) % n;
}

TEST_P(sxm, rotates_groups_of_three_and_four) {
    for (uint32_t n : {3u, 4u}) {
        forget();
        std::vector<byte_vector> values;
        for (uint32_t i = 0; i < n; ++i)
            values.push_back(feed_random(4 + i));
        issue(GROQ_SXM_QUEUE_ROTATE, {rotate(outward(4), inward(16), n)});
        for (uint32_t i = 0; i < n * n; ++i)
            collect(16 + i, GROQ_DELAY_SXM_ROTATE);
        ASSERT_EQ(run().status, GROQ_COMPLETION_OK);
        for (uint32_t i = 0; i < n * n; ++i) {
            auto source = [=](int lane) {
                return rotated(lane, static_cast<int>(i % n), static_cast<int>(n));
            };
            ASSERT_EQ(collected(16 + i), moved(values[i / n], source)) << n << " " << i;
        }
    }
}

TEST_P(sxm, drives_as_many_streams_as_a_rotation_has) {
    for (uint32_t i = 0; i < 3; ++i)
        feed_random(i);
    issue(GROQ_SXM_QUEUE_ROTATE, {rotate(outward(0), inward(16), 3)});
    collect(24, GROQ_DELAY_SXM_ROTATE);
    EXPECT_EQ(run().status, GROQ_COMPLETION_OK);
    collect(25, GROQ_DELAY_SXM_ROTATE);
    EXPECT_EQ(fault_of_run().detail, inward(25));
}

TEST_P(sxm, transposes_squares_of_sixteen) {
    for (uint32_t transposer : {0u, 1u}) {
        forget();
        std::vector<byte_vector> values;
        for (uint32_t i = 0; i < 16; ++i)
            values.push_back(feed_random(16 + i));
        issue(GROQ_SXM_QUEUE_TRANSPOSE(transposer),
              {transpose(outward(16), inward(0))});
        for (uint32_t i = 0; i < 16; ++i)
            collect(i, GROQ_DELAY_SXM_TRANSPOSE);
        ASSERT_EQ(run().status, GROQ_COMPLETION_OK);
        for (uint32_t j = 0; j < 16; ++j)
            for (uint32_t lane = 0; lane < GROQ_LANES; ++lane)
                ASSERT_EQ(collected(j)[lane], values[lane % 16][lane / 16 * 16 + j]);
    }
}

// Every unit at once, each with a target of its own.
TEST_P(sxm, has_units_that_work_in_the_same_cycle) {
    byte_vector value = feed_random(0), zeros{}, numbers{};
    numbers.fill(3);
    feed(1, {numbers});
    feed(2, {zeros});
    feed_numbers(4, identity());
    for (uint32_t i = 6; i < 32; ++i)
        feed_random(i);
    issue(GROQ_SXM_QUEUE_SHIFT_UP,
          {shift(GROQ_OPCODE_SHIFT_UP, outward(0), inward(0), GROQ_TYPE_I8, 1)});
    issue(GROQ_SXM_QUEUE_SHIFT_DOWN,
          {shift(GROQ_OPCODE_SHIFT_DOWN, outward(0), inward(1), GROQ_TYPE_I8, 1)});
    issue(GROQ_SXM_QUEUE_SELECT, {select(outward(0), outward(1), outward(1), outward(2),
                                         inward(2), GROQ_TYPE_I8)});
    issue(GROQ_SXM_QUEUE_PERMUTE,
          {permute(outward(0), outward(4), inward(3), GROQ_TYPE_I8)});
    for (uint32_t n = 0; n < GROQ_SXM_DISTRIBUTORS; ++n)
        issue(GROQ_SXM_QUEUE_DISTRIBUTE(n),
              {distribute(outward(0), outward(1), inward(4 + n), GROQ_TYPE_I8)});
    issue(GROQ_SXM_QUEUE_ROTATE, {rotate(outward(0), outward(0), 3)});
    issue(GROQ_SXM_QUEUE_TRANSPOSE(0), {transpose(outward(16), outward(16))});
    issue(GROQ_SXM_QUEUE_TRANSPOSE(1), {transpose(outward(16), inward(16))});
    collect(0, GROQ_DELAY_SXM_SHIFT);
    collect(1, GROQ_DELAY_SXM_SHIFT);
    collect(2, GROQ_DELAY_SXM_SELECT);
    collect(3, GROQ_DELAY_SXM_PERMUTE);
    for (uint32_t n = 4; n < 4 + GROQ_SXM_DISTRIBUTORS; ++n)
        collect(n, GROQ_DELAY_SXM_DISTRIBUTE);
    collect(16, GROQ_DELAY_SXM_TRANSPOSE);
    ASSERT_EQ(run().status, GROQ_COMPLETION_OK) << queue.last_fault().cause;
    EXPECT_EQ(collected(0), moved(value, [](int lane) { return lane - 1; }));
    EXPECT_EQ(collected(1), moved(value, [](int lane) { return lane + 1; }));
    EXPECT_EQ(collected(2), value);
    EXPECT_EQ(collected(3), value);
    for (uint32_t n = 4; n < 4 + GROQ_SXM_DISTRIBUTORS; ++n)
        EXPECT_EQ(collected(n),
                  moved(value, [](int lane) { return lane / 16 * 16 + 3; }));
}

// What one unit drives outwards passes the next one at the same place.
TEST_P(sxm, takes_from_and_gives_to_streams_of_either_direction) {
    byte_vector value = feed_random(0);
    issue(GROQ_SXM_QUEUE_SHIFT_UP,
          {shift(GROQ_OPCODE_SHIFT_UP, outward(0), outward(5), GROQ_TYPE_I8, 7)});
    add(unit(GROQ_SXM_QUEUE_SHIFT_DOWN),
        {nop(sampled + GROQ_DELAY_SXM_SHIFT),
         shift(GROQ_OPCODE_SHIFT_DOWN, outward(5), inward(9), GROQ_TYPE_I8, 7)});
    collect(9, 2 * GROQ_DELAY_SXM_SHIFT);
    add(unit(GROQ_SXM_QUEUE_SHIFT_UP),
        {nop(2 * GROQ_DELAY_SXM_SHIFT - 1),
         shift(GROQ_OPCODE_SHIFT_UP, inward(9), inward(10), GROQ_TYPE_I8, 1)});
    collect(10, 3 * GROQ_DELAY_SXM_SHIFT);
    ASSERT_EQ(run().status, GROQ_COMPLETION_OK) << queue.last_fault().cause;
    EXPECT_EQ(collected(9),
              moved(value, [](int lane) { return lane < 313 ? lane : -1; }));
    EXPECT_EQ(collected(10),
              moved(value, [](int lane) { return lane < 314 ? lane - 1 : -1; }));
}

TEST_P(sxm, repeats_without_a_gap) {
    constexpr uint32_t count = 40;
    std::vector<byte_vector> values;
    for (uint32_t i = 0; i < count; ++i)
        values.push_back(random_vector());
    feed(0, values);
    issue(GROQ_SXM_QUEUE_SHIFT_DOWN,
          {shift(GROQ_OPCODE_SHIFT_DOWN, outward(0), inward(0), GROQ_TYPE_U8, 33),
           repeat(count - 1)});
    collect(0, GROQ_DELAY_SXM_SHIFT, count);
    ASSERT_EQ(run().status, GROQ_COMPLETION_OK);
    for (uint32_t i = 0; i < count; ++i)
        ASSERT_EQ(collected(0, i),
                  moved(values[i], [](int lane) { return lane + 33; }));
}

TEST_P(sxm, reports_the_first_empty_stream_of_its_fields) {
    std::map<uint32_t, std::vector<uint32_t>> operands; // of a queue, in order
    instruction_word text[] = {
        shift(GROQ_OPCODE_SHIFT_UP, outward(8), inward(0), GROQ_TYPE_F32, 1),
        select(outward(12), outward(8), outward(4), outward(2), inward(0),
               GROQ_TYPE_I16),
        permute(outward(9), outward(4), inward(0), GROQ_TYPE_I8),
        distribute(outward(8), outward(3), inward(0), GROQ_TYPE_F16),
        rotate(outward(8), inward(0), 4),
        transpose(outward(16), inward(0)),
    };
    operands[GROQ_SXM_QUEUE_SHIFT_UP] = {8, 9, 10, 11};
    operands[GROQ_SXM_QUEUE_SELECT] = {12, 13, 8, 9, 4, 5, 2};
    operands[GROQ_SXM_QUEUE_PERMUTE] = {9, 4, 5};
    operands[GROQ_SXM_QUEUE_DISTRIBUTE(0)] = {8, 9, 3};
    operands[GROQ_SXM_QUEUE_ROTATE] = {8, 9, 10, 11};
    for (uint32_t n = 16; n < 32; ++n)
        operands[GROQ_SXM_QUEUE_TRANSPOSE(0)].push_back(n);
    const instruction_word *next = text;
    for (const auto &[unit_queue, streams] : operands) {
        for (size_t missing = 0; missing < streams.size(); ++missing) {
            forget();
            for (size_t i = 0; i < missing; ++i)
                feed_random(streams[i]);
            issue(unit_queue, {*next});
            expect_fault(GROQ_FAULT_STREAM_EMPTY, outward(streams[missing]),
                         unit_queue);
        }
        ++next;
    }
}

// Units of different delays: the one that issues later may have the lower
// number, and its drive is the one that finds the other.
TEST_P(sxm, blames_a_conflict_on_the_later_number_whatever_issues_first) {
    constexpr uint32_t driven = sampled + GROQ_DELAY_SXM_TRANSPOSE;
    for (uint32_t n = 16; n < 32; ++n)
        feed_random(n);
    issue(GROQ_SXM_QUEUE_TRANSPOSE(1),
          {transpose(outward(16), inward(16)), nop(1), nop(1)});
    add(mem(side, 0),
        {nop(driven - GROQ_DELAY_SXM_DISTRIBUTE - hops(0) - 1), read(0, outward(0))});
    add(unit(GROQ_SXM_QUEUE_DISTRIBUTE(2)),
        {nop(driven - GROQ_DELAY_SXM_DISTRIBUTE),
         distribute(outward(0), outward(0), inward(23), GROQ_TYPE_I8)});
    groq_fault f = fault_of_run();
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_STREAM_CONFLICT});
    EXPECT_EQ(f.unit, unit(GROQ_SXM_QUEUE_TRANSPOSE(1)));
    EXPECT_EQ(f.cycle, uint64_t{driven});
    EXPECT_EQ(f.detail, inward(23));
    EXPECT_EQ(f.text, text_address(unit(GROQ_SXM_QUEUE_TRANSPOSE(1)), 0) + 16);
    instruction_word culprit = transpose(outward(16), inward(16));
    EXPECT_EQ(std::memcmp(f.instruction, &culprit, sizeof(culprit)), 0);
    // A third one in between is the lowest of those at fault.
    add(unit(GROQ_SXM_QUEUE_DISTRIBUTE(3)),
        {nop(driven - GROQ_DELAY_SXM_DISTRIBUTE),
         distribute(outward(0), outward(0), inward(23), GROQ_TYPE_I8)});
    EXPECT_EQ(fault_of_run().unit, unit(GROQ_SXM_QUEUE_DISTRIBUTE(3)));
    queues.erase(unit(GROQ_SXM_QUEUE_DISTRIBUTE(2)));
    f = fault_of_run();
    EXPECT_EQ(f.unit, unit(GROQ_SXM_QUEUE_TRANSPOSE(1)));
}

TEST_P(sxm, reports_the_first_of_several_streams_that_collide) {
    for (uint32_t n = 16; n < 32; ++n)
        feed_random(n);
    issue(GROQ_SXM_QUEUE_TRANSPOSE(0), {transpose(outward(16), inward(0))});
    issue(GROQ_SXM_QUEUE_TRANSPOSE(1), {transpose(outward(16), inward(0))});
    groq_fault f = fault_of_run();
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_STREAM_CONFLICT});
    EXPECT_EQ(f.unit, unit(GROQ_SXM_QUEUE_TRANSPOSE(1)));
    EXPECT_EQ(f.detail, inward(0));
    EXPECT_EQ(f.cycle, uint64_t{sampled + GROQ_DELAY_SXM_TRANSPOSE});
}

} // namespace
} // namespace groq::chip::test
