// SPDX-License-Identifier: MIT
#include "card.hpp"

#include <cerrno>
#include <csignal>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace groq::test {
namespace {

drm_groq_context_create create(const card &device, std::uint32_t flags, int expected) {
    drm_groq_context_create arguments{
        .flags = flags, .id = 0, .holder = -1, .reserved = 0};
    EXPECT_EQ(device.call(DRM_IOCTL_GROQ_CONTEXT_CREATE, arguments), expected);
    return arguments;
}

TEST(ContextCreate, GivesIdsOfTheirOwn) {
    card device;
    std::uint32_t first = device.create_context(), second = device.create_context();
    EXPECT_NE(first, 0u);
    EXPECT_NE(first, second);
    EXPECT_EQ(device.destroy_context(first), 0);
    EXPECT_EQ(device.destroy_context(second), 0);
}

TEST(ContextCreate, RefusesBadArguments) {
    card device;
    for (int bit = 1; bit < 32; ++bit)
        create(device, 1u << bit, EINVAL);
    drm_groq_context_create arguments{.flags = 0, .id = 0, .holder = 0, .reserved = 1};
    EXPECT_EQ(device.call(DRM_IOCTL_GROQ_CONTEXT_CREATE, arguments), EINVAL);
}

TEST(ContextDestroy, RefusesBadArguments) {
    card device, other;
    std::uint32_t id = device.create_context();
    drm_groq_context_destroy arguments{.id = id, .reserved = 1};
    EXPECT_EQ(device.call(DRM_IOCTL_GROQ_CONTEXT_DESTROY, arguments), EINVAL);
    EXPECT_EQ(device.destroy_context(0), ENOENT);
    EXPECT_EQ(device.destroy_context(id + 1), ENOENT);
    EXPECT_EQ(device.destroy_context(~0u), ENOENT);
    EXPECT_EQ(other.destroy_context(id), ENOENT);
    EXPECT_EQ(device.destroy_context(id), 0);
    EXPECT_EQ(device.destroy_context(id), ENOENT);
}

TEST(ExclusiveContext, HasTheCardForItself) {
    card device, other;
    std::uint32_t lease = device.create_context(DRM_GROQ_CONTEXT_EXCLUSIVE);
    create(other, 0, EBUSY);
    create(other, DRM_GROQ_CONTEXT_EXCLUSIVE, EBUSY);
    create(device, 0, EBUSY);
    EXPECT_EQ(device.destroy_context(lease), 0);
    EXPECT_EQ(other.destroy_context(other.create_context()), 0);
}

TEST(ExclusiveContext, IsNotGivenBesideOthers) {
    card device, other;
    std::uint32_t id = device.create_context();
    EXPECT_EQ(create(other, DRM_GROQ_CONTEXT_EXCLUSIVE, EBUSY).holder, getpid());
    EXPECT_EQ(device.destroy_context(id), 0);
    other.create_context(DRM_GROQ_CONTEXT_EXCLUSIVE);
}

// A process that holds the card until it is told to go, or is killed.
class holder {
public:
    explicit holder(std::uint32_t flags) {
        int ready[2];
        EXPECT_EQ(pipe(ready), 0);
        pid_ = fork();
        if (pid_ == 0) {
            card device;
            device.create_context(flags);
            if (write(ready[1], "x", 1) == 1)
                pause();
            _exit(1);
        }
        char byte;
        EXPECT_EQ(::read(ready[0], &byte, 1), 1);
        ::close(ready[0]);
        ::close(ready[1]);
    }
    ~holder() { end(); }
    pid_t pid() const { return pid_; }
    void end() {
        if (pid_ <= 0)
            return;
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
        pid_ = 0;
    }

private:
    pid_t pid_;
};

TEST(Holder, IsNamedToWhomeverIsRefused) {
    holder other(DRM_GROQ_CONTEXT_EXCLUSIVE);
    card device;
    EXPECT_EQ(create(device, 0, EBUSY).holder, other.pid());
    EXPECT_EQ(attribute("holders"), std::to_string(other.pid()));
    other.end();
    create(device, DRM_GROQ_CONTEXT_EXCLUSIVE, 0);
    EXPECT_EQ(attribute("holders"), std::to_string(getpid()));
    device.close();
    EXPECT_EQ(attribute("holders"), "");
}

TEST(Holder, SeveralAreListed) {
    holder first(0), second(0);
    EXPECT_EQ(attribute("holders"),
              std::to_string(first.pid()) + "\n" + std::to_string(second.pid()));
}

TEST(Holder, IsListedOnceWhateverTheOrderOfContexts) {
    card device;
    device.create_context();
    holder other(0);
    device.create_context();
    EXPECT_EQ(attribute("holders"),
              std::to_string(getpid()) + "\n" + std::to_string(other.pid()));
}

TEST(Holder, IsZeroWhereItIsNotVisible) {
    holder other(0);
    pid_t child = fork();
    if (child == 0) {
        if (unshare(CLONE_NEWPID))
            _exit(77);
        pid_t inside = fork();
        if (inside == 0)
            _exit(attribute("holders") == "0" ? 0 : 1);
        int status = 0;
        waitpid(inside, &status, 0);
        _exit(WEXITSTATUS(status));
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (WEXITSTATUS(status) == 77)
        GTEST_SKIP() << "a kernel with pid namespaces is needed";
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(Close, TakesContextsAlong) {
    card device, other;
    create(device, DRM_GROQ_CONTEXT_EXCLUSIVE, 0);
    device.close();
    create(other, DRM_GROQ_CONTEXT_EXCLUSIVE, 0);
}

TEST(Contexts, AreManyIfWanted) {
    card device;
    for (int i = 0; i < 1000; ++i)
        device.create_context();
}

} // namespace
} // namespace groq::test
