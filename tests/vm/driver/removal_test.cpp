// SPDX-License-Identifier: MIT
// The card, or its driver, goes away under its users.
#include "card.hpp"
#include "endless.hpp"

#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <functional>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

#include <drm.h>
#include <gtest/gtest.h>

namespace groq::test {
namespace {

const std::string driver = "/sys/bus/pci/drivers/groq/";

// One way to take card 0 away and to bring it back.
struct way {
    const char *name;
    void (*take)(const std::string &address);
    void (*bring)(const std::string &address);
};

void PrintTo(const way &which, std::ostream *out) {
    *out << which.name;
}

struct Removal : testing::TestWithParam<way> {
    std::string address = address_of();
    bool away = false;

    void take() {
        GetParam().take(address);
        away = true;
    }
    void TearDown() override {
        if (away)
            GetParam().bring(address);
        bench rig;
        job work;
        EXPECT_EQ(rig.execute(work.nop()), 0);
    }
};

INSTANTIATE_TEST_SUITE_P(
    Ways, Removal,
    testing::Values(way{"unbind",
                        [](auto &card) { write_file(driver + "unbind", card); },
                        [](auto &card) { write_file(driver + "bind", card); }},
                    way{"remove",
                        [](auto &card) {
                            write_file("/sys/bus/pci/devices/" + card + "/remove", "1");
                        },
                        [](auto &) { write_file("/sys/bus/pci/rescan", "1"); }}),
    [](const auto &which) { return std::string(which.param.name); });

TEST_P(Removal, EndsARunningJob) {
    card device;
    endless work(device, device.create_context());
    take();
    // No call helps any more; the fence of the job has come to its end before.
    EXPECT_EQ(work.result(0).status, DRM_GROQ_STATUS_LOST);
    EXPECT_EQ(work.result(1).status, DRM_GROQ_STATUS_LOST);
}

TEST_P(Removal, TellsWaitersThatTheDeviceIsGone) {
    card device;
    endless work(device, device.create_context());
    drm_syncobj_handle exported{};
    exported.handle = work.sync();
    ASSERT_EQ(device.call(DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, exported), 0);
    std::atomic<int> waited = -1;
    std::thread waiter([&] { waited = device.wait(work.sync()); });
    take();
    waiter.join();
    EXPECT_TRUE(waited == 0 || waited == ENODEV) << waited;
    // Another card still knows the fence, and what became of the job.
    card other(1);
    drm_syncobj_handle imported{};
    imported.fd = exported.fd;
    ASSERT_EQ(other.call(DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, imported), 0);
    EXPECT_EQ(other.wait(imported.handle), 0);
    EXPECT_EQ(other.error_of(imported.handle), ENODEV);
    ::close(exported.fd);
}

TEST_P(Removal, MakesEveryCallFail) {
    card device;
    std::uint32_t context = device.create_context(),
                  queue = device.create_queue(context);
    take();
    drm_groq_get_param parameter{};
    EXPECT_EQ(device.call(DRM_IOCTL_GROQ_GET_PARAM, parameter), ENODEV);
    drm_groq_bo_create bo{.size = 4096, .flags = 0, .handle = 0, .mmap_offset = 0};
    EXPECT_EQ(device.call(DRM_IOCTL_GROQ_BO_CREATE, bo), ENODEV);
    drm_groq_context_create another{};
    EXPECT_EQ(device.call(DRM_IOCTL_GROQ_CONTEXT_CREATE, another), ENODEV);
    EXPECT_EQ(device.reserve_at(context, 0, 320), ENODEV);
    EXPECT_EQ(device.release(context, 0), ENODEV);
    drm_groq_queue_create created{
        .context = context, .priority = 0, .flags = 0, .id = 0};
    EXPECT_EQ(device.call(DRM_IOCTL_GROQ_QUEUE_CREATE, created), ENODEV);
    job work;
    EXPECT_EQ(work.nop().push(device, queue), ENODEV);
    drm_groq_cancel named{.tag = 1, .flags = 0, .count = 0};
    EXPECT_EQ(device.call(DRM_IOCTL_GROQ_CANCEL, named), ENODEV);
    EXPECT_EQ(device.destroy_queue(queue), ENODEV);
    EXPECT_EQ(device.destroy_context(context), ENODEV);
}

TEST_P(Removal, LeavesMappingsUsable) {
    card device;
    buffer touched(device, 1 << 20), untouched(device, 1 << 20);
    touched.fill(3);
    std::vector<std::uint8_t> before(touched.bytes().begin(), touched.bytes().end());
    take();
    EXPECT_TRUE(std::ranges::equal(before, touched.bytes()));
    untouched.fill(4);
    EXPECT_NE(untouched.bytes()[999], untouched.bytes()[1000]);
}

TEST_P(Removal, MayComeWhileOthersSubmit) {
    {
        std::vector<std::thread> users;
        std::atomic<int> working = 0;
        for (int i = 0; i < 4; ++i)
            users.emplace_back([&] {
                card device;
                std::uint32_t context = device.create_context();
                std::uint32_t queue = device.create_queue(context);
                std::uint64_t sram = device.reserve(context, 32000);
                buffer host(device, 32000);
                std::uint32_t sync = device.create_sync();
                ++working;
                for (std::uint64_t point = 1;; ++point) {
                    job work;
                    int error = work.copy_in(host, 0, sram, 32000)
                                    .copy_out(host, 0, sram, 32000)
                                    .then(sync, point)
                                    .push(device, queue);
                    if (error) {
                        EXPECT_EQ(error, ENODEV);
                        return;
                    }
                    if (point % 8 == 0)
                        device.wait(sync, point - 4);
                }
            });
        while (working < 4)
            usleep(1000);
        usleep(50000);
        take();
        for (std::thread &user : users)
            user.join();
    }
}

TEST_P(Removal, MayComeWhileFilesAreClosed) {
    for (int round = 0; round < 10; ++round) {
        std::vector<std::thread> users;
        std::atomic<int> ready = 0;
        std::atomic<bool> closing = false;
        for (int i = 0; i < 4; ++i)
            users.emplace_back([&, i] {
                card device;
                std::uint32_t context = device.create_context();
                for (int j = 0; j < 6; ++j) {
                    job work;
                    EXPECT_EQ(work.nop().push(device, device.create_queue(context)), 0);
                }
                ++ready;
                while (!closing)
                    std::this_thread::yield();
                usleep((i + round) * 200);
            });
        while (ready < 4)
            usleep(1000);
        closing = true;
        GetParam().take(address);
        for (std::thread &user : users)
            user.join();
        GetParam().bring(address);
        bench rig;
        job work;
        EXPECT_EQ(rig.execute(work.nop()), 0);
    }
}

TEST_P(Removal, HappensAgainAndAgain) {
    for (int i = 0; i < 5; ++i) {
        GetParam().take(address);
        GetParam().bring(address);
        bench rig;
        job work;
        EXPECT_EQ(rig.execute(work.nop()), 0);
    }
}

TEST(Module, StaysWhileACardIsOpen) {
    auto unload = [] {
        return syscall(SYS_delete_module, "groq", O_NONBLOCK) ? errno : 0;
    };
    {
        card device;
        EXPECT_EQ(unload(), EWOULDBLOCK);
        endless work(device, device.create_context());
        EXPECT_EQ(unload(), EWOULDBLOCK);
    }
    EXPECT_EQ(unload(), 0);
    EXPECT_EQ(std::system("modprobe groq"), 0);
    card device;
}

TEST(Module, StaysWhileAFenceOfItIsHeld) {
    auto unload = [] {
        return syscall(SYS_delete_module, "groq", O_NONBLOCK) ? errno : 0;
    };
    int fd;
    {
        bench rig;
        std::uint32_t sync = rig.device().create_sync();
        job work;
        ASSERT_EQ(work.nop().then(sync).push(rig.device(), rig.queue()), 0);
        ASSERT_EQ(rig.device().wait(sync), 0);
        drm_syncobj_handle exported{};
        exported.handle = sync;
        exported.flags = DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE;
        ASSERT_EQ(rig.device().call(DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, exported), 0);
        fd = exported.fd;
    }
    EXPECT_EQ(unload(), EWOULDBLOCK);
    ::close(fd);
    EXPECT_EQ(unload(), 0);
    EXPECT_EQ(std::system("modprobe groq"), 0);
}

} // namespace
} // namespace groq::test
