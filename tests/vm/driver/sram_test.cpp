// SPDX-License-Identifier: MIT
#include "card.hpp"

#include <algorithm>
#include <cerrno>

#include <gtest/gtest.h>
#include <hw/groq_sram.h>

namespace groq::test {
namespace {

constexpr std::uint64_t vector = GROQ_VECTOR_BYTES;

int reserve(const card &device, drm_groq_sram_reserve arguments) {
    return device.call(DRM_IOCTL_GROQ_SRAM_RESERVE, arguments);
}

TEST(SramReserve, RefusesBadArguments) {
    card device, other;
    std::uint32_t context = device.create_context();
    std::uint64_t total = device.parameter(DRM_GROQ_PARAM_SRAM_BYTES);
    EXPECT_EQ(reserve(device, {.context = 0, .size = vector}), ENOENT);
    EXPECT_EQ(reserve(device, {.context = context + 1, .size = vector}), ENOENT);
    EXPECT_EQ(reserve(other, {.context = context, .size = vector}), ENOENT);
    for (int bit = 1; bit < 32; ++bit)
        EXPECT_EQ(
            reserve(device, {.context = context, .flags = 1u << bit, .size = vector}),
            EINVAL);
    for (std::uint64_t size : {0ull, 1ull, 319ull, 321ull, ~0ull})
        EXPECT_EQ(reserve(device, {.context = context, .size = size}), EINVAL) << size;
    EXPECT_EQ(reserve(device, {.context = context, .address = vector, .size = vector}),
              EINVAL);
    EXPECT_EQ(reserve(device, {.context = context,
                               .flags = DRM_GROQ_SRAM_FIXED,
                               .address = 16,
                               .size = vector}),
              EINVAL);
    EXPECT_EQ(reserve(device, {.context = context, .size = total + vector}), ENOSPC);
    for (std::uint64_t address :
         {total, total - vector, ~std::uint64_t{0} / vector * vector})
        EXPECT_EQ(reserve(device, {.context = context,
                                   .flags = DRM_GROQ_SRAM_FIXED,
                                   .address = address,
                                   .size = 2 * vector}),
                  ENOSPC)
            << address;
}

TEST(SramReserve, GivesAllThereIsAndNoMore) {
    card device;
    std::uint32_t context = device.create_context();
    std::uint64_t total = device.parameter(DRM_GROQ_PARAM_SRAM_BYTES);
    EXPECT_EQ(device.reserve_at(context, 0, total), 0);
    EXPECT_EQ(device.parameter(DRM_GROQ_PARAM_SRAM_FREE), 0u);
    EXPECT_EQ(reserve(device, {.context = context, .size = vector}), ENOSPC);
    EXPECT_EQ(device.release(context, 0), 0);
    EXPECT_EQ(device.reserve_at(context, total - vector, vector), 0);
}

TEST(SramReserve, DoesNotOverlap) {
    card device;
    std::uint32_t context = device.create_context(), other = device.create_context();
    ASSERT_EQ(device.reserve_at(context, 10 * vector, 10 * vector), 0);
    for (std::uint64_t address : {1ull, 5ull, 10ull, 15ull, 19ull})
        EXPECT_EQ(device.reserve_at(other, address * vector, 10 * vector), ENOSPC);
    EXPECT_EQ(device.reserve_at(other, 0, 10 * vector), 0);
    EXPECT_EQ(device.reserve_at(other, 20 * vector, vector), 0);
}

TEST(SramReserve, CountsAdjacentRangesAsOne) {
    card device;
    std::uint32_t context = device.create_context();
    for (std::uint64_t i = 0; i < 100; ++i)
        ASSERT_EQ(device.reserve_at(context, (99 - i) * vector, vector), 0);
    // Every other vector, from the second range on.
    for (std::uint64_t i = 1; i < DRM_GROQ_SRAM_RANGES_MAX; ++i)
        ASSERT_EQ(device.reserve_at(context, (100 + 2 * i) * vector, vector), 0);
    EXPECT_EQ(device.reserve_at(context, 1000 * vector, vector), ENOSPC);
    // Between two of them: one range less.
    EXPECT_EQ(device.reserve_at(context, 103 * vector, vector), 0);
    EXPECT_EQ(device.reserve_at(context, 1000 * vector, vector), 0);
    // A hole would be one too many.
    EXPECT_EQ(device.release(context, 50 * vector), ENOSPC);
    EXPECT_EQ(device.release(context, 1000 * vector), 0);
    EXPECT_EQ(device.release(context, 50 * vector), 0);
}

TEST(SramRelease, RefusesBadArguments) {
    card device, other;
    std::uint32_t context = device.create_context();
    std::uint64_t address = device.reserve(context, 10 * vector);
    drm_groq_sram_release arguments{
        .context = context, .reserved = 1, .address = address};
    EXPECT_EQ(device.call(DRM_IOCTL_GROQ_SRAM_RELEASE, arguments), EINVAL);
    EXPECT_EQ(device.release(context, address + vector), ENOENT);
    EXPECT_EQ(device.release(context + 1, address), ENOENT);
    EXPECT_EQ(other.release(context, address), ENOENT);
    EXPECT_EQ(device.release(device.create_context(), address), ENOENT);
    EXPECT_EQ(device.release(context, address), 0);
    EXPECT_EQ(device.release(context, address), ENOENT);
}

TEST(Sram, IsZeroWhenItIsNew) {
    bench rig;
    constexpr std::uint64_t size = 1000 * vector;
    std::vector<std::uint8_t> secret(size, 0xa5);
    std::uint64_t address = rig.reserve(size);
    rig.write(address, secret);
    EXPECT_EQ(rig.read(address, size), secret);
    ASSERT_EQ(rig.device().release(rig.context(), address), 0);

    bench stranger;
    ASSERT_EQ(stranger.device().reserve_at(stranger.context(), address, size), 0);
    EXPECT_EQ(stranger.read(address, size), std::vector<std::uint8_t>(size));
}

TEST(Sram, IsZeroAfterItsOwnerDied) {
    std::uint64_t address;
    {
        bench rig;
        address = rig.reserve(vector);
        rig.write(address, std::vector<std::uint8_t>(vector, 0x5a));
    }
    bench stranger;
    ASSERT_EQ(stranger.device().reserve_at(stranger.context(), address, vector), 0);
    EXPECT_EQ(stranger.read(address, vector), std::vector<std::uint8_t>(vector));
}

TEST(Sram, OfAnotherContextIsOutOfReach) {
    bench rig, other;
    std::uint64_t address = rig.reserve(10 * vector);
    other.reserve(10 * vector);
    buffer host(other.device(), 4096);
    for (std::uint64_t reach :
         {address, address + 5 * vector, address + 10 * vector - 1}) {
        job in, out, launch;
        EXPECT_EQ(other.execute(in.copy_in(host, 0, reach, 1)), EACCES);
        EXPECT_EQ(other.execute(out.copy_out(host, 0, reach, 1)), EACCES);
        EXPECT_EQ(other.execute(launch.run(address, 1, 1000)), EACCES);
    }
}

TEST(Sram, IsAllReachableAndNothingBeyond) {
    bench rig;
    std::uint64_t address = rig.reserve(10 * vector), end = address + 10 * vector;
    buffer host(rig.device(), 4096);
    job whole, before, after;
    EXPECT_EQ(rig.execute(whole.copy_in(host, 0, address, 10 * vector)), 0);
    EXPECT_EQ(rig.execute(after.copy_in(host, 0, end - 1, 2)), EACCES);
    if (address) {
        EXPECT_EQ(rig.execute(before.copy_in(host, 0, address - 1, 2)), EACCES);
    }
}

TEST(Sram, GrowsWhileTheQueueRuns) {
    bench rig;
    std::uint64_t total = rig.device().parameter(DRM_GROQ_PARAM_SRAM_BYTES);
    std::uint64_t middle = total / 2 / vector * vector;
    ASSERT_EQ(rig.device().reserve_at(rig.context(), middle, vector), 0);
    std::vector<std::uint8_t> bytes(vector, 1);
    for (std::uint64_t i = 1; i <= 100; ++i) {
        ASSERT_EQ(rig.device().reserve_at(rig.context(), middle - i * vector, vector),
                  0);
        ASSERT_EQ(rig.device().reserve_at(rig.context(), middle + i * vector, vector),
                  0);
        rig.write(middle - i * vector, bytes);
        rig.write(middle + i * vector, bytes);
    }
    auto all = rig.read(middle - 100 * vector, 201 * vector);
    EXPECT_EQ(std::ranges::count(all, 1), 200 * static_cast<long>(vector));
}

TEST(Sram, IsNotReachableAfterRelease) {
    bench rig;
    std::uint64_t address = rig.reserve(3 * vector);
    buffer host(rig.device(), 4096);
    ASSERT_EQ(rig.device().release(rig.context(), address), 0);
    job work;
    EXPECT_EQ(rig.execute(work.copy_in(host, 0, address, 1)), EACCES);
}

} // namespace
} // namespace groq::test
