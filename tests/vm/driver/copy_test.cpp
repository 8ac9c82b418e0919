// SPDX-License-Identifier: MIT
#include "card.hpp"

#include <algorithm>
#include <cstring>

#include <gtest/gtest.h>
#include <hw/groq_sram.h>

namespace groq::test {
namespace {

std::uint64_t whole_vectors(std::uint64_t bytes) {
    return (bytes + GROQ_VECTOR_BYTES - 1) / GROQ_VECTOR_BYTES * GROQ_VECTOR_BYTES;
}

struct Copy : testing::Test {
    bench rig;
    const card &device = rig.device();

    // There and back, with odd places on every side; what lies around stays.
    void round_trip(std::uint64_t size, std::uint64_t from, std::uint64_t at,
                    std::uint64_t to) {
        SCOPED_TRACE(testing::Message()
                     << size << " bytes, " << from << " to " << at << " to " << to);
        buffer source(device, from + size + 64), target(device, to + size + 64);
        std::uint64_t range = whole_vectors(at + size + 64);
        std::uint64_t sram = rig.reserve(range);
        source.fill(static_cast<std::uint32_t>(size));
        std::memset(target.bytes().data(), 0xee, target.size());
        job work;
        ASSERT_EQ(rig.execute(work.copy_in(source, from, sram + at, size)
                                  .copy_out(target, to, sram + at, size)),
                  0);
        EXPECT_EQ(rig.result(0).value, size);
        EXPECT_EQ(rig.result(1).value, size);
        EXPECT_GE(rig.result(1).device_time_ns, rig.result(0).device_time_ns);
        EXPECT_EQ(std::memcmp(source.as<char>(from), target.as<char>(to), size), 0);
        auto untouched = [](auto bytes, std::uint8_t value) {
            return std::ranges::all_of(bytes, [=](auto byte) { return byte == value; });
        };
        EXPECT_TRUE(untouched(target.bytes().first(to), 0xee));
        EXPECT_TRUE(untouched(target.bytes().subspan(to + size), 0xee));
        EXPECT_TRUE(at == 0 || untouched(rig.read(sram, at), 0));
        EXPECT_TRUE(untouched(rig.read(sram + at + size, 64), 0));
        EXPECT_EQ(device.release(rig.context(), sram), 0);
    }
};

TEST_F(Copy, MovesAnyNumberOfBytesFromAndToAnywhere) {
    for (std::uint64_t size : {1, 2, 3, 15, 16, 17, 63, 319, 320, 321, 1000, 4095, 4096,
                               4097, 65535, 65536, 100003})
        round_trip(size, size % 61, size % 59, size % 53);
}

TEST_F(Copy, CrossesPages) {
    for (std::uint64_t offset : {4095, 4096, 4097, 8191, 12287})
        round_trip(5000, offset, 0, offset - 4000);
}

TEST_F(Copy, MovesMebibytes) {
    for (std::uint64_t mebibytes : {1, 3, 16, 64})
        round_trip((mebibytes << 20) - 1, 1, 0, 3);
}

TEST_F(Copy, MovesRows) {
    constexpr std::uint64_t rows = 100, size = 333, host_stride = 1021,
                            sram_stride = 640;
    buffer source(device, rows * host_stride), target(device, rows * size);
    source.fill(1);
    std::uint64_t sram = rig.reserve(rows * sram_stride);
    job work;
    work.copy_in(source, 5, sram + 7, size).copy_out(target, 0, sram + 7, size);
    for (drm_groq_command &command : work.commands) {
        command.rows = rows;
        command.sram_stride = sram_stride;
    }
    work.commands[0].bo_stride = host_stride;
    work.commands[1].bo_stride = size;
    ASSERT_EQ(rig.execute(work), 0);
    EXPECT_EQ(rig.result(0).value, rows * size);
    for (std::uint64_t row = 0; row < rows; ++row)
        ASSERT_EQ(std::memcmp(source.as<char>(5 + row * host_stride),
                              target.as<char>(row * size), size),
                  0)
            << row;
    // The gaps in SRAM are as they were.
    std::vector<std::uint8_t> gap = rig.read(sram + 7 + size, sram_stride - size);
    EXPECT_TRUE(std::ranges::all_of(gap, [](auto byte) { return !byte; }));
}

TEST_F(Copy, RunsCommandsOfAJobInOrder) {
    buffer host(device, 64 * 320);
    host.fill(9);
    std::uint64_t sram = rig.reserve(320);
    job work;
    for (std::uint64_t i = 0; i < 63; ++i)
        work.copy_in(host, i * 320, sram, 320);
    work.copy_out(host, 63 * 320, sram, 320);
    ASSERT_EQ(rig.execute(work), 0);
    EXPECT_EQ(std::memcmp(host.as<char>(62 * 320), host.as<char>(63 * 320), 320), 0);
}

TEST_F(Copy, UsesTheWholeSram) {
    std::uint64_t total = device.parameter(DRM_GROQ_PARAM_SRAM_BYTES);
    ASSERT_EQ(device.reserve_at(rig.context(), 0, total), 0);
    constexpr std::uint64_t piece = 1 << 20;
    buffer host(device, piece), back(device, piece);
    for (std::uint64_t at = 0; at < total; at += total / 5) {
        std::uint64_t size = std::min(piece, total - at);
        host.fill(static_cast<std::uint32_t>(at));
        job work;
        ASSERT_EQ(
            rig.execute(work.copy_in(host, 0, at, size).copy_out(back, 0, at, size)),
            0);
        EXPECT_EQ(std::memcmp(host.as<char>(), back.as<char>(), size), 0) << at;
    }
}

TEST_F(Copy, IsCounted) {
    auto count = [](const char *name) { return std::stoull(attribute(name)); };
    std::uint64_t sram = rig.reserve(3200);
    std::uint64_t in = count("bytes_in"), out = count("bytes_out");
    buffer host(device, 4096);
    job work;
    ASSERT_EQ(
        rig.execute(work.copy_in(host, 0, sram, 1234).copy_out(host, 0, sram, 567)), 0);
    EXPECT_EQ(count("bytes_in"), in + 1234);
    EXPECT_EQ(count("bytes_out"), out + 567);
}

} // namespace
} // namespace groq::test
