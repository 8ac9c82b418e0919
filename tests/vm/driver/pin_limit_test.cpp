// SPDX-License-Identifier: MIT
// Who is charged for pinned memory, and how much of it there may be.
#include "pin_fixture.hpp"

#include <atomic>
#include <cerrno>
#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace groq::test {
namespace {

// A thread that may not pin more than RLIMIT_MEMLOCK says.
class limited_to {
public:
    explicit limited_to(std::uint64_t bytes) {
        getrlimit(RLIMIT_MEMLOCK, &limit_);
        rlimit wanted{.rlim_cur = bytes, .rlim_max = limit_.rlim_max};
        EXPECT_EQ(setrlimit(RLIMIT_MEMLOCK, &wanted), 0);
        EXPECT_EQ(syscall(SYS_capget, &header_, before_), 0);
        __user_cap_data_struct now[2] = {before_[0], before_[1]};
        now[0].effective &= ~(1u << CAP_IPC_LOCK);
        EXPECT_EQ(syscall(SYS_capset, &header_, now), 0);
    }
    ~limited_to() {
        EXPECT_EQ(syscall(SYS_capset, &header_, before_), 0);
        setrlimit(RLIMIT_MEMLOCK, &limit_);
    }

private:
    rlimit limit_{};
    __user_cap_header_struct header_{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    __user_cap_data_struct before_[2]{};
};

TEST_F(Pin, IsCounted) {
    region memory(64 * page);
    card device, other;
    auto first = pin(device, memory.address(), 10 * page);
    EXPECT_EQ(pinned_pages(), pinned_before + 10);
    // The same pages again count again.
    auto second = pin(other, memory.address(), 64 * page, DRM_GROQ_BO_PIN_READ_ONLY);
    EXPECT_EQ(pinned_pages(), pinned_before + 74);
    EXPECT_EQ(pin(device, memory.address(), 1000 * page).error, EFAULT);
    EXPECT_EQ(pinned_pages(), pinned_before + 74);
    EXPECT_EQ(close_handle(device, first.handle), 0);
    EXPECT_EQ(pinned_pages(), pinned_before + 64);
    EXPECT_EQ(second.error, 0);
    other.close();
    EXPECT_EQ(pinned_pages(), pinned_before);
}

TEST_F(Pin, KeepsToTheLimit) {
    region memory(64 * page);
    card device;
    limited_to limit(16 * page + 100);
    EXPECT_EQ(pin(device, memory.address(), 17 * page).error, EDQUOT);
    EXPECT_EQ(pinned_pages(), pinned_before);
    auto first = pin(device, memory.address(), 16 * page);
    EXPECT_EQ(first.error, 0);
    EXPECT_EQ(pin(device, memory.address(), page).error, EDQUOT);
    EXPECT_EQ(close_handle(device, first.handle), 0);
    EXPECT_EQ(pin(device, memory.address(), 15 * page).error, 0);
    EXPECT_EQ(pin(device, memory.address(), page).error, 0);
    EXPECT_EQ(pin(device, memory.address(), page, DRM_GROQ_BO_PIN_READ_ONLY).error,
              EDQUOT);
}

TEST_F(Pin, KeepsToTheLimitInSeveralThreads) {
    region memory(40 * page);
    card device;
    limited_to limit(10 * page);
    std::atomic<int> pinned = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&, i] {
            for (int k = 0; k < 10; ++k) {
                std::uint64_t place = memory.address() + (10u * i + k) * page;
                int error = pin(device, place, page).error;
                EXPECT_TRUE(error == 0 || error == EDQUOT) << error;
                pinned += !error;
            }
        });
    for (std::thread &thread : threads)
        thread.join();
    EXPECT_EQ(pinned, 10);
}

TEST_F(Pin, IsNotLimitedWithTheCapability) {
    region memory(64 * page);
    rlimit before{}, none{};
    getrlimit(RLIMIT_MEMLOCK, &before);
    none.rlim_max = before.rlim_max;
    setrlimit(RLIMIT_MEMLOCK, &none);
    card device;
    EXPECT_EQ(pin(device, memory.address(), memory.size()).error, 0);
    EXPECT_EQ(pinned_pages(), pinned_before + 64);
    setrlimit(RLIMIT_MEMLOCK, &before);
}

TEST_F(Pin, IsGivenBackToWhoWasCharged) {
    region memory(8 * page);
    int go[2];
    ASSERT_EQ(pipe(go), 0);
    pid_t child;
    {
        card device;
        ASSERT_EQ(pin(device, memory.address(), memory.size()).error, 0);
        child = fork();
        if (child == 0) {
            char byte;
            _exit(read(go[0], &byte, 1) == 1 ? 0 : 1);
        }
    }
    // The child still has the file.
    EXPECT_EQ(pinned_pages(), pinned_before + 8);
    EXPECT_EQ(write(go[1], "x", 1), 1);
    waitpid(child, nullptr, 0);
    EXPECT_EQ(pinned_pages(), pinned_before);
    ::close(go[0]);
    ::close(go[1]);
}

TEST_F(Pin, IsInFdinfo) {
    card device;
    region memory(1 << 20);
    ASSERT_EQ(pin(device, memory.address(), memory.size()).error, 0);
    auto usage = fields_of("/proc/self/fdinfo/" + std::to_string(device.fd()));
    EXPECT_EQ(usage["drm-total-memory"], "1 MiB");
    EXPECT_EQ(usage["drm-resident-memory"], "1 MiB");
    EXPECT_EQ(usage["drm-shared-memory"], "0");
}

} // namespace
} // namespace groq::test
