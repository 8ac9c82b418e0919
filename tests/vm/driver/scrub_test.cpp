// SPDX-License-Identifier: MIT
// Who has how much SRAM, and that nobody sees what was in it before.
#include "memory.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>
#include <hw/groq_sram.h>

namespace groq::test {
namespace {

constexpr std::uint64_t vector = GROQ_VECTOR_BYTES;

int reserve(const card &device, std::uint32_t context, std::uint64_t size) {
    drm_groq_sram_reserve arguments{
        .context = context, .flags = 0, .address = 0, .size = size};
    return device.call(DRM_IOCTL_GROQ_SRAM_RESERVE, arguments);
}

std::uint64_t sram_of(const card &device) {
    auto usage = fields_of("/proc/self/fdinfo/" + std::to_string(device.fd()));
    EXPECT_EQ(usage["drm-total-sram"], usage["drm-resident-sram"]);
    return std::stoull(usage["drm-total-sram"]);
}

std::uint64_t used() {
    return std::stoull(attribute("sram_used"));
}

struct Sram : testing::Test {
    void TearDown() override { EXPECT_EQ(used(), 0u); }
};

TEST_F(Sram, IsCountedByClient) {
    card first, second;
    std::uint32_t one = first.create_context(), two = second.create_context();
    std::uint32_t another = first.create_context();
    std::uint64_t address = first.reserve(one, 10 * vector);
    first.reserve(another, 5 * vector);
    second.reserve(two, 7 * vector);
    EXPECT_EQ(sram_of(first), 15 * vector);
    EXPECT_EQ(sram_of(second), 7 * vector);
    EXPECT_EQ(used(), 22 * vector);
    EXPECT_EQ(first.release(one, address), 0);
    EXPECT_EQ(sram_of(first), 5 * vector);
    EXPECT_EQ(first.destroy_context(another), 0);
    EXPECT_EQ(sram_of(first), 0u);
    EXPECT_EQ(used(), 7 * vector);
    second.close();
    EXPECT_EQ(used(), 0u);
}

TEST_F(Sram, IsAsBeforeWhenNoneIsLeft) {
    card device;
    std::uint32_t context = device.create_context();
    std::uint64_t total = device.parameter(DRM_GROQ_PARAM_SRAM_BYTES);
    std::uint64_t most = total - 100 * vector;
    ASSERT_EQ(device.reserve_at(context, 0, most), 0);
    EXPECT_EQ(reserve(device, context, 101 * vector), ENOSPC);
    EXPECT_EQ(device.reserve_at(context, most - vector, 2 * vector), ENOSPC);
    EXPECT_EQ(sram_of(device), most);
    EXPECT_EQ(used(), most);
    EXPECT_EQ(reserve(device, context, 100 * vector), 0);
    EXPECT_EQ(device.parameter(DRM_GROQ_PARAM_SRAM_FREE), 0u);
}

TEST_F(Sram, IsAsBeforeWhenThereAreTooManyRanges) {
    card device;
    std::uint32_t context = device.create_context();
    for (std::uint64_t i = 0; i < DRM_GROQ_SRAM_RANGES_MAX; ++i)
        ASSERT_EQ(device.reserve_at(context, 2 * i * vector, vector), 0);
    EXPECT_EQ(device.reserve_at(context, 1000 * vector, 10 * vector), ENOSPC);
    EXPECT_EQ(sram_of(device), DRM_GROQ_SRAM_RANGES_MAX * vector);
    EXPECT_EQ(used(), DRM_GROQ_SRAM_RANGES_MAX * vector);
    // It is free for another.
    std::uint32_t other = device.create_context();
    EXPECT_EQ(device.reserve_at(other, 1000 * vector, 10 * vector), 0);
}

TEST_F(Sram, MayBeInPieces) {
    card device;
    std::uint64_t total = device.parameter(DRM_GROQ_PARAM_SRAM_BYTES) / vector;
    std::uint64_t piece = total / 16;
    std::uint32_t context = device.create_context(), other = device.create_context();
    // Every second piece, to the end: half of it is free, but no two pieces together.
    for (std::uint64_t i = 0; i < 8; ++i)
        ASSERT_EQ(device.reserve_at(context, 2 * i * piece * vector, piece * vector),
                  0);
    std::uint64_t rest = total - 16 * piece;
    EXPECT_EQ(reserve(device, other, (piece + rest + 1) * vector), ENOSPC);
    for (std::uint64_t i = 0; i < 7; ++i)
        EXPECT_EQ(reserve(device, other, piece * vector), 0) << i;
    EXPECT_EQ(reserve(device, other, (piece + rest) * vector), 0);
    EXPECT_EQ(device.parameter(DRM_GROQ_PARAM_SRAM_FREE), 0u);
    // What comes free is one piece again.
    EXPECT_EQ(device.destroy_context(other), 0);
    EXPECT_EQ(device.release(context, 2 * piece * vector), 0);
    std::uint32_t last = device.create_context();
    EXPECT_EQ(reserve(device, last, 3 * piece * vector), 0);
}

// The SRAM as the card shows it to the host in BAR 2.
class window {
public:
    explicit window(std::uint64_t bytes)
        : file_(open(("/sys/bus/pci/devices/" + address_of() + "/resource2").c_str(),
                     O_RDONLY | O_CLOEXEC)),
          bytes_(bytes),
          start_(mmap(nullptr, bytes, PROT_READ, MAP_SHARED, file_.get(), 0)) {}
    ~window() {
        if (possible())
            munmap(start_, bytes_);
    }
    bool possible() const { return start_ != MAP_FAILED; }
    bool holds(std::uint64_t address, std::uint64_t size, std::uint64_t word) const {
        auto *first = reinterpret_cast<const std::uint64_t *>(
            static_cast<const std::uint8_t *>(start_) + address);
        return std::count(first, first + size / 8, word) == static_cast<long>(size / 8);
    }

private:
    descriptor file_;
    std::uint64_t bytes_;
    void *start_;
};

// Fills SRAM with a secret, again and again, until it is killed.
[[noreturn]] void fill_for_ever(std::uint64_t address, std::uint64_t size, int ready) {
    card device;
    std::uint32_t context = device.create_context(),
                  queue = device.create_queue(context);
    if (device.reserve_at(context, address, size))
        _exit(1);
    buffer secret(device, size);
    std::ranges::fill(secret.bytes(), 0xa5);
    std::uint32_t done = device.create_sync();
    for (std::uint64_t point = 1;; ++point) {
        job work;
        work.copy_in(secret, 0, address, size).then(done, point).push(device, queue);
        if (point == 4 && write(ready, "x", 1) != 1)
            _exit(1);
        if (point > 4)
            device.wait(done, point - 4);
    }
}

TEST_F(Sram, OfAKilledProcessIsZero) {
    constexpr std::uint64_t address = 1000 * vector, size = 8 * 1024 * vector;
    window view(card().parameter(DRM_GROQ_PARAM_SRAM_BYTES));
    for (int round = 0; round < 10; ++round) {
        int ready[2];
        ASSERT_EQ(pipe(ready), 0);
        pid_t child = fork();
        if (child == 0)
            fill_for_ever(address, size, ready[1]);
        ::close(ready[1]);
        char byte;
        ASSERT_EQ(read(ready[0], &byte, 1), 1);
        ::close(ready[0]);
        usleep(1000u * static_cast<unsigned int>(round));
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
        // Nothing of it is left to come, and nothing of it is to be seen.
        bench next;
        ASSERT_EQ(next.device().reserve_at(next.context(), address, size), 0);
        EXPECT_EQ(next.read(address, size), std::vector<std::uint8_t>(size));
        if (view.possible()) {
            EXPECT_TRUE(view.holds(address, size, 0));
        }
    }
}

TEST_F(Sram, IsShownByTheCardAsItIs) {
    window view(card().parameter(DRM_GROQ_PARAM_SRAM_BYTES));
    if (!view.possible())
        GTEST_SKIP() << "a kernel that lets BAR 2 be mapped is needed";
    std::uint64_t address;
    {
        bench rig;
        address = rig.reserve(10 * vector);
        rig.write(address, std::vector<std::uint8_t>(10 * vector, 0x5a));
        EXPECT_TRUE(view.holds(address, 10 * vector, 0x5a5a5a5a5a5a5a5a));
    }
    bench next;
    ASSERT_EQ(next.device().reserve_at(next.context(), address, 9 * vector), 0);
    EXPECT_TRUE(view.holds(address, 9 * vector, 0));
}

TEST_F(Sram, IsZeroedInSpiteOfResets) {
    constexpr std::uint64_t size = 8 * 1024 * vector;
    std::atomic<bool> stop = false;
    std::thread resetter([&] {
        for (int i = 0; i < 20; ++i)
            write_file("/sys/class/accel/accel0/device/reset", "1");
        stop = true;
    });
    card device;
    std::uint32_t context = device.create_context();
    while (!stop) {
        EXPECT_EQ(device.reserve_at(context, 0, size), 0);
        EXPECT_EQ(device.release(context, 0), 0);
    }
    resetter.join();
}

} // namespace
} // namespace groq::test
