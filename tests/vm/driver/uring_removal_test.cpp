// SPDX-License-Identifier: MIT
// The card goes away under commands of io_uring.
#include "endless.hpp"
#include "ring.hpp"
#include "unbinding.hpp"

#include <atomic>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

namespace groq::test {
namespace {

struct UringRemoval : testing::Test {
    parameter_set_to timeout{"timeout_ms", "600000"}; // a long program is no hung one
    unbinding driver;
};

TEST_F(UringRemoval, EndsEverythingThatIsPending) {
    bench rig;
    const card &device = rig.device();
    ring door;
    ASSERT_EQ(door.error(), 0);
    long_program program(rig);
    endless other(device, rig.context());
    std::uint32_t waiting = device.create_queue(rig.context());
    buffer results(device, 4096);
    job run = program.work(), gated;
    run.nop().results(results);
    gated.nop().after(other.sync());
    auto submit_run = submission(run, rig.queue());
    auto submit_gated = submission(gated, waiting);
    door.prepare(device, DRM_GROQ_URING_SUBMIT, submit_run, 1);
    door.prepare(device, DRM_GROQ_URING_SUBMIT, submit_gated, 2);
    auto wait = [&](std::uint32_t events, std::uint64_t data) {
        door.prepare(
            device, DRM_GROQ_URING_WAIT,
            drm_groq_uring_wait{.after = ~0ull, .events = events, .flags = 0, .tag = 0},
            data);
    };
    wait(DRM_GROQ_EVENT_ALL, 3);
    wait(DRM_GROQ_EVENT_ALARM, 4);
    door.submit();
    driver.begin();
    completion end = door.take(1);
    EXPECT_EQ(end.res, DRM_GROQ_STATUS_LOST);
    EXPECT_EQ(end.extra, 0u);
    EXPECT_EQ(results.as<drm_groq_result>()[1].status, DRM_GROQ_STATUS_LOST);
    EXPECT_EQ(door.take(2).res, DRM_GROQ_STATUS_LOST);
    EXPECT_TRUE(door.take(3).res & DRM_GROQ_EVENT_LOST);
    EXPECT_EQ(door.take(4).res, -ENODEV);

    // And it stays so.
    EXPECT_EQ(door.execute(device, DRM_GROQ_URING_SUBMIT, submit_run).res, -ENODEV);
    EXPECT_EQ(cancel(door, device, 1), -ENODEV);
    EXPECT_EQ(door.execute(device, DRM_GROQ_URING_COPY_IN,
                           copy_of(results, waiting, 0, 0, 320))
                  .res,
              -ENODEV);
    wait(DRM_GROQ_EVENT_LOST, 5);
    wait(DRM_GROQ_EVENT_LINK, 6);
    door.submit();
    EXPECT_EQ(door.take(5).res, DRM_GROQ_EVENT_LOST);
    EXPECT_EQ(door.take(6).res, -ENODEV);
}

TEST_F(UringRemoval, LeavesNoMappingBehind) {
    // Copies of registered buffers, in the ring and waiting: the device must not
    // keep what it had mapped for them.
    constexpr std::size_t size = 1 << 20;
    void *memory =
        mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(memory, MAP_FAILED);
    {
        bench rig;
        std::uint64_t sram = rig.reserve(320 * 4000);
        ring door;
        ASSERT_EQ(door.error(), 0);
        iovec all{memory, size};
        ASSERT_EQ(io_uring_register_buffers(door.raw(), &all, 1), 0);
        long_program program(rig);
        job blocker = program.work();
        ASSERT_EQ(blocker.push(rig.device(), rig.queue()), 0);
        for (std::uint64_t i = 0; i < 400; ++i) {
            drm_groq_uring_copy copy{};
            copy.queue = rig.queue();
            copy.rows = 1;
            copy.address = reinterpret_cast<std::uintptr_t>(memory);
            copy.sram = sram;
            copy.size = size;
            io_uring_sqe *sqe =
                door.prepare(rig.device(), DRM_GROQ_URING_COPY_IN, copy, i);
            sqe->uring_cmd_flags = IORING_URING_CMD_FIXED;
        }
        door.submit();
        driver.begin();
        for (std::uint64_t i = 0; i < 400; ++i)
            EXPECT_EQ(door.take(i).res, DRM_GROQ_STATUS_LOST);
    }
    munmap(memory, size);
}

TEST_F(UringRemoval, MayComeWhileOthersSubmit) {
    std::vector<std::thread> users;
    std::atomic<int> working = 0;
    for (int i = 0; i < 4; ++i)
        users.emplace_back([&, i] {
            bench rig;
            std::uint64_t sram = rig.reserve(32000);
            buffer host(rig.device(), 32768);
            ring door(i % 2 ? big : big | IORING_SETUP_SQPOLL);
            EXPECT_EQ(door.error(), 0);
            ++working;
            for (std::uint64_t round = 0;; ++round) {
                bool gone = false;
                for (std::uint64_t n = 0; n < 8; ++n)
                    door.prepare(rig.device(),
                                 n % 2 ? DRM_GROQ_URING_COPY_IN
                                       : DRM_GROQ_URING_COPY_OUT,
                                 copy_of(host, rig.queue(), 0, sram, 32000), n);
                door.submit();
                for (std::uint64_t n = 0; n < 8; ++n) {
                    int res = door.take(n).res;
                    EXPECT_TRUE(res == DRM_GROQ_STATUS_OK ||
                                res == DRM_GROQ_STATUS_LOST || res == -ENODEV)
                        << res;
                    gone |= res == -ENODEV;
                }
                if (gone)
                    return;
            }
        });
    while (working < 4)
        usleep(1000);
    usleep(50000);
    driver.begin();
    for (std::thread &user : users)
        user.join();
}

} // namespace
} // namespace groq::test
