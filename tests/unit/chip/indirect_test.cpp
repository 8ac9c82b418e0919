// SPDX-License-Identifier: MIT
// Gather and Scatter: docs/isa.md section 5.1.
#include <random>

#include "program.hpp"

namespace groq::chip::test {
namespace {

using byte_vector = std::array<uint8_t, GROQ_LANES>;
using tile_numbers = std::array<int, GROQ_TILES>;

// Slices 0..2 feed the slice under test two hops on, the next group takes what
// it drives.
struct indirect : testing::TestWithParam<uint32_t>, program_card {
    static constexpr uint32_t slice = 8, taker = 12;
    static constexpr uint32_t map = 0, value = 2, result = 5; // streams
    static constexpr uint32_t sampled = 3;
    static constexpr uint32_t written = sampled + GROQ_DELAY_MEM_GATHER + 1;

    uint32_t side = GetParam();

    uint32_t outward(uint32_t n) const { return side == GROQ_EAST ? east(n) : west(n); }
    uint32_t under_test() const { return mem(side, slice); }
    uint64_t address(uint32_t number, uint32_t tile) const {
        return static_cast<uint64_t>(GROQ_SRAM_ADDRESS(side, slice, number)) +
               tile * GROQ_TILE_LANES;
    }

    byte_vector random_vector() {
        byte_vector v;
        for (uint8_t &byte : v)
            byte = static_cast<uint8_t>(random());
        return v;
    }

    void fill_slice() {
        uint8_t *bytes = word(side, slice, 0);
        for (uint32_t i = 0; i < GROQ_SLICE_BYTES; ++i)
            bytes[i] = static_cast<uint8_t>(random());
    }

    void feed(uint32_t stream, const byte_vector &v, uint32_t index = 0) {
        std::memcpy(word(side, stream, index), v.data(), GROQ_VECTOR_BYTES);
        if (index == 0)
            add(mem(side, stream), {read(0, outward(stream), 1)});
        else if (index == 1)
            add(mem(side, stream), {repeat(1)});
    }

    // In the lanes that are looked at; what the others carry is noise.
    void feed_map(const tile_numbers &numbers, uint32_t index = 0) {
        byte_vector low = random_vector(), high = random_vector();
        for (uint32_t tile = 0; tile < GROQ_TILES; ++tile) {
            low[tile * GROQ_TILE_LANES] = static_cast<uint8_t>(numbers[tile]);
            high[tile * GROQ_TILE_LANES] = static_cast<uint8_t>(numbers[tile] >> 8);
        }
        feed(map, low, index);
        feed(map + 1, high, index);
    }

    tile_numbers random_numbers(int limit) {
        tile_numbers numbers;
        for (int &n : numbers)
            n = static_cast<int>(random() % static_cast<uint32_t>(limit));
        return numbers;
    }

    void gathers(uint32_t base, const words &after = {}) {
        add(under_test(), {nop(sampled), gather(outward(result), base, outward(map))});
        add(under_test(), after);
        add(mem(side, taker), {nop(written), write(4096, outward(result), 1)});
    }

    void scatters(uint32_t base, const words &after = {}) {
        add(under_test(), {nop(sampled), scatter(outward(value), base, outward(map))});
        add(under_test(), after);
    }

    void expect_gathered(uint32_t base, const tile_numbers &numbers, uint32_t index = 0,
                         uint32_t tiles = GROQ_TILES) {
        byte_vector expected{};
        for (uint32_t tile = 0; tile < tiles; ++tile)
            std::memcpy(expected.data() + tile * GROQ_TILE_LANES,
                        word(side, slice, base + static_cast<uint32_t>(numbers[tile])) +
                            tile * GROQ_TILE_LANES,
                        GROQ_TILE_LANES);
        EXPECT_EQ(std::memcmp(word(side, taker, 4096 + index), expected.data(),
                              GROQ_VECTOR_BYTES),
                  0);
    }

    std::vector<uint8_t> copy_of_slice() {
        const uint8_t *bytes = word(side, slice, 0);
        return {bytes, bytes + GROQ_SLICE_BYTES};
    }

    static void scatter_into(std::vector<uint8_t> &copy, uint32_t base,
                             const tile_numbers &numbers, const byte_vector &v,
                             uint32_t tiles = GROQ_TILES) {
        for (uint32_t tile = 0; tile < tiles; ++tile)
            std::memcpy(copy.data() +
                            (base + static_cast<uint32_t>(numbers[tile])) *
                                GROQ_VECTOR_BYTES +
                            tile * GROQ_TILE_LANES,
                        v.data() + tile * GROQ_TILE_LANES, GROQ_TILE_LANES);
    }

    void forget() { queues.clear(); }

    void expect_fault(uint32_t cause, uint32_t detail, uint64_t at) {
        groq_fault f = fault_of_run();
        EXPECT_EQ(f.cause, cause);
        EXPECT_EQ(f.detail, detail);
        EXPECT_EQ(f.address, at);
        EXPECT_EQ(f.unit, under_test());
        EXPECT_EQ(f.cycle, uint64_t{sampled});
    }

    std::mt19937 random{11};
};

INSTANTIATE_TEST_SUITE_P(sides, indirect, testing::Values(GROQ_WEST, GROQ_EAST),
                         [](const auto &side) {
                             return side.param == GROQ_WEST ? "west" : "east";
                         });

TEST_P(indirect, gathers_a_word_of_its_own_in_every_tile) {
    fill_slice();
    for (auto [base, limit] :
         {std::pair{0u, 8192}, {5u, 100}, {8191u, 1}, {4000u, 4192}}) {
        forget();
        tile_numbers numbers = random_numbers(limit);
        numbers[0] = limit - 1;
        feed_map(numbers);
        gathers(base);
        ASSERT_EQ(run().status, GROQ_COMPLETION_OK) << queue.last_fault().cause;
        expect_gathered(base, numbers);
    }
}

TEST_P(indirect, scatters_to_a_word_of_its_own_in_every_tile) {
    fill_slice();
    for (auto [base, limit] :
         {std::pair{0u, 8192}, {5u, 100}, {8191u, 1}, {4000u, 4192}}) {
        forget();
        tile_numbers numbers = random_numbers(limit);
        numbers[19] = limit - 1;
        byte_vector v = random_vector();
        feed_map(numbers);
        feed(value, v);
        scatters(base);
        std::vector<uint8_t> expected = copy_of_slice();
        scatter_into(expected, base, numbers, v);
        ASSERT_EQ(run().status, GROQ_COMPLETION_OK) << queue.last_fault().cause;
        EXPECT_TRUE(copy_of_slice() == expected) << "and no other byte";
    }
}

TEST_P(indirect, repeats_with_the_map_of_each_cycle) {
    fill_slice();
    tile_numbers first = random_numbers(4096), second = random_numbers(4096);
    feed_map(first);
    feed_map(second, 1);
    gathers(4000, {repeat(1)});
    add(mem(side, taker), {repeat(1)});
    ASSERT_EQ(run().status, GROQ_COMPLETION_OK);
    expect_gathered(4000, first);
    expect_gathered(4000, second, 1);
}

TEST_P(indirect, gathers_what_was_scattered_the_cycle_before) {
    fill_slice();
    tile_numbers numbers = random_numbers(8192);
    byte_vector v = random_vector();
    feed_map(numbers);
    feed_map(numbers, 1);
    feed(value, v);
    scatters(0, {gather(outward(result), 0, outward(map))});
    add(mem(side, taker), {nop(written + 1), write(4096, outward(result))});
    ASSERT_EQ(run().status, GROQ_COMPLETION_OK);
    EXPECT_EQ(std::memcmp(word(side, taker, 4096), v.data(), v.size()), 0);
}

TEST_P(indirect, faults_in_the_lowest_tile_outside_the_slice) {
    for (auto [base, number] : {std::pair{8191u, 1}, {0u, 8192}, {8000u, 65535}}) {
        for (bool writes : {false, true}) {
            forget();
            tile_numbers numbers{};
            numbers[13] = numbers[17] = number;
            feed_map(numbers);
            feed(value, random_vector());
            writes ? scatters(base) : gathers(base);
            expect_fault(GROQ_FAULT_ADDRESS, base + static_cast<uint32_t>(number),
                         ~uint64_t{0});
        }
    }
}

TEST_P(indirect, stays_within_the_windows_in_every_tile) {
    // All but word 77 of the slice.
    uint32_t hole = GROQ_SRAM_ADDRESS(side, slice, 77);
    for (uint32_t access : {GROQ_WINDOW_READ, GROQ_WINDOW_WRITE}) {
        bool writes = access == GROQ_WINDOW_WRITE;
        uint32_t others = GROQ_WINDOW_READ | GROQ_WINDOW_WRITE | GROQ_WINDOW_EXECUTE;
        queue.open_window(0, 0, hole, others);
        queue.open_window(1, hole + 320, sram_bytes - hole - 320, others);
        queue.open_window(2, hole, 320, others & ~access);
        forget();
        tile_numbers numbers{};
        numbers[4] = numbers[9] = 77;
        feed_map(numbers);
        feed(value, random_vector());
        writes ? scatters(0) : gathers(0);
        expect_fault(GROQ_FAULT_ACCESS, 0, address(77, 4));
        queue.open_window(2, hole, 320, access);
        EXPECT_EQ(run().status, GROQ_COMPLETION_OK);
    }
}

TEST_P(indirect, reports_the_first_empty_stream_of_its_fields) {
    feed(map, random_vector());
    gathers(0);
    EXPECT_EQ(fault_of_run().detail, outward(map + 1));
    queues.erase(mem(side, map));
    EXPECT_EQ(fault_of_run().detail, outward(map));
    forget();
    scatters(0);
    EXPECT_EQ(fault_of_run().detail, outward(value));
    feed(value, random_vector());
    EXPECT_EQ(fault_of_run().detail, outward(map));
    feed(map, random_vector());
    groq_fault f = fault_of_run();
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_STREAM_EMPTY});
    EXPECT_EQ(f.detail, outward(map + 1));
}

TEST_P(indirect, looks_at_addresses_before_the_stream_that_is_written) {
    tile_numbers numbers{};
    feed_map(numbers);
    scatters(0);
    expect_fault(GROQ_FAULT_STREAM_EMPTY, outward(value), ~uint64_t{0});
    forget();
    numbers[3] = 8192;
    feed_map(numbers);
    scatters(0);
    expect_fault(GROQ_FAULT_ADDRESS, 8192, ~uint64_t{0});
}

TEST_P(indirect, scatters_nothing_in_the_cycle_of_a_fault) {
    fill_slice();
    feed_map(random_numbers(8192));
    feed(value, random_vector());
    scatters(0);
    add(mem(side, 41), {nop(sampled), write(0, outward(31))}); // a later number
    std::vector<uint8_t> before = copy_of_slice();
    EXPECT_EQ(fault_of_run().cycle, uint64_t{sampled});
    EXPECT_TRUE(copy_of_slice() == before);
}

// In the slice of the text, while a queue of a lower number fetches from bank 0.
struct indirect_banks : testing::Test, program_card {
    static constexpr uint32_t text_slice = mem(GROQ_WEST, 42); // position -11
    static constexpr uint32_t fetcher = mem(GROQ_WEST, 9);
    static constexpr uint32_t sampled = 20;

    indirect_banks() {
        add(mem(GROQ_WEST, 38), {nop(sampled - 2), read(0, west(0))}); // at -10
        add(mem(GROQ_WEST, 37), {nop(sampled - 2), read(0, west(1))});
        add(fetcher, {nop(sampled - 1), ifetch(text_address(fetcher, 1)), nop(40)});
    }

    // Number @n in tile @tile, else that of the word 8000.
    void map(uint32_t tile, uint32_t n) {
        for (uint32_t k = 0; k < GROQ_TILES; ++k) {
            uint32_t number = k == tile ? n : 8000;
            word(GROQ_WEST, 38, 0)[k * GROQ_TILE_LANES] = static_cast<uint8_t>(number);
            word(GROQ_WEST, 37, 0)[k * GROQ_TILE_LANES] =
                static_cast<uint8_t>(number >> 8);
        }
    }

    void set(const instruction_word &text) {
        queues[text_slice] = {nop(sampled), text};
    }
};

TEST_F(indirect_banks, takes_the_one_read_port_whatever_the_bank) {
    map(0, 8000);
    set(gather(west(9), 0, west(0)));
    groq_fault f = fault_of_run();
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_BANK});
    EXPECT_EQ(f.unit, text_slice);
    EXPECT_EQ(f.detail, 1u);
    EXPECT_EQ(f.address, static_cast<uint64_t>(GROQ_SRAM_ADDRESS(GROQ_WEST, 42, 8000)));
}

TEST_F(indirect_banks, writes_in_every_bank_that_it_touches) {
    set(scatter(west(0), 0, west(0)));
    map(0, 8000);
    EXPECT_EQ(run().status, GROQ_COMPLETION_OK) << "bank 1 alone";
    map(7, 4095);
    groq_fault f = fault_of_run();
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_BANK});
    EXPECT_EQ(f.unit, text_slice);
    EXPECT_EQ(f.cycle, uint64_t{sampled});
    EXPECT_EQ(f.detail, 0u);
    EXPECT_EQ(f.address, static_cast<uint64_t>(GROQ_SRAM_ADDRESS(GROQ_WEST, 42, 4095)) +
                             7 * GROQ_TILE_LANES);
}

TEST_F(indirect_banks, keeps_others_out_of_every_bank_that_it_touches) {
    constexpr uint32_t later = GROQ_ICU_VXM(3); // fetches in the same cycle
    queues.erase(fetcher);
    add(later, {nop(sampled), ifetch(text_address(later, 1)), nop(40)});
    set(scatter(west(0), 0, west(0)));
    map(0, 8000);
    EXPECT_EQ(run().status, GROQ_COMPLETION_OK);
    map(19, 4095);
    groq_fault f = fault_of_run();
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_BANK});
    EXPECT_EQ(f.unit, later);
    EXPECT_EQ(f.address, uint64_t{text_address(later, 1)});
}

TEST(small_card, has_no_word_to_gather_beyond_its_sram) {
    card small(3);
    driver_queue q(small);
    q.open_everything();
    auto put = [&](uint32_t at, const auto &value) {
        std::memcpy(small.sram.get() + at, &value, sizeof(value));
    };
    // Slice 2 is there, slice 3 of the map's making is not: its queue gathers.
    put(0, groq_launch{0, 0, 640, 1, 0});
    put(16, groq_launch{1, 0, 1280, 1, 0});
    put(32, groq_launch{4, 0, 1920, 2, 0});
    put(640, read(100, west(0)));
    put(1280, read(100, west(1)));
    put(1920, nop(2));
    put(1936, gather(west(2), 7, west(0)));
    EXPECT_EQ(q.execute(run_command(0, 3)).status, GROQ_COMPLETION_FAULT);
    groq_fault f = q.last_fault();
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_ADDRESS});
    EXPECT_EQ(f.detail, 7u);
    EXPECT_EQ(f.address, static_cast<uint64_t>(GROQ_SRAM_ADDRESS(GROQ_WEST, 4, 7)));
}

} // namespace
} // namespace groq::chip::test
