// SPDX-License-Identifier: MIT
// The kinds of rings, and the ways in which they submit.
#include "ring.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace groq::test {
namespace {

struct mode {
    const char *name;
    unsigned int flags;
};

void PrintTo(const mode &which, std::ostream *out) {
    *out << which.name;
}

struct Mode : testing::TestWithParam<mode> {
    bench rig;
    const card &device = rig.device();
    std::uint32_t queue = rig.queue();
    std::uint64_t sram = rig.reserve(32000);
    ring door{GetParam().flags};

    void SetUp() override { ASSERT_EQ(door.error(), 0) << std::strerror(door.error()); }
    bool is_big() const { return GetParam().flags & IORING_SETUP_CQE32; }
};

INSTANTIATE_TEST_SUITE_P(
    Modes, Mode,
    testing::Values(mode{"plain", big}, mode{"small_completions", IORING_SETUP_SQE128},
                    mode{"deferred",
                         big | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN},
                    mode{"cooperative", big | IORING_SETUP_COOP_TASKRUN},
                    mode{"single_issuer", big | IORING_SETUP_SINGLE_ISSUER},
                    mode{"polled_submission", big | IORING_SETUP_SQPOLL}),
    [](const auto &which) { return std::string(which.param.name); });

TEST_P(Mode, CompletesEachOperation) {
    buffer host(device, 32000), back(device, 32000);
    host.fill(1);
    job work;
    work.nop();
    completion end =
        door.execute(device, DRM_GROQ_URING_SUBMIT, submission(work, queue));
    EXPECT_EQ(end.res, DRM_GROQ_STATUS_OK);
    EXPECT_EQ(end.extra != 0, is_big());
    EXPECT_EQ(door.execute(device, DRM_GROQ_URING_COPY_IN,
                           copy_of(host, queue, 0, sram, 32000))
                  .res,
              DRM_GROQ_STATUS_OK);
    EXPECT_EQ(door.execute(device, DRM_GROQ_URING_COPY_OUT,
                           copy_of(back, queue, 0, sram, 32000))
                  .res,
              DRM_GROQ_STATUS_OK);
    EXPECT_EQ(std::memcmp(host.bytes().data(), back.bytes().data(), 32000), 0);
    door.prepare(
        device, DRM_GROQ_URING_WAIT,
        drm_groq_uring_wait{
            .after = ~0ull, .events = DRM_GROQ_EVENT_ALL, .flags = 0, .tag = 9},
        1);
    door.submit();
    // Another thread's submission may be under way still.
    while (cancel(door, device, 9) == 0)
        ;
    EXPECT_EQ(door.take(1).res, -ECANCELED);
    EXPECT_EQ(cancel(door, device, 9), 0);
}

TEST_P(Mode, CompletesManyInOrder) {
    job work;
    work.nop();
    for (std::uint64_t round = 0; round < 20; ++round) {
        for (std::uint64_t i = 0; i < 50; ++i)
            door.prepare(device, DRM_GROQ_URING_SUBMIT, submission(work, queue), i);
        door.submit();
        std::uint64_t time = 0;
        for (std::uint64_t i = 0; i < 50; ++i) {
            completion end = door.take(i);
            EXPECT_EQ(end.res, DRM_GROQ_STATUS_OK);
            EXPECT_GE(end.extra, time);
            time = end.extra;
        }
    }
}

TEST_P(Mode, TakesWhatAWorkerSubmits) {
    buffer host(device, 32000);
    for (std::uint64_t i = 0; i < 32; ++i)
        door.prepare(device, i % 2 ? DRM_GROQ_URING_COPY_IN : DRM_GROQ_URING_COPY_OUT,
                     copy_of(host, queue, 0, sram, 4096), i)
            ->flags |= IOSQE_ASYNC;
    door.submit();
    for (std::uint64_t i = 0; i < 32; ++i)
        EXPECT_EQ(door.take(i).res, DRM_GROQ_STATUS_OK);
    // Refusals come back from there, too.
    drm_groq_uring_copy bad = copy_of(host, queue, 0, sram, 4096);
    bad.flags = 1;
    door.prepare(device, DRM_GROQ_URING_COPY_IN, bad, 1)->flags |= IOSQE_ASYNC;
    drm_groq_uring_copy outside = copy_of(host, queue, 0, sram + 32000, 4096);
    door.prepare(device, DRM_GROQ_URING_COPY_IN, outside, 2)->flags |= IOSQE_ASYNC;
    door.submit();
    EXPECT_EQ(door.take(1).res, -EINVAL);
    EXPECT_EQ(door.take(2).res, -EACCES);
}

TEST_P(Mode, HeedsLinksAndDrains) {
    job work;
    work.nop();
    buffer host(device, 4096);
    drm_groq_uring_copy bad = copy_of(host, queue, 0, sram + 32000, 4096);
    auto submit = submission(work, queue);
    door.prepare(device, DRM_GROQ_URING_SUBMIT, submit, 1)->flags |= IOSQE_IO_LINK;
    door.prepare(device, DRM_GROQ_URING_COPY_IN, bad, 2)->flags |= IOSQE_IO_LINK;
    door.prepare(device, DRM_GROQ_URING_SUBMIT, submit, 3);
    door.prepare(device, DRM_GROQ_URING_SUBMIT, submit, 4)->flags |= IOSQE_IO_DRAIN;
    door.submit();
    EXPECT_EQ(door.take(1).res, DRM_GROQ_STATUS_OK);
    EXPECT_EQ(door.take(2).res, -EACCES);
    EXPECT_EQ(door.take(3).res, -ECANCELED);
    EXPECT_EQ(door.take(4).res, DRM_GROQ_STATUS_OK);
}

TEST_P(Mode, WakesAnEventFile) {
    int file = eventfd(0, 0);
    ASSERT_EQ(io_uring_register_eventfd(door.raw(), file), 0);
    job work;
    work.nop();
    door.prepare(device, DRM_GROQ_URING_SUBMIT, submission(work, queue), 1);
    door.submit();
    std::uint64_t count = 0;
    EXPECT_EQ(::read(file, &count, sizeof count), static_cast<ssize_t>(sizeof count));
    EXPECT_EQ(door.take(1).res, DRM_GROQ_STATUS_OK);
    ::close(file);
}

TEST(RingModes, RefuseSmallEntries) {
    bench rig;
    ring door(IORING_SETUP_CQE32);
    ASSERT_EQ(door.error(), 0);
    for (std::uint32_t operation = 0; operation < 8; ++operation)
        EXPECT_EQ(door.execute(rig.device(), operation, std::uint64_t{0}).res,
                  -EOPNOTSUPP);
}

TEST(RingModes, RefusePolledCompletion) {
    bench rig;
    ring door(big | IORING_SETUP_IOPOLL);
    ASSERT_EQ(door.error(), 0);
    job work;
    work.nop();
    door.prepare(rig.device(), DRM_GROQ_URING_SUBMIT, submission(work, rig.queue()), 1);
    door.submit();
    EXPECT_EQ(door.take(1).res, -EOPNOTSUPP);
}

TEST(RingModes, LetFixedFilesBeUsed) {
    bench rig;
    ring door;
    ASSERT_EQ(door.error(), 0);
    int fd = rig.device().fd();
    ASSERT_EQ(io_uring_register_files(door.raw(), &fd, 1), 0);
    job work;
    work.nop();
    io_uring_sqe *sqe = door.prepare(rig.device(), DRM_GROQ_URING_SUBMIT,
                                     submission(work, rig.queue()), 1);
    sqe->fd = 0;
    sqe->flags |= IOSQE_FIXED_FILE;
    door.submit();
    EXPECT_EQ(door.take(1).res, DRM_GROQ_STATUS_OK);
}

} // namespace
} // namespace groq::test
