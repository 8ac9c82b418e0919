// SPDX-License-Identifier: MIT
#include "card.hpp"
#include "endless.hpp"

#include <cerrno>
#include <cstring>
#include <poll.h>

#include <drm.h>
#include <gtest/gtest.h>

namespace groq::test {
namespace {

TEST(Fence, SignalsBinarySyncs) {
    bench rig;
    std::uint32_t sync = rig.device().create_sync();
    job work;
    ASSERT_EQ(work.nop().then(sync).push(rig.device(), rig.queue()), 0);
    EXPECT_EQ(rig.device().wait(sync), 0);
    EXPECT_EQ(rig.device().error_of(sync), 0);
}

TEST(Fence, SignalsPointsOfATimelineInOrder) {
    bench rig;
    const card &device = rig.device();
    std::uint32_t sync = device.create_sync();
    for (std::uint64_t point = 1; point <= 500; ++point) {
        job work;
        ASSERT_EQ(work.nop().then(sync, point).push(device, rig.queue()), 0);
    }
    EXPECT_EQ(device.wait(sync, 500), 0);
    drm_syncobj_timeline_array query{};
    std::uint64_t value = 0;
    query.handles = reinterpret_cast<std::uintptr_t>(&sync);
    query.points = reinterpret_cast<std::uintptr_t>(&value);
    query.count_handles = 1;
    EXPECT_EQ(device.call(DRM_IOCTL_SYNCOBJ_QUERY, query), 0);
    EXPECT_EQ(value, 500u);
}

TEST(Fence, OrdersWorkAcrossQueues) {
    bench rig;
    const card &device = rig.device();
    constexpr std::uint64_t size = 1 << 20;
    std::uint32_t queues[] = {rig.queue(), device.create_queue(rig.context()),
                              device.create_queue(rig.context())};
    std::uint64_t sram = rig.reserve(size / 320 * 320 + 320);
    buffer source(device, size), target(device, size);
    std::uint32_t sync = device.create_sync();
    device.signal_sync(sync, 1);
    for (std::uint64_t round = 0; round < 30; ++round) {
        source.fill(static_cast<std::uint32_t>(round));
        job in, out;
        ASSERT_EQ(in.copy_in(source, 0, sram, size)
                      .after(sync, 2 * round + 1)
                      .then(sync, 2 * round + 2)
                      .push(device, queues[round % 3]),
                  0);
        ASSERT_EQ(out.copy_out(target, 0, sram, size)
                      .after(sync, 2 * round + 2)
                      .then(sync, 2 * round + 3)
                      .push(device, queues[(round + 1) % 3]),
                  0);
        ASSERT_EQ(device.wait(sync, 2 * round + 3), 0);
        ASSERT_EQ(std::memcmp(source.as<char>(), target.as<char>(), size), 0) << round;
    }
}

TEST(Fence, HoldsWorkBackUntilItSignals) {
    bench rig;
    const card &device = rig.device();
    endless other(device, rig.context());
    std::uint32_t done = device.create_sync(), last = device.create_sync();
    job held, behind;
    ASSERT_EQ(held.nop().after(other.sync()).then(done).push(device, rig.queue()), 0);
    ASSERT_EQ(behind.nop().then(last).push(device, rig.queue()), 0);
    EXPECT_EQ(device.wait(done, 0, 0.05), ETIME);
    EXPECT_EQ(device.wait(last, 0, 0), ETIME);
    EXPECT_EQ(device.destroy_queue(other.queue()), 0);
    EXPECT_EQ(device.wait(last), 0);
    // What it waited for has failed; it itself has not.
    EXPECT_EQ(device.error_of(done), 0);
}

TEST(Fence, WaitsForAllItIsTold) {
    bench rig;
    const card &device = rig.device();
    endless first(device, rig.context()), second(device, rig.context());
    std::uint32_t done = device.create_sync();
    job held;
    ASSERT_EQ(held.nop()
                  .after(first.sync())
                  .after(second.sync())
                  .after(first.sync())
                  .then(done, 1)
                  .push(device, rig.queue()),
              0);
    EXPECT_EQ(device.destroy_queue(first.queue()), 0);
    EXPECT_EQ(device.wait(done, 1, 0.05), ETIME);
    EXPECT_EQ(device.destroy_queue(second.queue()), 0);
    EXPECT_EQ(device.wait(done, 1), 0);
}

TEST(Fence, LetsOtherQueuesGoOn) {
    bench rig;
    const card &device = rig.device();
    endless other(device, rig.context());
    std::uint64_t sram = rig.reserve(320);
    buffer host(device, 4096);
    job work; // copies overlap programs
    EXPECT_EQ(rig.execute(work.copy_in(host, 0, sram, 320)), 0);
    EXPECT_FALSE(other.ended());
}

TEST(Fence, OutlivesTheFileThatMadeIt) {
    card watcher;
    int fd;
    {
        bench rig;
        std::uint32_t sync = rig.device().create_sync();
        job work;
        ASSERT_EQ(work.nop().then(sync).push(rig.device(), rig.queue()), 0);
        drm_syncobj_handle exported{};
        exported.handle = sync;
        ASSERT_EQ(rig.device().call(DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, exported), 0);
        fd = exported.fd;
    }
    drm_syncobj_handle imported{};
    imported.fd = fd;
    ASSERT_EQ(watcher.call(DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, imported), 0);
    EXPECT_EQ(watcher.wait(imported.handle), 0);
}

TEST(Fence, MakesAnEventFileReadable) {
    bench rig;
    const card &device = rig.device();
    std::uint32_t sync = device.create_sync();
    endless other(device, rig.context());
    job work;
    ASSERT_EQ(work.nop().after(other.sync()).then(sync).push(device, rig.queue()), 0);
    drm_syncobj_handle exported{};
    exported.handle = sync;
    exported.flags = DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE;
    ASSERT_EQ(device.call(DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, exported), 0);
    pollfd event{.fd = exported.fd, .events = POLLIN, .revents = 0};
    EXPECT_EQ(poll(&event, 1, 0), 0);
    EXPECT_EQ(device.destroy_queue(other.queue()), 0);
    EXPECT_EQ(poll(&event, 1, patience_seconds * 1000), 1);
}

} // namespace
} // namespace groq::test
