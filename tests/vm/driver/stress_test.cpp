// SPDX-License-Identifier: MIT
// Many at once, and nonsense.
#include "card.hpp"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <random>
#include <thread>

#include <drm.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace groq::test {
namespace {

// Copies random pieces in and out and compares, as a process of its own would.
void copy_and_compare(std::uint32_t seed, int rounds) {
    std::mt19937 random(seed);
    bench rig;
    constexpr std::uint64_t range = 320 * 1000;
    std::uint64_t sram = rig.reserve(range);
    buffer source(rig.device(), range), target(rig.device(), range);
    for (int round = 0; round < rounds; ++round) {
        std::uint64_t size = random() % range + 1, at = random() % (range - size + 1);
        std::uint64_t from = random() % (range - size + 1),
                      to = random() % (range - size + 1);
        source.fill(random());
        job work;
        ASSERT_EQ(rig.execute(work.copy_in(source, from, sram + at, size)
                                  .nop()
                                  .copy_out(target, to, sram + at, size)),
                  0);
        ASSERT_EQ(std::memcmp(source.as<char>(from), target.as<char>(to), size), 0);
    }
}

TEST(Stress, ManyThreadsCopy) {
    std::vector<std::thread> threads;
    for (std::uint32_t i = 0; i < 8; ++i)
        threads.emplace_back(copy_and_compare, i, 40);
    for (std::thread &thread : threads)
        thread.join();
}

TEST(Stress, ManyProcessesCopy) {
    for (std::uint32_t i = 0; i < 6; ++i)
        if (fork() == 0) {
            copy_and_compare(i, 30);
            _exit(testing::Test::HasFailure());
        }
    for (int status, i = 0; i < 6; ++i) {
        ASSERT_GT(wait(&status), 0);
        EXPECT_EQ(status, 0);
    }
}

TEST(Stress, ManyQueuesAreFullAtOnce) {
    card device;
    std::uint32_t context = device.create_context(), sync[8], queue[8];
    for (int i = 0; i < 8; ++i) {
        queue[i] = device.create_queue(context, i % 4);
        sync[i] = device.create_sync();
    }
    constexpr std::uint64_t jobs = 300; // of up to 64 commands: more than a ring holds
    for (std::uint64_t point = 1; point <= jobs; ++point)
        for (int i = 0; i < 8; ++i) {
            job work;
            for (std::uint64_t n = 0; n <= (point * 7 + i) % 64; ++n)
                work.nop();
            ASSERT_EQ(work.then(sync[i], point).push(device, queue[i]), 0);
        }
    for (std::uint32_t last : sync)
        EXPECT_EQ(device.wait(last, jobs), 0);
}

TEST(Stress, ContextsComeAndGoInManyThreads) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([] {
            for (int round = 0; round < 50; ++round) {
                bench rig;
                rig.reserve(3200);
                job work;
                EXPECT_EQ(rig.execute(work.nop()), 0);
            }
        });
    for (std::thread &thread : threads)
        thread.join();
}

TEST(Stress, ManyThreadsShareOneFile) {
    card device;
    std::atomic<int> running = 4;
    std::vector<std::thread> threads;
    for (std::uint32_t seed = 0; seed < 4; ++seed)
        threads.emplace_back([&, seed] {
            std::mt19937 random(seed);
            for (int i = 0; i < 400; ++i) {
                std::uint32_t id = random() % 6, sync = device.create_sync();
                job work;
                switch (random() % 7) {
                case 0: {
                    drm_groq_context_create create{};
                    device.call(DRM_IOCTL_GROQ_CONTEXT_CREATE, create);
                    break;
                }
                case 1:
                    device.destroy_context(id);
                    break;
                case 2: {
                    drm_groq_queue_create create{
                        .context = id, .priority = 0, .flags = 0, .id = 0};
                    device.call(DRM_IOCTL_GROQ_QUEUE_CREATE, create);
                    break;
                }
                case 3:
                    device.destroy_queue(id);
                    break;
                case 4:
                    device.reserve_at(id, random() % 100 * 320, 320);
                    break;
                case 5:
                    device.release(id, random() % 100 * 320);
                    break;
                default:
                    if (work.nop().nop().then(sync).push(device, id) == 0) {
                        EXPECT_EQ(device.wait(sync), 0);
                    }
                }
            }
            --running;
        });
    for (std::thread &thread : threads)
        thread.join();
    EXPECT_EQ(running, 0);
}

TEST(Stress, NonsenseIsRefused) {
    card device;
    std::mt19937 random(1);
    const unsigned long calls[] = {
        DRM_IOCTL_GROQ_GET_PARAM,      DRM_IOCTL_GROQ_BO_CREATE,
        DRM_IOCTL_GROQ_CONTEXT_CREATE, DRM_IOCTL_GROQ_CONTEXT_DESTROY,
        DRM_IOCTL_GROQ_SRAM_RESERVE,   DRM_IOCTL_GROQ_SRAM_RELEASE,
        DRM_IOCTL_GROQ_QUEUE_CREATE,   DRM_IOCTL_GROQ_QUEUE_DESTROY,
        DRM_IOCTL_GROQ_SUBMIT};
    std::uint8_t bytes[128];
    for (int i = 0; i < 20000; ++i) {
        for (std::uint8_t &byte : bytes)
            byte = random() % 4 ? 0 : static_cast<std::uint8_t>(random());
        // Large buffers are a matter of memory, not of sense.
        unsigned long call = calls[random() % std::size(calls)];
        if (call == DRM_IOCTL_GROQ_BO_CREATE)
            std::memset(bytes + 2, 0, 6);
        device.call_raw(call, bytes);
    }
    bench rig;
    job work;
    EXPECT_EQ(rig.execute(work.nop()), 0);
}

} // namespace
} // namespace groq::test
