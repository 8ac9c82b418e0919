// SPDX-License-Identifier: MIT
// dma-bufs: ours with other drivers, and theirs with us.
#include "memory.hpp"
#include "unbinding.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <linux/dma-buf.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

#include <drm.h>
#include <drm_mode.h>
#include <gtest/gtest.h>

namespace groq::test {
namespace {

constexpr std::uint64_t size = 64 * page, copied = 32000;

ino_t inode_of(const descriptor &file) {
    struct stat status {};
    EXPECT_EQ(fstat(file.get(), &status), 0);
    return status.st_ino;
}

int drm_call(const descriptor &file, unsigned long request, void *data) {
    int ret;
    do
        ret = ioctl(file.get(), request, data);
    while (ret && errno == EINTR);
    return ret ? errno : 0;
}

// The virtual GEM device, which is a DRM driver without a device behind it.
descriptor open_vgem() {
    EXPECT_EQ(std::system("modprobe vgem && udevadm settle"), 0);
    for (const auto &entry : std::filesystem::directory_iterator("/dev/dri")) {
        descriptor node(open(entry.path().c_str(), O_RDWR | O_CLOEXEC));
        char name[16] = {};
        drm_version version{};
        version.name = name;
        version.name_len = sizeof name - 1;
        if (node.get() >= 0 && !drm_call(node, DRM_IOCTL_VERSION, &version) &&
            name == std::string("vgem"))
            return node;
    }
    ADD_FAILURE() << "no vgem";
    return descriptor();
}

// A buffer of vgem and what it is by name there.
struct vgem_buffer {
    descriptor node = open_vgem();
    std::uint32_t handle = 0;

    void create() {
        drm_mode_create_dumb made{};
        made.width = page;
        made.height = size / page;
        made.bpp = 8;
        EXPECT_EQ(drm_call(node, DRM_IOCTL_MODE_CREATE_DUMB, &made), 0);
        handle = made.handle;
    }
    int import(const descriptor &dmabuf) {
        drm_prime_handle arguments{.handle = 0, .flags = 0, .fd = dmabuf.get()};
        int error = drm_call(node, DRM_IOCTL_PRIME_FD_TO_HANDLE, &arguments);
        handle = arguments.handle;
        return error;
    }
    descriptor share() {
        drm_prime_handle arguments{
            .handle = handle, .flags = DRM_CLOEXEC | DRM_RDWR, .fd = -1};
        EXPECT_EQ(drm_call(node, DRM_IOCTL_PRIME_HANDLE_TO_FD, &arguments), 0);
        return descriptor(arguments.fd);
    }
};

region map(const descriptor &dmabuf) {
    return region(size, PROT_READ | PROT_WRITE, MAP_SHARED, dmabuf.get());
}

// The card reads what is written to `memory`, and writes there, through `handle`.
void expect_shared(bench &rig, std::uint32_t handle, std::span<std::uint8_t> memory) {
    std::uint64_t sram = rig.reserve(copied);
    std::uint32_t state = 1;
    for (std::uint8_t &byte : memory)
        byte = static_cast<std::uint8_t>((state = state * 1664525u + 1) >> 24);
    std::vector<std::uint8_t> wanted(memory.begin() + 777,
                                     memory.begin() + 777 + copied);
    EXPECT_EQ(copy_in(rig, handle, 777, sram, copied), 0);
    EXPECT_EQ(rig.read(sram, copied), wanted);
    std::uint64_t end = memory.size() - copied;
    EXPECT_EQ(copy_out(rig, handle, end, sram, copied), 0);
    EXPECT_TRUE(std::ranges::equal(memory.subspan(end), wanted));
    EXPECT_EQ(copy_in(rig, handle, end, sram, copied + 1), EINVAL);
    EXPECT_EQ(rig.device().release(rig.context(), sram), 0);
}

TEST(Prime, IsAFeature) {
    EXPECT_TRUE(card().parameter(DRM_GROQ_PARAM_FEATURES) & DRM_GROQ_FEATURE_PRIME);
}

TEST(Export, IsTheSameMemory) {
    bench rig;
    buffer memory(rig.device(), size);
    descriptor shared = export_buffer(rig.device(), memory.handle());
    EXPECT_EQ(lseek(shared.get(), 0, SEEK_END), static_cast<off_t>(size));
    region mapped = map(shared);
    memory.fill(1);
    EXPECT_TRUE(std::ranges::equal(memory.bytes(), mapped.bytes()));
    expect_shared(rig, memory.handle(), mapped.bytes());
    // The same again is the same dma-buf.
    EXPECT_EQ(inode_of(export_buffer(rig.device(), memory.handle())), inode_of(shared));
}

TEST(Export, IsSynchronisedWithTheProcessor) {
    bench rig;
    buffer memory(rig.device(), size);
    descriptor shared = export_buffer(rig.device(), memory.handle());
    for (std::uint64_t way : {DMA_BUF_SYNC_READ, DMA_BUF_SYNC_WRITE, DMA_BUF_SYNC_RW}) {
        dma_buf_sync start{.flags = way | DMA_BUF_SYNC_START},
            end{.flags = way | DMA_BUF_SYNC_END};
        EXPECT_EQ(drm_call(shared, DMA_BUF_IOCTL_SYNC, &start), 0);
        EXPECT_EQ(drm_call(shared, DMA_BUF_IOCTL_SYNC, &end), 0);
    }
}

TEST(Export, RefusesUnknownHandles) {
    card device, other;
    buffer memory(device, size);
    drm_prime_handle arguments{
        .handle = memory.handle(), .flags = DRM_CLOEXEC, .fd = -1};
    EXPECT_EQ(other.call(DRM_IOCTL_PRIME_HANDLE_TO_FD, arguments), ENOENT);
}

TEST(Export, OutlivesHandleAndFile) {
    descriptor shared;
    std::vector<std::uint8_t> before;
    {
        card device;
        buffer memory(device, size);
        memory.fill(2);
        before.assign(memory.bytes().begin(), memory.bytes().end());
        descriptor made = export_buffer(device, memory.handle());
        EXPECT_EQ(dup2(made.get(), 100), 100);
    }
    descriptor kept(100);
    region mapped = map(kept);
    EXPECT_TRUE(std::ranges::equal(before, mapped.bytes()));
    bench rig;
    auto [handle, error] = import_buffer(rig.device(), kept.get());
    ASSERT_EQ(error, 0);
    expect_shared(rig, handle, mapped.bytes());
}

TEST(Export, GoesToVgem) {
    bench rig;
    buffer memory(rig.device(), size);
    descriptor shared = export_buffer(rig.device(), memory.handle());
    vgem_buffer there;
    ASSERT_EQ(there.import(shared), 0);
    memory.fill(5);
    descriptor passed_on = there.share();
    EXPECT_EQ(inode_of(passed_on), inode_of(shared));
    region mapped = map(passed_on);
    EXPECT_TRUE(std::ranges::equal(memory.bytes(), mapped.bytes()));
    expect_shared(rig, memory.handle(), mapped.bytes());
}

TEST(Import, OfOneselfIsTheSameBuffer) {
    bench rig;
    buffer memory(rig.device(), size);
    descriptor shared = export_buffer(rig.device(), memory.handle());
    auto same = import_buffer(rig.device(), shared.get());
    EXPECT_EQ(same.error, 0);
    EXPECT_EQ(same.handle, memory.handle());
    // Of another file of the card it is the same object, which takes results.
    bench other;
    auto [handle, error] = import_buffer(other.device(), shared.get());
    ASSERT_EQ(error, 0);
    expect_shared(other, handle, memory.bytes());
    std::uint32_t done = other.device().create_sync();
    job work;
    work.nop().then(done).submit.result_bo = handle;
    ASSERT_EQ(work.push(other.device(), other.queue()), 0);
    EXPECT_EQ(other.device().wait(done), 0);
    EXPECT_EQ(memory.as<drm_groq_result>()->status, DRM_GROQ_STATUS_OK);
}

TEST(Import, RefusesWhatIsNoDmaBuf) {
    card device;
    descriptor file = memory_file(size);
    EXPECT_EQ(import_buffer(device, file.get()).error, EINVAL);
    EXPECT_EQ(import_buffer(device, -1).error, EBADF);
    EXPECT_EQ(import_buffer(device, device.fd()).error, EINVAL);
}

TEST(Import, OfUserMemory) {
    bench rig;
    descriptor file = memory_file(size), shared = udmabuf_of(file, size);
    region mapped(size, PROT_READ | PROT_WRITE, MAP_SHARED, file.get());
    auto [handle, error] = import_buffer(rig.device(), shared.get());
    ASSERT_EQ(error, 0);
    expect_shared(rig, handle, mapped.bytes());
}

TEST(Import, OfVgem) {
    bench rig;
    vgem_buffer there;
    there.create();
    descriptor shared = there.share();
    auto [handle, error] = import_buffer(rig.device(), shared.get());
    ASSERT_EQ(error, 0);
    region mapped = map(shared);
    expect_shared(rig, handle, mapped.bytes());
}

TEST(Import, OfAnotherCard) {
    bench first(0), second(1);
    buffer memory(first.device(), size);
    descriptor shared = export_buffer(first.device(), memory.handle());
    auto [handle, error] = import_buffer(second.device(), shared.get());
    ASSERT_EQ(error, 0);
    expect_shared(second, handle, memory.bytes());
    // From one card to the other without the processor.
    std::uint64_t here = first.reserve(copied), there = second.reserve(copied);
    std::vector<std::uint8_t> bytes(copied, 0x3c);
    first.write(here, bytes);
    EXPECT_EQ(copy_out(first, memory.handle(), 0, here, copied), 0);
    EXPECT_EQ(copy_in(second, handle, 0, there, copied), 0);
    EXPECT_EQ(second.read(there, copied), bytes);
}

TEST(Import, TwiceIsOneHandle) {
    card device, other;
    descriptor file = memory_file(size), shared = udmabuf_of(file, size);
    auto first = import_buffer(device, shared.get());
    auto second = import_buffer(device, shared.get());
    EXPECT_EQ(first.error, 0);
    EXPECT_EQ(second.error, 0);
    EXPECT_EQ(first.handle, second.handle);
    EXPECT_EQ(import_buffer(other, shared.get()).error, 0);
    EXPECT_EQ(close_handle(device, first.handle), 0);
    EXPECT_EQ(close_handle(device, first.handle), EINVAL);
    EXPECT_EQ(import_buffer(device, shared.get()).error, 0);
}

TEST(Import, IsPassedOnAsWhatItCameFrom) {
    card device;
    descriptor file = memory_file(size), shared = udmabuf_of(file, size);
    auto [handle, error] = import_buffer(device, shared.get());
    ASSERT_EQ(error, 0);
    EXPECT_EQ(inode_of(export_buffer(device, handle)), inode_of(shared));
}

TEST(Import, CannotTakeResults) {
    bench rig;
    descriptor file = memory_file(size), shared = udmabuf_of(file, size);
    auto [handle, error] = import_buffer(rig.device(), shared.get());
    ASSERT_EQ(error, 0);
    job work;
    work.nop().submit.result_bo = handle;
    EXPECT_EQ(work.push(rig.device(), rig.queue()), EINVAL);
}

TEST(Import, CannotBeMapped) {
    card device;
    std::uint64_t first;
    {
        drm_groq_bo_create made{
            .size = page, .flags = 0, .handle = 0, .mmap_offset = 0};
        ASSERT_EQ(device.call(DRM_IOCTL_GROQ_BO_CREATE, made), 0);
        first = made.mmap_offset;
        EXPECT_EQ(close_handle(device, made.handle), 0);
    }
    descriptor file = memory_file(size), shared = udmabuf_of(file, size);
    ASSERT_EQ(import_buffer(device, shared.get()).error, 0);
    for (std::uint64_t offset = 0; offset < 64 * page; offset += page)
        EXPECT_EQ(mmap(nullptr, page, PROT_READ, MAP_SHARED, device.fd(),
                       static_cast<off_t>(first + offset)),
                  MAP_FAILED);
}

TEST(Import, IsKeptByJobs) {
    bench rig;
    descriptor file = memory_file(size);
    region mapped(size, PROT_READ | PROT_WRITE, MAP_SHARED, file.get());
    mapped.bytes()[0] = 61;
    std::uint64_t sram = rig.reserve(320);
    std::uint32_t done = rig.device().create_sync();
    {
        descriptor shared = udmabuf_of(file, size);
        auto [handle, error] = import_buffer(rig.device(), shared.get());
        ASSERT_EQ(error, 0);
        job work;
        work.commands.assign(DRM_GROQ_COMMANDS_MAX,
                             copy_of(DRM_GROQ_COMMAND_COPY_IN, handle, 0, sram, 1));
        ASSERT_EQ(work.then(done).push(rig.device(), rig.queue()), 0);
        EXPECT_EQ(close_handle(rig.device(), handle), 0);
    }
    EXPECT_EQ(rig.device().wait(done), 0);
    EXPECT_EQ(rig.device().error_of(done), 0);
    EXPECT_EQ(rig.read(sram, 1).front(), 61);
}

TEST(Import, IsShownAsShared) {
    card device;
    descriptor file = memory_file(1 << 20), shared = udmabuf_of(file, 1 << 20);
    ASSERT_EQ(import_buffer(device, shared.get()).error, 0);
    auto usage = fields_of("/proc/self/fdinfo/" + std::to_string(device.fd()));
    EXPECT_EQ(usage["drm-total-memory"], "1 MiB");
    EXPECT_EQ(usage["drm-shared-memory"], "1 MiB");
    EXPECT_EQ(usage["drm-resident-memory"], "1 MiB");
}

// From here on, card 0 comes and goes.
struct PrimeRemoval : testing::Test {
    unbinding driver;
};

TEST_F(PrimeRemoval, LeavesTheExportersMemory) {
    descriptor file = memory_file(size), shared = udmabuf_of(file, size);
    region mapped(size, PROT_READ | PROT_WRITE, MAP_SHARED, file.get());
    vgem_buffer there;
    there.create();
    descriptor theirs = there.share();
    {
        card device;
        ASSERT_EQ(import_buffer(device, shared.get()).error, 0);
        ASSERT_EQ(import_buffer(device, theirs.get()).error, 0);
        driver.begin();
        EXPECT_EQ(import_buffer(device, shared.get()).error, ENODEV);
        mapped.fill(1);
    }
    // Both may be had by another card.
    bench second(1);
    auto first = import_buffer(second.device(), shared.get());
    ASSERT_EQ(first.error, 0);
    expect_shared(second, first.handle, mapped.bytes());
    auto other = import_buffer(second.device(), theirs.get());
    ASSERT_EQ(other.error, 0);
    region seen = map(theirs);
    expect_shared(second, other.handle, seen.bytes());
}

TEST_F(PrimeRemoval, LetsExportersGoFirst) {
    card device;
    {
        descriptor file = memory_file(size), shared = udmabuf_of(file, size);
        ASSERT_EQ(import_buffer(device, shared.get()).error, 0);
        vgem_buffer there;
        there.create();
        ASSERT_EQ(import_buffer(device, there.share().get()).error, 0);
    }
    driver.begin();
    device.close();
}

TEST_F(PrimeRemoval, LeavesExportsToTheirImporters) {
    bench second(1);
    descriptor shared;
    std::uint32_t handle;
    {
        card device;
        buffer memory(device, size);
        memory.fill(4);
        descriptor made = export_buffer(device, memory.handle());
        ASSERT_EQ(dup2(made.get(), 100), 100);
        auto imported = import_buffer(second.device(), 100);
        ASSERT_EQ(imported.error, 0);
        handle = imported.handle;
        driver.begin();
    }
    descriptor kept(100);
    region mapped = map(kept);
    expect_shared(second, handle, mapped.bytes());
    // Even those who have not come yet.
    vgem_buffer there;
    EXPECT_EQ(there.import(kept), 0);
    dma_buf_sync sync{.flags = DMA_BUF_SYNC_RW | DMA_BUF_SYNC_START};
    EXPECT_EQ(drm_call(kept, DMA_BUF_IOCTL_SYNC, &sync), 0);
}

TEST_F(PrimeRemoval, MayComeWhileOthersImport) {
    {
        descriptor file = memory_file(size), shared = udmabuf_of(file, size);
        std::vector<std::thread> users;
        std::atomic<int> working = 0;
        for (int i = 0; i < 3; ++i)
            users.emplace_back([&] {
                card device;
                for (++working;;) {
                    auto [handle, error] = import_buffer(device, shared.get());
                    if (error) {
                        EXPECT_EQ(error, ENODEV);
                        return;
                    }
                    close_handle(device, handle);
                }
            });
        while (working < 3)
            usleep(1000);
        usleep(50000);
        driver.begin();
        for (std::thread &user : users)
            user.join();
    }
}

TEST(PrimeModule, StaysWhileABufferOfItIsHeld) {
    auto unload = [] {
        return syscall(SYS_delete_module, "groq", O_NONBLOCK) ? errno : 0;
    };
    {
        card device;
        buffer memory(device, size);
        descriptor made = export_buffer(device, memory.handle());
        ASSERT_EQ(dup2(made.get(), 100), 100);
    }
    EXPECT_EQ(unload(), EWOULDBLOCK);
    EXPECT_EQ(::close(100), 0);
    EXPECT_EQ(unload(), 0);
    EXPECT_EQ(std::system("modprobe groq"), 0);
}

} // namespace
} // namespace groq::test
