// SPDX-License-Identifier: MIT
// What is read or pinned while nobody has resolved its faults.
#include "pin_fixture.hpp"
#include "unbinding.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace groq::test {
namespace {

// Memory whose faults nobody resolves until somebody does.
class unresolved {
public:
    unresolved() : fd_(static_cast<int>(syscall(SYS_userfaultfd, O_CLOEXEC))) {
        uffdio_api api{.api = UFFD_API, .features = 0, .ioctls = 0};
        possible_ = fd_.get() >= 0 && ioctl(fd_.get(), UFFDIO_API, &api) == 0;
        uffdio_register registration{
            .range = range(), .mode = UFFDIO_REGISTER_MODE_MISSING, .ioctls = 0};
        possible_ = possible_ && ioctl(fd_.get(), UFFDIO_REGISTER, &registration) == 0;
    }
    bool possible() const { return possible_; }
    std::uint64_t address() const { return memory_.address(); }
    std::uint64_t size() const { return memory_.size(); }
    void wait_for_fault() const {
        uffd_msg message;
        EXPECT_EQ(read(fd_.get(), &message, sizeof message),
                  static_cast<ssize_t>(sizeof message));
    }
    void resolve() const {
        uffdio_zeropage zero{.range = range(), .mode = 0, .zeropage = 0};
        EXPECT_EQ(ioctl(fd_.get(), UFFDIO_ZEROPAGE, &zero), 0);
    }

private:
    uffdio_range range() const {
        return {.start = memory_.address(), .len = memory_.size()};
    }
    region memory_{4 * page};
    descriptor fd_;
    bool possible_;
};

TEST_F(Pin, CanBeKilledWhileItWaits) {
    int ready[2];
    ASSERT_EQ(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        unresolved memory;
        if (!memory.possible())
            _exit(77);
        std::thread watcher([&] {
            memory.wait_for_fault();
            _exit(write(ready[1], "x", 1) == 1 ? pause() : 1);
        });
        pin(card(), memory.address(), memory.size());
        _exit(1);
    }
    ::close(ready[1]);
    char byte;
    bool blocked = read(ready[0], &byte, 1) == 1;
    ::close(ready[0]);
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    if (!blocked && WIFEXITED(status) && WEXITSTATUS(status) == 77)
        GTEST_SKIP() << "a kernel with userfaultfd is needed";
    EXPECT_TRUE(blocked);
    EXPECT_TRUE(WIFSIGNALED(status));
}

TEST_F(Pin, DoesNotHoldUpTheRemoval) {
    unresolved memory;
    if (!memory.possible())
        GTEST_SKIP() << "a kernel with userfaultfd is needed";
    unbinding driver;
    card device;
    std::atomic<int> error = -1;
    std::thread pinner(
        [&] { error = pin(device, memory.address(), memory.size()).error; });
    memory.wait_for_fault();
    driver.begin();
    EXPECT_EQ(error, -1);
    memory.resolve();
    pinner.join();
    EXPECT_EQ(error, ENODEV);
}

// Nor does a submission whose commands lie in such memory.
TEST_F(Pin, SubmissionDoesNotHoldUpTheRemoval) {
    unresolved memory;
    if (!memory.possible())
        GTEST_SKIP() << "a kernel with userfaultfd is needed";
    unbinding driver;
    card device;
    std::uint32_t queue = device.create_queue(device.create_context());
    std::atomic<int> error = -1;
    std::thread submitter([&] {
        drm_groq_submit args{};
        args.queue = queue;
        args.commands = memory.address();
        args.command_count = 1;
        error = device.call(DRM_IOCTL_GROQ_SUBMIT, args);
    });
    memory.wait_for_fault();
    driver.begin();
    EXPECT_EQ(error, -1);
    memory.resolve();
    submitter.join();
    EXPECT_EQ(error, ENODEV);
}

// Nor one who asks for the links to be written there.
TEST_F(Pin, QueryOfLinksDoesNotHoldUpTheRemoval) {
    unresolved memory;
    if (!memory.possible())
        GTEST_SKIP() << "a kernel with userfaultfd is needed";
    unbinding driver;
    card device;
    std::atomic<int> error = -1;
    std::thread asker([&] {
        drm_groq_topology args{};
        args.links = memory.address();
        args.count = 1;
        error = device.call(DRM_IOCTL_GROQ_TOPOLOGY, args);
    });
    memory.wait_for_fault();
    driver.begin();
    EXPECT_EQ(error, -1);
    memory.resolve();
    asker.join();
    EXPECT_EQ(error, 0);
}

} // namespace
} // namespace groq::test
