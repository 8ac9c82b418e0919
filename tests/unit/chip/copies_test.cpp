// SPDX-License-Identifier: MIT
// Copies and fills: docs/hardware.md sections 8.2 and 9.
#include <algorithm>
#include <numeric>
#include <random>

#include "card.hpp"

namespace groq::chip::test {
namespace {

struct copies : testing::Test, card {
    copies() { q.open_everything(); }

    // Host memory with bytes that tell their place.
    uint64_t pattern(size_t bytes, uint32_t seed = 1) {
        uint64_t at = host.allocate(bytes);
        std::mt19937 random(seed);
        std::generate_n(host.at(at), bytes,
                        [&] { return static_cast<uint8_t>(random()); });
        return at;
    }

    uint64_t list_of(const std::vector<groq_scatter> &entries) {
        uint64_t list = host.allocate(entries.size() * sizeof(groq_scatter));
        std::memcpy(host.at(list), entries.data(),
                    entries.size() * sizeof(groq_scatter));
        return list;
    }

    groq_completion copy(uint8_t opcode, const std::vector<groq_scatter> &entries) {
        return q.execute(list_command(opcode, list_of(entries),
                                      static_cast<uint32_t>(entries.size())));
    }

    bool is_zero(uint32_t from, uint32_t bytes) {
        return std::all_of(sram.get() + from, sram.get() + from + bytes,
                           [](uint8_t b) { return b == 0; });
    }

    driver_queue q{*this};
};

TEST_F(copies, move_bytes_of_any_length_and_alignment) {
    std::mt19937 random(3);
    uint64_t from = pattern(1 << 16), back = host.allocate(1 << 16);
    for (int round = 0; round < 50; ++round) {
        uint32_t length = 1 + random() % 5000, skew = random() % 64,
                 sram_at = random() % (sram_bytes - length);
        EXPECT_EQ(q.execute(copy_command(GROQ_OP_COPY_IN, from + skew, sram_at, length))
                      .result,
                  length);
        EXPECT_EQ(
            q.execute(copy_command(GROQ_OP_COPY_OUT, back, sram_at, length)).result,
            length);
        ASSERT_EQ(std::memcmp(host.at(from + skew), sram.get() + sram_at, length), 0);
        ASSERT_EQ(std::memcmp(host.at(from + skew), host.at(back), length), 0);
    }
}

TEST_F(copies, gather_and_scatter_by_a_list) {
    uint64_t from = pattern(10000);
    groq_completion c = copy(
        GROQ_OP_COPY_IN, {{from + 1, 1000, 7}, {from + 5000, 3, 900}, {from, 9, 1}});
    EXPECT_EQ(c.status, GROQ_COMPLETION_OK);
    EXPECT_EQ(c.result, 908u);
    EXPECT_EQ(std::memcmp(sram.get() + 1000, host.at(from + 1), 7), 0);
    EXPECT_EQ(std::memcmp(sram.get() + 3, host.at(from + 5000), 6), 0);
    EXPECT_EQ(sram.get()[9], *host.at(from)) << "in order: the last entry wins";
}

TEST_F(copies, take_lists_longer_than_any_buffer) {
    constexpr uint32_t count = 5000;
    uint64_t from = pattern(count * 3);
    std::vector<groq_scatter> entries;
    for (uint32_t i = 0; i < count; ++i)
        entries.push_back({from + 3 * i, 5 * i, 3});
    EXPECT_EQ(copy(GROQ_OP_COPY_IN, entries).result, count * 3u);
    for (uint32_t i = 0; i < count; ++i)
        ASSERT_EQ(std::memcmp(sram.get() + 5 * i, host.at(from + 3 * i), 3), 0);
}

TEST_F(copies, move_large_pieces_within_any_budget) {
    constexpr uint32_t length = 3'000'000;
    uint64_t from = pattern(length), to = host.allocate(length);
    q.push(copy_command(GROQ_OP_COPY_IN, from, 12345, length));
    q.push(copy_command(GROQ_OP_COPY_OUT, to, 12345, length));
    q.ring();
    settle(10'000);
    EXPECT_EQ(q.reap().value().result, length);
    EXPECT_EQ(q.reap().value().result, length);
    EXPECT_EQ(std::memcmp(host.at(from), host.at(to), length), 0);
    EXPECT_EQ(read64(GROQ_BYTES_IN), length);
    EXPECT_EQ(read64(GROQ_BYTES_OUT), length);
}

TEST_F(copies, find_a_bad_entry_before_anything_moves) {
    uint64_t from = pattern(4096);
    std::vector<groq_scatter> entries(700, {from, 0, 8});
    entries[699] = {from, sram_bytes - 4, 8};
    EXPECT_EQ(copy(GROQ_OP_COPY_IN, entries).status, GROQ_COMPLETION_BAD_WINDOW);
    EXPECT_EQ(q.last_fault().cause, uint32_t{GROQ_FAULT_WINDOW});
    EXPECT_EQ(q.last_fault().detail, 699u);
    EXPECT_EQ(q.last_fault().address, sram_bytes);
    entries[699] = {from, 0, 0};
    EXPECT_EQ(copy(GROQ_OP_COPY_IN, entries).status, GROQ_COMPLETION_BAD_FIELD);
    EXPECT_TRUE(is_zero(0, 8));
}

TEST_F(copies, check_again_what_the_host_changed_behind_their_back) {
    uint64_t from = pattern(4096);
    std::vector<groq_scatter> entries(700, {from, 0, 8});
    uint64_t list = list_of(entries);
    size_t first = host.dma_calls;
    host.during_dma = [&] {
        if (host.dma_calls == first + 5) // the list has been checked
            host.store(list + 300 * sizeof(groq_scatter),
                       groq_scatter{from, 0xffffffff, 8});
    };
    EXPECT_EQ(q.execute(list_command(GROQ_OP_COPY_IN, list, 700)).status,
              GROQ_COMPLETION_BAD_WINDOW);
    EXPECT_EQ(q.last_fault().detail, 300u);
}

TEST_F(copies, name_the_bus_address_that_cannot_be_reached) {
    uint64_t from = pattern(64);
    EXPECT_EQ(copy(GROQ_OP_COPY_IN, {{from, 0, 64}, {0x1000, 64, 64}}).status,
              GROQ_COMPLETION_BAD_DMA);
    EXPECT_EQ(q.last_fault().address, 0x1000u);
    EXPECT_EQ(q.last_fault().detail, 1u);
    EXPECT_EQ(std::memcmp(sram.get(), host.at(from), 64), 0) << "done in part";
    groq_completion c = q.execute(list_command(GROQ_OP_COPY_IN, 0x2000, 3));
    EXPECT_EQ(c.status, GROQ_COMPLETION_BAD_DMA);
    EXPECT_EQ(q.last_fault().address, 0x2000u);
}

TEST_F(copies, never_wrap_around_the_end_of_the_bus) {
    for (uint64_t at : {~0ull, ~0ull - 6}) {
        EXPECT_EQ(q.execute(copy_command(GROQ_OP_COPY_OUT, at, 0, 8)).status,
                  GROQ_COMPLETION_BAD_DMA);
        EXPECT_EQ(q.last_fault().address, at);
    }
}

TEST_F(copies, need_the_right_kind_of_window) {
    uint64_t memory = pattern(320);
    auto in = [&](uint32_t at) {
        return q.execute(copy_command(GROQ_OP_COPY_IN, memory, at, 320)).status;
    };
    auto out = [&](uint32_t at) {
        return q.execute(copy_command(GROQ_OP_COPY_OUT, memory, at, 320)).status;
    };
    q.open_window(0, 320, 320, GROQ_WINDOW_READ | GROQ_WINDOW_EXECUTE);
    q.open_window(5, 3200, 320, GROQ_WINDOW_WRITE);
    EXPECT_EQ(out(320), GROQ_COMPLETION_OK);
    EXPECT_EQ(in(320), GROQ_COMPLETION_BAD_WINDOW);
    EXPECT_EQ(in(3200), GROQ_COMPLETION_OK);
    EXPECT_EQ(out(3200), GROQ_COMPLETION_BAD_WINDOW);
    EXPECT_EQ(out(319), GROQ_COMPLETION_BAD_WINDOW);
    EXPECT_EQ(q.last_fault().address, 319u);
    EXPECT_EQ(out(321), GROQ_COMPLETION_BAD_WINDOW);
    EXPECT_EQ(q.last_fault().address, 640u);
    EXPECT_EQ(q.execute(fill_command(320, 4, 1)).status, GROQ_COMPLETION_BAD_WINDOW);
    EXPECT_EQ(q.execute(fill_command(3200, 320, 1)).status, GROQ_COMPLETION_OK);
    EXPECT_EQ(q.execute(fill_command(3200, 324, 1)).status, GROQ_COMPLETION_BAD_WINDOW);
}

TEST_F(copies, cross_from_a_window_into_its_neighbour) {
    uint64_t memory = pattern(2000);
    q.open_window(0, 640, 320, GROQ_WINDOW_WRITE);
    q.open_window(1, 320, 320, GROQ_WINDOW_WRITE | GROQ_WINDOW_READ);
    q.open_window(2, 1280, 640, GROQ_WINDOW_WRITE);
    q.open_window(3, 1600, 960, GROQ_WINDOW_WRITE);
    auto copies_to = [&](uint32_t at, uint32_t bytes) {
        return q.execute(copy_command(GROQ_OP_COPY_IN, memory, at, bytes)).status;
    };
    EXPECT_EQ(copies_to(320, 640), GROQ_COMPLETION_OK);
    EXPECT_EQ(copies_to(320, 641), GROQ_COMPLETION_BAD_WINDOW);
    EXPECT_EQ(copies_to(1280, 1280), GROQ_COMPLETION_OK) << "overlapping windows";
    EXPECT_EQ(copies_to(900, 400), GROQ_COMPLETION_BAD_WINDOW) << "a gap between";
}

TEST_F(copies, are_granted_nothing_by_windows_that_are_not_valid) {
    uint64_t memory = pattern(320);
    struct {
        uint32_t base, size, at;
    } windows[] = {{320, 319, 320},
                   {321, 320, 400},
                   {320, 0, 320},
                   {sram_bytes, 320, sram_bytes},
                   {sram_bytes - 320, 640, sram_bytes - 320},
                   {320, 0xffffffff / 320 * 320, 320}};
    for (auto [base, size, at] : windows) {
        q.open_window(0, base, size, GROQ_WINDOW_WRITE);
        EXPECT_EQ(q.execute(copy_command(GROQ_OP_COPY_IN, memory, at, 1)).status,
                  GROQ_COMPLETION_BAD_WINDOW)
            << base << " " << size;
    }
}

TEST_F(copies, keep_the_windows_with_which_they_began) {
    uint64_t from = pattern(1 << 20);
    q.push(copy_command(GROQ_OP_COPY_IN, from, 0, 1 << 20));
    q.push(copy_command(GROQ_OP_COPY_IN, from, 0, 16));
    q.ring();
    ASSERT_TRUE(groq_chip_work(chip.get(), GROQ_ENGINE_COPY, 100'000));
    q.open_window(0, 0, 0, 0);
    settle();
    EXPECT_EQ(q.reap().value().status, GROQ_COMPLETION_OK);
    EXPECT_EQ(q.reap().value().status, GROQ_COMPLETION_BAD_WINDOW);
}

TEST_F(copies, fill_with_a_pattern) {
    for (uint32_t length : {4u, 4096u, 4100u, 700'004u}) {
        EXPECT_EQ(q.execute(fill_command(1004, length, 0x11223344 + length)).result,
                  length);
        for (uint32_t at = 0; at < length; at += 4) {
            uint32_t word;
            std::memcpy(&word, sram.get() + 1004 + at, 4);
            ASSERT_EQ(word, 0x11223344 + length) << at;
        }
        EXPECT_TRUE(is_zero(1004 + length, 64));
        EXPECT_TRUE(is_zero(940, 64));
    }
    EXPECT_EQ(read64(GROQ_BYTES_IN), 0u);
}

TEST_F(copies, delay_no_program_of_another_queue) {
    driver_queue other(*this, 5);
    uint64_t from = pattern(4 << 20);
    q.push(copy_command(GROQ_OP_COPY_IN, from, 0, 4 << 20));
    q.ring();
    ASSERT_TRUE(groq_chip_work(chip.get(), GROQ_ENGINE_COPY, 100'000));
    other.push(run_command(0, 1)); // refused for want of a window, by its engine
    other.ring();
    ASSERT_TRUE(groq_chip_work(chip.get(), GROQ_ENGINE_COPY, 100'000));
    groq_chip_work(chip.get(), GROQ_ENGINE_PROGRAM, 1);
    EXPECT_TRUE(other.reap()) << "fetched between two pieces of the copy";
    EXPECT_FALSE(q.reap());
}

} // namespace
} // namespace groq::chip::test
