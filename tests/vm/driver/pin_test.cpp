// SPDX-License-Identifier: MIT
#include "pin_fixture.hpp"
#include "unbinding.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <drm.h>
#include <hw/groq_sram.h>

namespace groq::test {
namespace {

constexpr std::uint64_t big = 2 << 20;
constexpr std::uint64_t sram_bytes = 100 * 320; // what most tests copy

// There and back again, through SRAM.
void expect_copies(std::uint64_t address, std::uint64_t size) {
    bench rig;
    auto [handle, error] = pin(rig.device(), address, size);
    ASSERT_EQ(error, 0);
    std::uint64_t sram = rig.reserve(sram_bytes);
    std::span bytes(reinterpret_cast<std::uint8_t *>(address), size);
    for (std::uint64_t place : {std::uint64_t{0}, size / 2 - 1, size - sram_bytes}) {
        auto there = bytes.subspan(place, std::min(sram_bytes, size - place));
        std::ranges::fill(there, 0x5a);
        there.front() = 1;
        there.back() = 2;
        ASSERT_EQ(copy_in(rig, handle, place, sram, there.size()), 0);
        std::vector<std::uint8_t> wanted(there.begin(), there.end());
        EXPECT_EQ(rig.read(sram, there.size()), wanted);
        std::ranges::fill(there, 0);
        ASSERT_EQ(copy_out(rig, handle, place, sram, there.size()), 0);
        EXPECT_TRUE(std::ranges::equal(there, wanted));
    }
}

TEST_F(Pin, IsAFeature) {
    EXPECT_TRUE(card().parameter(DRM_GROQ_PARAM_FEATURES) & DRM_GROQ_FEATURE_BO_PIN);
}

TEST_F(Pin, RefusesBadArguments) {
    card device;
    region memory(4 * page);
    EXPECT_EQ(pin(device, memory.address(), 0).error, EINVAL);
    EXPECT_EQ(pin(device, memory.address(), 1).error, EINVAL);
    EXPECT_EQ(pin(device, memory.address(), page - 1).error, EINVAL);
    EXPECT_EQ(pin(device, memory.address() + 1, page).error, EINVAL);
    EXPECT_EQ(pin(device, memory.address() + 512, page).error, EINVAL);
    EXPECT_EQ(pin(device, memory.address(), DRM_GROQ_BO_SIZE_MAX + page).error, EINVAL);
    EXPECT_EQ(pin(device, memory.address(), ~std::uint64_t{0} - page + 1).error,
              EINVAL);
    for (int bit = 1; bit < 32; ++bit)
        EXPECT_EQ(pin(device, memory.address(), page, 1u << bit).error, EINVAL) << bit;
}

TEST_F(Pin, RefusesWhatIsNoMemoryOfTheCaller) {
    card device;
    region memory(8 * page);
    for (std::uint32_t flags : {0u, DRM_GROQ_BO_PIN_READ_ONLY + 0u}) {
        EXPECT_EQ(pin(device, 0, page, flags).error, EFAULT);
        EXPECT_EQ(pin(device, 0xffff800000000000, page, flags).error, EFAULT);
        EXPECT_EQ(pin(device, 0xffffffffffffe000, page, flags).error, EFAULT);
        EXPECT_EQ(pin(device, 0xfffffffffffff000, page, flags).error, EFAULT);
        EXPECT_EQ(pin(device, 0x7ffffffff000, 2 * page, flags).error, EFAULT);
    }
    // A hole near the end: what was pinned before it is not any more.
    ASSERT_EQ(munmap(memory.bytes().data() + 6 * page, page), 0);
    EXPECT_EQ(pin(device, memory.address(), 8 * page).error, EFAULT);
    EXPECT_EQ(pin(device, memory.address(), 6 * page).error, 0);
}

TEST_F(Pin, NeedsTheRightProtection) {
    card device;
    region none(page, PROT_NONE), read(page, PROT_READ), both(page);
    std::uint32_t only = DRM_GROQ_BO_PIN_READ_ONLY;
    EXPECT_EQ(pin(device, none.address(), page).error, EFAULT);
    EXPECT_EQ(pin(device, none.address(), page, only).error, EFAULT);
    EXPECT_EQ(pin(device, read.address(), page).error, EFAULT);
    EXPECT_EQ(pin(device, read.address(), page, only).error, 0);
    EXPECT_EQ(pin(device, both.address(), page).error, 0);
    EXPECT_EQ(pin(device, both.address(), page, only).error, 0);
    descriptor program(open("/proc/self/exe", O_RDONLY));
    region text(page, PROT_READ, MAP_SHARED, program.get());
    EXPECT_EQ(pin(device, text.address(), page).error, EFAULT);
    EXPECT_EQ(pin(device, text.address(), page, only).error, 0);
    // Its own copy of a file's page it may write.
    region copy(page, PROT_READ | PROT_WRITE, MAP_PRIVATE, program.get());
    EXPECT_EQ(pin(device, copy.address(), page).error, 0);
}

TEST_F(Pin, RefusesMappingsOfDevices) {
    card device;
    buffer memory(device, 2 * page);
    std::uint64_t address = reinterpret_cast<std::uintptr_t>(memory.bytes().data());
    EXPECT_EQ(pin(device, address, page).error, EFAULT);
    EXPECT_EQ(pin(device, address, page, DRM_GROQ_BO_PIN_READ_ONLY).error, EFAULT);
}

// Where a file system wants to know of each write (tests/vm/memory.py has a disk).
TEST_F(Pin, RefusesFilesThatAreWrittenBack) {
    descriptor disk(open("/dev/nvme0n1", O_RDWR | O_CLOEXEC));
    if (disk.get() < 0)
        GTEST_SKIP() << "a disk is needed";
    card device;
    region shared(2 * page, PROT_READ | PROT_WRITE, MAP_SHARED, disk.get());
    EXPECT_EQ(pin(device, shared.address(), page).error, EOPNOTSUPP);
    EXPECT_EQ(pin(device, shared.address(), page, DRM_GROQ_BO_PIN_READ_ONLY).error, 0);
    region copy(page, PROT_READ | PROT_WRITE, MAP_PRIVATE, disk.get());
    EXPECT_EQ(pin(device, copy.address(), page).error, 0);
}

TEST_F(Pin, RefusesBehindTheEndOfAFile) {
    card device;
    descriptor file = memory_file(page);
    region memory(4 * page, PROT_READ | PROT_WRITE, MAP_SHARED, file.get());
    EXPECT_EQ(pin(device, memory.address(), page).error, 0);
    EXPECT_EQ(pin(device, memory.address(), 2 * page).error, EFAULT);
}

TEST_F(Pin, CopiesAnonymousMemory) {
    region memory(64 * page);
    expect_copies(memory.address(), memory.size());
}

TEST_F(Pin, CopiesHugePages) {
    region memory(4 * big);
    std::uint64_t aligned = (memory.address() + big - 1) / big * big;
    madvise(reinterpret_cast<void *>(aligned), 2 * big, MADV_HUGEPAGE);
    expect_copies(aligned, 2 * big);
    expect_copies(aligned + 3 * page, big);
}

TEST_F(Pin, CopiesHugetlbPages) {
    if (access("/proc/sys/vm/nr_hugepages", W_OK))
        GTEST_SKIP() << "a kernel with hugetlbfs is needed";
    write_file("/proc/sys/vm/nr_hugepages", "4");
    if (std::stoi(read_file("/proc/sys/vm/nr_hugepages")) < 2)
        GTEST_SKIP() << "no free huge pages";
    {
        region memory(2 * big, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB);
        expect_copies(memory.address(), memory.size());
        expect_copies(memory.address() + page, memory.size() - 2 * page);
    }
    write_file("/proc/sys/vm/nr_hugepages", "0");
}

TEST_F(Pin, CopiesSharedMemory) {
    descriptor file = memory_file(64 * page);
    region memory(64 * page, PROT_READ | PROT_WRITE, MAP_SHARED, file.get());
    expect_copies(memory.address(), memory.size());
    // The card's writes are the file's.
    std::uint8_t byte = 0;
    EXPECT_EQ(pread(file.get(), &byte, 1, 0), 1);
    EXPECT_EQ(byte, 1);
}

TEST_F(Pin, MayBeLarge) {
    region memory(96 << 20);
    expect_copies(memory.address(), memory.size());
}

TEST_F(Pin, ReadOnlyIsForCopiesInAlone) {
    bench rig;
    region memory(8 * page);
    memory.fill(1);
    auto [handle, error] =
        pin(rig.device(), memory.address(), memory.size(), DRM_GROQ_BO_PIN_READ_ONLY);
    ASSERT_EQ(error, 0);
    std::uint64_t sram = rig.reserve(sram_bytes);
    EXPECT_EQ(copy_in(rig, handle, 5, sram, 20000), 0);
    EXPECT_TRUE(
        std::ranges::equal(rig.read(sram, 20000), memory.bytes().subspan(5, 20000)));
    EXPECT_EQ(copy_out(rig, handle, 0, sram, 1), EACCES);
    // What comes before it in the same submission is not done either.
    job both;
    both.commands = {copy_of(DRM_GROQ_COMMAND_COPY_IN, handle, 0, sram, 1),
                     copy_of(DRM_GROQ_COMMAND_COPY_OUT, handle, 0, sram, 1)};
    EXPECT_EQ(rig.execute(both), EACCES);
}

TEST_F(Pin, SeesWhatIsWrittenLater) {
    bench rig;
    region memory(page);
    std::uint64_t sram = rig.reserve(320);
    for (std::uint32_t flags : {0u, DRM_GROQ_BO_PIN_READ_ONLY + 0u}) {
        memory.bytes()[7] = 1; // not the page of zeroes, which is nobody's
        auto [handle, error] = pin(rig.device(), memory.address(), page, flags);
        ASSERT_EQ(error, 0);
        memory.bytes()[7] = 77;
        EXPECT_EQ(copy_in(rig, handle, 7, sram, 1), 0);
        EXPECT_EQ(rig.read(sram, 1).front(), 77);
    }
}

TEST_F(Pin, CannotBeExported) {
    card device;
    region memory(page);
    auto [handle, error] = pin(device, memory.address(), page);
    ASSERT_EQ(error, 0);
    drm_prime_handle arguments{.handle = handle, .flags = DRM_CLOEXEC, .fd = -1};
    EXPECT_EQ(device.call(DRM_IOCTL_PRIME_HANDLE_TO_FD, arguments), EPERM);
}

TEST_F(Pin, CannotBeMapped) {
    card device;
    region memory(page);
    std::uint64_t first;
    {
        drm_groq_bo_create made{
            .size = page, .flags = 0, .handle = 0, .mmap_offset = 0};
        ASSERT_EQ(device.call(DRM_IOCTL_GROQ_BO_CREATE, made), 0);
        first = made.mmap_offset;
        EXPECT_EQ(close_handle(device, made.handle), 0);
    }
    auto [handle, error] = pin(device, memory.address(), page);
    ASSERT_EQ(error, 0);
    for (std::uint64_t offset = 0; offset < 64 * page; offset += page)
        EXPECT_EQ(mmap(nullptr, page, PROT_READ, MAP_SHARED, device.fd(),
                       static_cast<off_t>(first + offset)),
                  MAP_FAILED);
}

TEST_F(Pin, CannotTakeResults) {
    bench rig;
    region memory(page);
    auto [handle, error] = pin(rig.device(), memory.address(), page);
    ASSERT_EQ(error, 0);
    job work;
    work.nop().submit.result_bo = handle;
    EXPECT_EQ(work.push(rig.device(), rig.queue()), EINVAL);
}

TEST_F(Pin, OutlivesTheMapping) {
    bench rig;
    region memory(64 * page);
    auto [handle, error] = pin(rig.device(), memory.address(), memory.size());
    ASSERT_EQ(error, 0);
    memory.fill(9);
    std::vector<std::uint8_t> wanted(memory.bytes().begin(),
                                     memory.bytes().begin() + sram_bytes);
    void *place = memory.bytes().data();
    memory.unmap();
    // What is there now is something else.
    ASSERT_EQ(mmap(place, 64 * page, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
              place);
    std::uint64_t sram = rig.reserve(2 * sram_bytes);
    EXPECT_EQ(copy_in(rig, handle, 0, sram, sram_bytes), 0);
    EXPECT_EQ(rig.read(sram, sram_bytes), wanted);
    EXPECT_EQ(copy_out(rig, handle, sram_bytes, sram, sram_bytes), 0);
    EXPECT_EQ(copy_in(rig, handle, sram_bytes, sram + sram_bytes, sram_bytes), 0);
    EXPECT_EQ(rig.read(sram + sram_bytes, sram_bytes), wanted);
    EXPECT_EQ(*static_cast<std::uint8_t *>(place), 0);
    munmap(place, 64 * page);
}

TEST_F(Pin, StandsItsMemoryComingAndGoing) {
    card device;
    std::uint64_t size = 16 * page;
    auto *place = static_cast<std::uint8_t *>(
        mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    std::atomic<bool> done = false;
    std::thread mapper([&] {
        for (int protection = 0; !done; protection ^= PROT_READ | PROT_WRITE)
            mmap(place, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
                 0);
    });
    for (int i = 0; i < 200; ++i) {
        auto [handle, error] =
            pin(device, reinterpret_cast<std::uintptr_t>(place), size);
        EXPECT_TRUE(error == 0 || error == EFAULT) << error;
        if (!error) {
            EXPECT_EQ(close_handle(device, handle), 0);
        }
    }
    done = true;
    mapper.join();
    munmap(place, size);
}

TEST_F(Pin, StaysWithTheParentAcrossFork) {
    bench rig;
    region memory(4 * page);
    memory.fill(3);
    auto [handle, error] = pin(rig.device(), memory.address(), memory.size());
    ASSERT_EQ(error, 0);
    int go[2];
    ASSERT_EQ(pipe(go), 0);
    std::uint8_t before = memory.bytes()[page];
    pid_t child = fork();
    if (child == 0) {
        // What the card and the parent write is not the child's.
        char byte;
        bool right = read(go[0], &byte, 1) == 1 && memory.bytes()[page] == before &&
                     memory.bytes()[0] != 99;
        _exit(right ? 0 : 1);
    }
    EXPECT_EQ(pinned_pages(child), 0u);
    std::uint64_t sram = rig.reserve(320);
    memory.bytes()[0] = 99;
    EXPECT_EQ(copy_in(rig, handle, 0, sram, 1), 0);
    EXPECT_EQ(rig.read(sram, 1).front(), 99);
    EXPECT_EQ(copy_out(rig, handle, page, sram, 1), 0);
    EXPECT_EQ(memory.bytes()[page], 99);
    EXPECT_EQ(write(go[1], "x", 1), 1);
    int status = -1;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
    ::close(go[0]);
    ::close(go[1]);
}

TEST_F(Pin, OutlivesTheProcess) {
    bench rig;
    int back[2];
    ASSERT_EQ(pipe(back), 0);
    pid_t child = fork();
    if (child == 0) {
        region memory(4 * page);
        memory.bytes()[1] = 42;
        std::uint32_t handle =
            pin(rig.device(), memory.address(), memory.size()).handle;
        _exit(write(back[1], &handle, sizeof handle) == sizeof handle ? 0 : 1);
    }
    std::uint32_t handle = 0;
    EXPECT_EQ(read(back[0], &handle, sizeof handle),
              static_cast<ssize_t>(sizeof handle));
    waitpid(child, nullptr, 0);
    EXPECT_EQ(pinned_pages(), pinned_before);
    std::uint64_t sram = rig.reserve(320);
    EXPECT_EQ(copy_in(rig, handle, 1, sram, 1), 0);
    EXPECT_EQ(rig.read(sram, 1).front(), 42);
    ::close(back[0]);
    ::close(back[1]);
}

TEST_F(Pin, MayBeDoneByManyAtOnce) {
    region memory(64 * page);
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&memory, i] {
            bench rig(i % 2);
            std::uint64_t sram = rig.reserve(320), place = 5000 + 300u * i;
            for (int k = 0; k < 30; ++k) {
                auto [handle, error] =
                    pin(rig.device(), memory.address(), memory.size());
                ASSERT_EQ(error, 0);
                std::ranges::fill(memory.bytes().subspan(place, 300), i + k);
                EXPECT_EQ(copy_in(rig, handle, place, sram, 300), 0);
                EXPECT_EQ(rig.read(sram, 300), std::vector<std::uint8_t>(300, i + k));
                EXPECT_EQ(close_handle(rig.device(), handle), 0);
            }
        });
    for (std::thread &thread : threads)
        thread.join();
}

TEST_F(Pin, SurvivesTheCard) {
    unbinding driver;
    {
        card device;
        region memory(16 * page);
        memory.fill(5);
        std::vector<std::uint8_t> before(memory.bytes().begin(), memory.bytes().end());
        ASSERT_EQ(pin(device, memory.address(), memory.size()).error, 0);
        driver.begin();
        EXPECT_EQ(pin(device, memory.address(), memory.size()).error, ENODEV);
        EXPECT_TRUE(std::ranges::equal(before, memory.bytes()));
        memory.fill(6);
    }
    driver.end();
    region memory(64 * page);
    expect_copies(memory.address(), memory.size());
}

} // namespace
} // namespace groq::test
