// SPDX-License-Identifier: MIT
#include "card.hpp"

#include <algorithm>
#include <cerrno>
#include <sys/mman.h>
#include <unistd.h>

#include <drm.h>
#include <gtest/gtest.h>

namespace groq::test {
namespace {

int create(const card &device, drm_groq_bo_create arguments) {
    return device.call(DRM_IOCTL_GROQ_BO_CREATE, arguments);
}

int close_handle(const card &device, std::uint32_t handle) {
    drm_gem_close arguments{.handle = handle, .pad = 0};
    return device.call(DRM_IOCTL_GEM_CLOSE, arguments);
}

TEST(BufferCreate, RoundsUpToPages) {
    card device;
    for (std::uint64_t size : {1ull, 4095ull, 4096ull, 4097ull, 1000000ull}) {
        drm_groq_bo_create arguments{
            .size = size, .flags = 0, .handle = 0, .mmap_offset = 0};
        ASSERT_EQ(device.call(DRM_IOCTL_GROQ_BO_CREATE, arguments), 0);
        EXPECT_EQ(arguments.size, (size + 4095) / 4096 * 4096);
        EXPECT_NE(arguments.handle, 0u);
        EXPECT_NE(arguments.mmap_offset, 0u);
        EXPECT_EQ(close_handle(device, arguments.handle), 0);
    }
}

TEST(BufferCreate, RefusesBadArguments) {
    card device;
    EXPECT_EQ(create(device, {.size = 0}), EINVAL);
    EXPECT_EQ(create(device, {.size = DRM_GROQ_BO_SIZE_MAX + 1}), EINVAL);
    EXPECT_EQ(create(device, {.size = ~0ull}), EINVAL);
    for (int bit = 0; bit < 32; ++bit)
        EXPECT_EQ(create(device, {.size = 4096, .flags = 1u << bit}), EINVAL) << bit;
}

TEST(BufferCreate, SaysSoWhenMemoryIsShort) {
    card device;
    // More than the machine has, but no more than a buffer may have.
    if (static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * 4096 >=
        DRM_GROQ_BO_SIZE_MAX)
        GTEST_SKIP() << "a machine with less memory than the largest buffer is needed";
    EXPECT_EQ(create(device, {.size = DRM_GROQ_BO_SIZE_MAX}), ENOMEM);
}

TEST(Buffer, IsZeroed) {
    card device;
    for (int round = 0; round < 3; ++round) {
        buffer memory(device, 1 << 20);
        EXPECT_TRUE(
            std::ranges::all_of(memory.bytes(), [](auto byte) { return !byte; }));
        memory.fill(1);
    }
}

TEST(Buffer, SharesItsBytesBetweenMappings) {
    card device;
    drm_groq_bo_create made{.size = 8192, .flags = 0, .handle = 0, .mmap_offset = 0};
    ASSERT_EQ(device.call(DRM_IOCTL_GROQ_BO_CREATE, made), 0);
    auto map = [&](int protection) {
        return static_cast<volatile char *>(mmap(nullptr, 8192, protection, MAP_SHARED,
                                                 device.fd(),
                                                 static_cast<off_t>(made.mmap_offset)));
    };
    volatile char *first = map(PROT_READ | PROT_WRITE), *second = map(PROT_READ);
    ASSERT_NE(first, MAP_FAILED);
    ASSERT_NE(second, MAP_FAILED);
    first[5000] = 42;
    EXPECT_EQ(second[5000], 42);
    // A mapping outlives its handle.
    EXPECT_EQ(close_handle(device, made.handle), 0);
    first[1] = 7;
    EXPECT_EQ(second[1], 7);
    munmap(const_cast<char *>(first), 8192);
    munmap(const_cast<char *>(second), 8192);
}

TEST(Buffer, CannotBeMappedBeyondItsEnd) {
    card device;
    drm_groq_bo_create made{.size = 4096, .flags = 0, .handle = 0, .mmap_offset = 0};
    ASSERT_EQ(device.call(DRM_IOCTL_GROQ_BO_CREATE, made), 0);
    EXPECT_EQ(mmap(nullptr, 8192, PROT_READ, MAP_SHARED, device.fd(),
                   static_cast<off_t>(made.mmap_offset)),
              MAP_FAILED);
    EXPECT_EQ(mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE, device.fd(),
                   static_cast<off_t>(made.mmap_offset)),
              MAP_FAILED);
}

TEST(Buffer, IsNotForOtherFiles) {
    card device, other;
    buffer memory(device, 4096);
    EXPECT_EQ(close_handle(other, memory.handle()), EINVAL);
    drm_groq_bo_create made{.size = 4096, .flags = 0, .handle = 0, .mmap_offset = 0};
    ASSERT_EQ(device.call(DRM_IOCTL_GROQ_BO_CREATE, made), 0);
    EXPECT_EQ(mmap(nullptr, 4096, PROT_READ, MAP_SHARED, other.fd(),
                   static_cast<off_t>(made.mmap_offset)),
              MAP_FAILED);
    EXPECT_EQ(errno, EACCES);
}

TEST(Buffer, HandleIsGoneAfterClose) {
    card device;
    drm_groq_bo_create made{.size = 4096, .flags = 0, .handle = 0, .mmap_offset = 0};
    ASSERT_EQ(device.call(DRM_IOCTL_GROQ_BO_CREATE, made), 0);
    EXPECT_EQ(close_handle(device, made.handle), 0);
    EXPECT_EQ(close_handle(device, made.handle), EINVAL);
}

} // namespace
} // namespace groq::test
