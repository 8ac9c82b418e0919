// SPDX-License-Identifier: MIT
#include "card.hpp"
#include "endless.hpp"

#include <cerrno>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

namespace groq::test {
namespace {

int create(const card &device, drm_groq_queue_create arguments) {
    return device.call(DRM_IOCTL_GROQ_QUEUE_CREATE, arguments);
}

TEST(QueueCreate, RefusesBadArguments) {
    card device, other;
    std::uint32_t context = device.create_context();
    EXPECT_EQ(create(device, {.context = 0}), ENOENT);
    EXPECT_EQ(create(device, {.context = context + 1}), ENOENT);
    EXPECT_EQ(create(other, {.context = context}), ENOENT);
    EXPECT_EQ(create(device, {.context = context, .priority = 4}), EINVAL);
    EXPECT_EQ(create(device, {.context = context, .priority = ~0u}), EINVAL);
    for (int bit = 0; bit < 32; ++bit)
        EXPECT_EQ(create(device, {.context = context, .flags = 1u << bit}), EINVAL);
}

TEST(QueueCreate, GivesHighPriorityToThePrivilegedAlone) {
    card device;
    std::uint32_t context = device.create_context();
    for (std::uint32_t priority = 0; priority <= DRM_GROQ_PRIORITY_MAX; ++priority)
        EXPECT_EQ(create(device, {.context = context, .priority = priority}), 0);
    pid_t child = fork();
    if (child == 0) {
        bool right = setuid(1000) == 0;
        for (std::uint32_t priority = 0; priority <= DRM_GROQ_PRIORITY_MAX; ++priority)
            right &= create(device, {.context = context, .priority = priority}) ==
                     (priority > 1 ? EPERM : 0);
        _exit(right ? 0 : 1);
    }
    int status;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
}

TEST(QueueCreate, EndsWhereTheHardwareDoes) {
    card device;
    std::uint32_t context = device.create_context();
    std::vector<std::uint32_t> queues;
    for (auto left = device.parameter(DRM_GROQ_PARAM_QUEUES_FREE); left; --left)
        queues.push_back(device.create_queue(context));
    EXPECT_EQ(create(device, {.context = context}), ENOSPC);
    EXPECT_EQ(device.destroy_queue(queues[3]), 0);
    EXPECT_EQ(create(device, {.context = context}), 0);
}

TEST(QueueDestroy, RefusesBadArguments) {
    card device, other;
    std::uint32_t queue = device.create_queue(device.create_context());
    drm_groq_queue_destroy arguments{.id = queue, .reserved = 1};
    EXPECT_EQ(device.call(DRM_IOCTL_GROQ_QUEUE_DESTROY, arguments), EINVAL);
    EXPECT_EQ(device.destroy_queue(0), ENOENT);
    EXPECT_EQ(device.destroy_queue(queue + 1), ENOENT);
    EXPECT_EQ(other.destroy_queue(queue), ENOENT);
    EXPECT_EQ(device.destroy_queue(queue), 0);
    EXPECT_EQ(device.destroy_queue(queue), ENOENT);
}

TEST(QueueDestroy, EndsRunningWork) {
    card device;
    endless work(device, device.create_context());
    ASSERT_FALSE(work.ended());
    EXPECT_EQ(device.destroy_queue(work.queue()), 0);
    EXPECT_EQ(work.error(), ECANCELED);
    EXPECT_EQ(work.result(0).status, DRM_GROQ_STATUS_CANCELED);
    EXPECT_EQ(work.result(1).status, DRM_GROQ_STATUS_CANCELED);
    EXPECT_NE(attribute("state"), "busy");
}

TEST(QueueDestroy, EndsWaitingWork) {
    card device;
    std::uint32_t context = device.create_context(),
                  queue = device.create_queue(context);
    endless other(device, context);
    std::uint32_t done = device.create_sync();
    buffer results(device, 4096);
    job waiting;
    ASSERT_EQ(waiting.nop()
                  .after(other.sync())
                  .then(done)
                  .results(results)
                  .push(device, queue),
              0);
    EXPECT_EQ(device.wait(done, 0, 0), ETIME);
    EXPECT_EQ(device.destroy_queue(queue), 0);
    EXPECT_EQ(device.wait(done), 0);
    EXPECT_EQ(device.error_of(done), ECANCELED);
    EXPECT_EQ(results.as<drm_groq_result>()->status, DRM_GROQ_STATUS_CANCELED);
    EXPECT_FALSE(other.ended());
}

TEST(QueueDestroy, GoesWithTheContext) {
    card device;
    std::uint32_t context = device.create_context(),
                  queue = device.create_queue(context);
    EXPECT_EQ(device.destroy_context(context), 0);
    EXPECT_EQ(device.destroy_queue(queue), ENOENT);
    job work;
    EXPECT_EQ(work.nop().push(device, queue), ENOENT);
}

TEST(Queues, ComeAndGoWhileOthersWork) {
    bench rig;
    for (int i = 0; i < 50; ++i) {
        std::uint32_t queue = rig.device().create_queue(rig.context());
        job work;
        EXPECT_EQ(rig.execute(work.nop()), 0);
        EXPECT_EQ(rig.device().destroy_queue(queue), 0);
    }
}

} // namespace
} // namespace groq::test
