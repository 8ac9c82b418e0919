// SPDX-License-Identifier: MIT
//
// Buffers, regions, and copies between them.
#include "card_under_test.hpp"

#include <algorithm>

namespace groq::contract {
namespace {

bool is_zero(std::span<const std::byte> bytes) {
    return std::all_of(bytes.begin(), bytes.end(),
                       [](std::byte byte) { return byte == std::byte{0}; });
}

class copies : public card {
protected:
    // Brings `size` bytes at `sram` back to the host.
    std::vector<std::byte> read_sram(std::uint64_t sram, std::uint64_t size) {
        const buffer bytes(device, size);
        job job(device);
        job.copy_out({bytes, 0, sram, size}).value();
        run(job);
        return {bytes.bytes().begin(), bytes.bytes().end()};
    }
};

TEST_F(card, buffers_are_zeroed_and_writable_to_the_last_byte) {
    for (const std::uint64_t size : {1, 4095, 4096, 4097, 1 << 20}) {
        const buffer buffer(device, size);
        ASSERT_EQ(buffer.size(), size);
        EXPECT_TRUE(is_zero(buffer.bytes()));
        fill(buffer.bytes(), 3);
    }
}

TEST_F(card, buffers_of_impossible_sizes_are_refused) {
    EXPECT_TRUE(buffer::create(device, 0).error() == errc::invalid);
    EXPECT_TRUE(buffer::create(device, (1ull << 32) + 1).error() == errc::invalid);
}

TEST_F(copies, go_in_and_come_back) {
    const region region(device, 320 * 3000);
    const buffer in(device, 320 * 3000);
    fill(in.bytes(), 1);
    job job(device);
    job.copy_in({in, 0, region.address(), in.size()}).value();
    run(job);
    const auto back = read_sram(region.address(), in.size());
    EXPECT_TRUE(std::equal(back.begin(), back.end(), in.bytes().begin()));
}

TEST_F(copies, take_any_offset_and_length) {
    const region region(device, 320 * 100);
    const buffer in(device, 20000);
    fill(in.bytes(), 2);
    std::vector<std::byte> expected(320 * 100);
    job job(device);
    std::uint64_t sram = 1;
    for (const std::uint64_t size :
         {1, 2, 3, 7, 64, 319, 321, 4095, 4096, 4097, 8191}) {
        const auto offset = 4090 + size % 13;
        job.copy_in({in, offset, region.address() + sram, size}).value();
        std::copy_n(in.bytes().begin() + std::ptrdiff_t(offset), size,
                    expected.begin() + std::ptrdiff_t(sram));
        sram += size + 3;
    }
    run(job);
    EXPECT_EQ(read_sram(region.address(), expected.size()), expected);
}

TEST_F(copies, take_rows_apart_and_put_them_together) {
    const std::uint64_t rows = 1000, bytes = 100, on_host = 112, on_chip = 640;
    const region region(device, on_chip * rows);
    const buffer in(device, on_host * rows), out(device, on_host * rows);
    fill(in.bytes(), 3);
    job job(device);
    job.copy_in({in, 0, region.address(), bytes, rows, on_host, on_chip}).value();
    job.copy_out({out, 0, region.address(), bytes, rows, on_host, on_chip}).value();
    run(job);
    for (std::uint64_t row = 0; row < rows; ++row) {
        const auto copied = out.bytes().subspan(row * on_host, on_host);
        EXPECT_TRUE(std::equal(copied.begin(), copied.begin() + bytes,
                               in.bytes().begin() + std::ptrdiff_t(row * on_host)));
        EXPECT_TRUE(is_zero(copied.subspan(bytes))) << "row " << row;
    }
    const auto second_row = read_sram(region.address() + bytes, on_chip - bytes);
    EXPECT_TRUE(is_zero(second_row));
}

TEST_F(copies, of_more_rows_than_a_command_can_have) {
    const std::uint64_t rows = 70000, bytes = 8;
    const region region(device, 320 * rows);
    const buffer in(device, rows * 16), out(device, rows * 16);
    fill(in.bytes(), 4);
    job job(device);
    job.copy_in({in, 0, region.address(), bytes, rows, 16, 320}).value();
    job.copy_out({out, 0, region.address(), bytes, rows, 16, 320}).value();
    run(job);
    for (std::uint64_t row = 0; row < rows; ++row)
        ASSERT_EQ(0, std::memcmp(&out.bytes()[row * 16], &in.bytes()[row * 16], bytes))
            << "row " << row;
}

TEST_F(copies, a_job_may_have_more_than_a_submission_can_take) {
    const std::uint64_t count = 500;
    const region region(device, 320 * count);
    const buffer in(device, 320 * count);
    fill(in.bytes(), 5);
    job job(device);
    for (std::uint64_t i = 0; i < count; ++i) // backwards
        job.copy_in({in, (count - 1 - i) * 320, region.address() + i * 320, 320})
            .value();
    const auto end = queue.run(job, ample).value();
    EXPECT_EQ(end.bytes, 320 * count);
    EXPECT_EQ(0, std::memcmp(read_sram(region.address(), 320).data(),
                             &in.bytes()[(count - 1) * 320], 320));
}

TEST_F(copies, outside_of_one_s_own_sram_are_refused) {
    const region region(device, 3200);
    const buffer bytes(device, 6400);
    const auto refused = [&](std::uint64_t sram, std::uint64_t size) {
        job job(device);
        job.copy_in({bytes, 0, sram, size}).value();
        const auto end = queue.run(job, ample);
        return !end && end.error() == errc::access;
    };
    EXPECT_FALSE(refused(region.address(), 3200));
    EXPECT_TRUE(refused(region.address() + 3199, 2));
    EXPECT_TRUE(refused(region.address(), 3201));
    EXPECT_TRUE(refused(1ull << 40, 1));
    EXPECT_TRUE(refused(~0ull, 1));
    EXPECT_FALSE(refused(region.address(), 1)) << "the queue works on";
}

TEST_F(copies, rows_that_leave_one_s_own_sram_are_refused) {
    const region region(device, 3200);
    const buffer bytes(device, 6400);
    for (const std::uint64_t stride : {400ull, 1ull << 40, 1ull << 63}) {
        job job(device);
        job.copy_in({bytes, 0, region.address(), 320, 10, 320, stride}).value();
        const auto end = queue.run(job, ample);
        ASSERT_FALSE(end);
        EXPECT_TRUE(end.error() == errc::access) << end.error().message();
    }
}

TEST_F(copies, go_from_one_region_into_a_neighbour) {
    const region one(device, 640), two(device, 640);
    ASSERT_EQ(std::max(one.address(), two.address()) -
                  std::min(one.address(), two.address()),
              640u);
    const buffer in(device, 1280);
    fill(in.bytes(), 6);
    job job(device);
    const auto first = std::min(one.address(), two.address());
    job.copy_in({in, 0, first, 1280}).value();
    run(job);
    EXPECT_EQ(0, std::memcmp(read_sram(first, 1280).data(), in.bytes().data(), 1280));
}

TEST_F(copies, regions_hold_zeroes_whoever_had_them_before) {
    const std::uint64_t size = 320 * 1000;
    for (int i = 0; i < 2; ++i) {
        const region region(device, size);
        EXPECT_TRUE(is_zero(read_sram(region.address(), size))) << "time " << i;
        const buffer in(device, size);
        fill(in.bytes(), 7);
        job job(device);
        job.copy_in({in, 0, region.address(), size}).value();
        run(job);
    }
}

TEST_F(copies, of_a_whole_card) {
    const auto size = std::uint64_t(device.info().value().sram_bytes);
    const region region(device, size);
    const buffer bytes(device, size);
    job in(device), out(device);
    in.copy_in({bytes, 0, region.address(), size}).value();
    out.copy_out({bytes, 0, region.address(), size}).value();
    fill(bytes.bytes(), 8);
    EXPECT_EQ(queue.run(in, ample).value().bytes, size);
    std::fill(bytes.bytes().begin(), bytes.bytes().end(), std::byte{0});
    EXPECT_EQ(queue.run(out, ample).value().bytes, size);
    EXPECT_TRUE(is_filled(bytes.bytes(), 8));
    EXPECT_TRUE(region::create(device, 320).error() == errc::sram) << "all is taken";
}

TEST_F(card, regions_are_whole_vectors) {
    for (const std::uint64_t size : {0, 1, 319, 321})
        EXPECT_TRUE(region::create(device, size).error() == errc::invalid) << size;
}

TEST_F(card, more_sram_than_there_is_is_refused) {
    const auto all = std::uint64_t(device.info().value().sram_bytes);
    EXPECT_TRUE(region::create(device, all + 320).error() == errc::sram);
    EXPECT_TRUE(region::create(device, (~0ull / 320) * 320).error() == errc::sram);
}

// In more pieces than a queue has windows.
TEST_F(card, regions_with_too_many_holes_are_given_back_later) {
    constexpr std::size_t count = 64;
    const auto used = [&] { return device.read_telemetry().value().sram_used; };
    const auto before = used();
    std::vector<std::optional<region>> all(count);
    for (auto &each : all)
        each.emplace(device, 320);
    for (std::size_t i = 0; i < count; i += 2)
        all[i].reset();
    const buffer bytes(device, 320);
    for (std::size_t i = 1; i < count; i += 2) {
        job job(device);
        job.copy_in({bytes, 0, all[i]->address(), 320}).value();
        EXPECT_TRUE(queue.run(job, ample)) << "region " << i;
    }
    all.clear();
    EXPECT_EQ(used(), before);
}

TEST_F(card, queues_run_out_and_come_back) {
    for (int round = 0; round < 2; ++round) {
        std::vector<groq::queue> all;
        auto next = queue::create(device);
        while (next) {
            all.push_back(std::move(*next));
            ASSERT_LE(all.size(), 32u);
            next = queue::create(device);
        }
        EXPECT_TRUE(next.error() == errc::queues) << next.error().message();
        EXPECT_GT(all.size(), 8u);
    }
}

} // namespace
} // namespace groq::contract
