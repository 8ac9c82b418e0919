// SPDX-License-Identifier: MIT
// Submissions are ended early by their tag, through the ioctl; and through either door
// what came through the other.
#include "endless.hpp"
#include "ring.hpp"

#include <atomic>
#include <cstddef>
#include <cstring>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

namespace groq::test {
namespace {

// How many were told to end.
std::uint32_t cancel(const card &device, std::uint64_t tag) {
    drm_groq_cancel arguments{.tag = tag, .flags = 0, .count = ~0u};
    EXPECT_EQ(device.call(DRM_IOCTL_GROQ_CANCEL, arguments), 0);
    return arguments.count;
}

struct CancelIoctl : testing::Test {
    // The watchdog does nothing in a test's time: what ends was canceled.
    parameter_set_to timeout{"timeout_ms", "3600000"};
    bench rig;
    const card &device = rig.device();
    std::uint32_t queue = rig.queue();
    buffer results{device, 65536};

    const drm_groq_result &result(std::size_t at) const {
        return results.as<drm_groq_result>()[at];
    }
    void submit(job &work, std::uint64_t tag, std::uint32_t to) {
        work.submit.tag = tag;
        ASSERT_EQ(work.push(device, to), 0);
    }
    void submit(job &work, std::uint64_t tag) { submit(work, tag, queue); }
    // Signals `done`, which is returned, when it ends.
    std::uint32_t submit_nop(std::uint64_t tag, std::uint32_t to,
                             std::uint32_t after = 0) {
        const std::uint32_t done = device.create_sync();
        job work;
        work.nop().then(done);
        if (after)
            work.after(after);
        submit(work, tag, to);
        return done;
    }
    bool has_ended(std::uint32_t sync) const {
        return device.wait(sync, 0, 0) != ETIME;
    }
    // Waits for the end; what its fence says of it.
    int error_at_end(std::uint32_t sync) const {
        EXPECT_EQ(device.wait(sync), 0);
        return device.error_of(sync);
    }
    void expect_canceled(std::uint32_t sync) const {
        EXPECT_EQ(error_at_end(sync), ECANCELED);
    }
    void expect_usable(std::uint32_t which) {
        EXPECT_EQ(error_at_end(submit_nop(0, which)), 0);
    }
};

TEST_F(CancelIoctl, IsAFeature) {
    EXPECT_TRUE(device.parameter(DRM_GROQ_PARAM_FEATURES) & DRM_GROQ_FEATURE_CANCEL);
}

TEST_F(CancelIoctl, ChecksItsFields) {
    auto expect_invalid = [&](drm_groq_cancel bad) {
        EXPECT_EQ(device.call(DRM_IOCTL_GROQ_CANCEL, bad), EINVAL);
        EXPECT_EQ(bad.count, 1234u);
    };
    expect_invalid({.tag = 0, .flags = 0, .count = 1234});
    for (int bit = 0; bit < 32; ++bit)
        expect_invalid({.tag = 1, .flags = 1u << bit, .count = 1234});
    EXPECT_EQ(cancel(device, 1), 0u);
    EXPECT_EQ(cancel(device, ~0ull), 0u);
}

TEST_F(CancelIoctl, FindsNothingThatIsDone) {
    EXPECT_EQ(error_at_end(submit_nop(5, queue)), 0);
    EXPECT_EQ(cancel(device, 5), 0u);
}

TEST_F(CancelIoctl, EndsWhatWaitsForAFence) {
    endless other(device, rig.context());
    const std::uint32_t done = device.create_sync();
    job work;
    work.nop().nop().after(other.sync()).then(done).results(results);
    submit(work, 5);
    EXPECT_EQ(cancel(device, 5), 1u);
    expect_canceled(done);
    EXPECT_EQ(result(0).status, DRM_GROQ_STATUS_CANCELED);
    EXPECT_EQ(result(1).status, DRM_GROQ_STATUS_CANCELED);
    EXPECT_EQ(cancel(device, 5), 0u);
    expect_usable(queue);
    EXPECT_FALSE(other.ended());
}

TEST_F(CancelIoctl, SignalsTimelinesInOrder) {
    endless other(device, rig.context());
    const std::uint32_t timeline = device.create_sync();
    job blocked, canceled, last;
    blocked.nop().after(other.sync()).then(timeline, 1);
    canceled.nop().nop().nop().then(timeline, 2).results(results);
    last.nop().then(timeline, 3);
    submit(blocked, 1);
    submit(canceled, 2);
    submit(last, 3);
    EXPECT_EQ(cancel(device, 2), 1u);
    EXPECT_EQ(cancel(device, 2), 0u); // it has been told
    EXPECT_EQ(device.wait(timeline, 1, 0), ETIME);
    EXPECT_EQ(device.wait(timeline, 2, 0), ETIME);
    EXPECT_EQ(result(2).status, DRM_GROQ_STATUS_CANCELED);
    results.as<drm_groq_result>()[2].status = 1234; // nobody writes it a second time
    EXPECT_EQ(device.destroy_queue(other.queue()), 0);
    EXPECT_EQ(device.wait(timeline, 3), 0);
    EXPECT_EQ(result(2).status, 1234u);
}

TEST_F(CancelIoctl, AbortsWhatTheChipHasBegun) {
    long_program program(rig);
    const std::uint32_t done = device.create_sync();
    job work = program.work();
    work.nop().then(done).results(results);
    submit(work, 5);
    wait_until_busy();
    EXPECT_FALSE(has_ended(done));
    EXPECT_EQ(cancel(device, 5), 1u);
    expect_canceled(done);
    EXPECT_EQ(result(0).status, DRM_GROQ_STATUS_CANCELED);
    EXPECT_GT(result(0).device_time_ns, 0u); // the chip has let go of it
    EXPECT_EQ(result(1).status, DRM_GROQ_STATUS_CANCELED);
    expect_usable(queue);
}

TEST_F(CancelIoctl, ReachesWhatIsBehindOthersInTheRing) {
    long_program program(rig);
    const std::uint32_t first_done = device.create_sync(),
                        second_done = device.create_sync();
    job first = program.work(), second = program.work();
    first.then(first_done);
    second.then(second_done);
    submit(first, 1);
    submit(second, 2);
    const std::uint32_t third_done = submit_nop(3, queue);
    wait_until_busy();
    EXPECT_EQ(cancel(device, 2), 1u);
    EXPECT_FALSE(has_ended(first_done));
    EXPECT_FALSE(has_ended(second_done));
    EXPECT_EQ(cancel(device, 1), 1u);
    expect_canceled(first_done);
    expect_canceled(second_done);
    EXPECT_EQ(error_at_end(third_done), 0);
}

TEST_F(CancelIoctl, KeepsTheChipFromBeginning) {
    for (int turn = 0; turn < 20; ++turn) {
        long_program program(rig);
        const std::uint32_t long_done = device.create_sync();
        job work = program.work();
        work.then(long_done);
        submit(work, 1);
        const std::uint32_t before = submit_nop(2, queue),
                            canceled = submit_nop(3, queue),
                            between = submit_nop(2, queue), too = submit_nop(3, queue),
                            behind = submit_nop(2, queue);
        wait_until_busy();
        EXPECT_EQ(cancel(device, 3), 2u);
        EXPECT_EQ(cancel(device, 1), 1u);
        expect_canceled(long_done);
        expect_canceled(canceled);
        expect_canceled(too);
        for (const std::uint32_t done : {before, between, behind})
            EXPECT_EQ(error_at_end(done), 0);
    }
}

TEST_F(CancelIoctl, LetsEndWhatTheChipHasBegunBefore) {
    loaded_program program(rig, 30);
    for (int turn = 0; turn < 5; ++turn) {
        const std::uint32_t done = device.create_sync();
        job work = program.work();
        work.then(done);
        submit(work, 1);
        const std::uint32_t canceled = submit_nop(5, queue);
        wait_until_busy();
        EXPECT_EQ(cancel(device, 5), 1u);
        EXPECT_EQ(error_at_end(done), 0);
        expect_canceled(canceled);
    }
}

// The queue is set up again between a command that failed and those that are skipped
// for that, since another queue's program has the chip.
TEST_F(CancelIoctl, RunsNothingBehindACommandThatFailed) {
    endless first(device, rig.context());
    const std::uint32_t between = device.create_queue(rig.context());
    job work;
    const std::uint32_t done = device.create_sync();
    work.run(rig.reserve(GROQ_TEXT_BYTES), 1, 1000).nop().then(done).results(results);
    submit(work, 1, between);
    const std::uint32_t canceled = submit_nop(5, between);
    endless last(device, rig.context());
    EXPECT_EQ(device.destroy_queue(first.queue()), 0);
    const volatile std::uint32_t &status = result(0).status;
    while (status == DRM_GROQ_STATUS_PENDING)
        usleep(1000);
    EXPECT_EQ(status, std::uint32_t{DRM_GROQ_STATUS_FAULT});
    EXPECT_EQ(cancel(device, 5), 1u);
    EXPECT_EQ(error_at_end(done), EIO);
    EXPECT_EQ(result(1).status, DRM_GROQ_STATUS_CANCELED);
    expect_canceled(canceled);
}

TEST_F(CancelIoctl, TakesBackWhatTheChipHasNotBegun) {
    // Another queue's program has the chip: ours is in the ring, and not begun.
    long_program program(rig);
    endless other(device, rig.context());
    const std::uint32_t done = device.create_sync();
    job work = program.work();
    work.nop().then(done).results(results);
    submit(work, 5);
    EXPECT_EQ(cancel(device, 5), 1u);
    const volatile std::uint32_t &status = result(1).status;
    while (status == DRM_GROQ_STATUS_PENDING)
        usleep(1000);
    EXPECT_EQ(status, std::uint32_t{DRM_GROQ_STATUS_CANCELED});
    EXPECT_FALSE(other.ended());
    EXPECT_EQ(device.destroy_queue(other.queue()), 0);
    expect_canceled(done);
    expect_usable(queue);
}

TEST_F(CancelIoctl, EndsAllOfATagAndNothingElse) {
    endless other(device, rig.context());
    const std::uint32_t queues[] = {queue, device.create_queue(rig.context())};
    constexpr std::uint64_t tags = 4; // 0: none
    std::vector<std::uint32_t> done;
    for (std::uint64_t i = 0; i < 32; ++i)
        done.push_back(submit_nop(i % tags, queues[i % 3 % 2], other.sync()));
    EXPECT_EQ(cancel(device, 2), 8u);
    for (std::uint64_t i = 0; i < 32; i += tags)
        EXPECT_FALSE(has_ended(done[i]));
    EXPECT_EQ(device.destroy_queue(other.queue()), 0);
    for (std::uint64_t i = 0; i < 32; ++i)
        EXPECT_EQ(error_at_end(done[i]), i % tags == 2 ? ECANCELED : 0) << i;
}

TEST_F(CancelIoctl, DoesNotReachAnotherFile) {
    bench stranger;
    endless other(device, rig.context());
    endless theirs(stranger.device(), stranger.context());
    const std::uint32_t mine = submit_nop(7, queue, other.sync());
    const std::uint32_t foreign = stranger.device().create_sync();
    job work;
    work.nop().after(theirs.sync()).then(foreign);
    work.submit.tag = 7;
    ASSERT_EQ(work.push(stranger.device(), stranger.queue()), 0);
    EXPECT_EQ(cancel(device, 7), 1u);
    expect_canceled(mine);
    EXPECT_EQ(stranger.device().wait(foreign, 0, 0), ETIME);
    EXPECT_EQ(cancel(stranger.device(), 7), 1u);
    EXPECT_EQ(stranger.device().wait(foreign), 0);
    EXPECT_EQ(stranger.device().error_of(foreign), ECANCELED);
}

TEST_F(CancelIoctl, MeetsItsJobAnywhere) {
    // Jobs that take a while are canceled by one thread while another submits them.
    // What was not named is done, and brings its bytes.
    constexpr std::uint64_t jobs = 60, size = 640000;
    const std::uint64_t sram = rig.reserve(size);
    buffer from(device, size), to(device, size);
    const std::uint32_t timeline = device.create_sync();
    std::uint64_t point = 0;
    for (std::uint32_t round = 0; round < 10; ++round) {
        from.fill(round);
        std::atomic<bool> submitted = false;
        std::thread other([&] {
            while (!submitted)
                cancel(device, 1);
        });
        for (std::uint64_t i = 0; i < jobs; ++i) {
            job work;
            work.copy_in(from, 0, sram, size).copy_out(to, 0, sram, size);
            work.then(timeline, ++point).results(results, i * 2 * sizeof(result(0)));
            submit(work, 1 + i % 2);
        }
        submitted = true;
        other.join();
        ASSERT_EQ(device.wait(timeline, point), 0);
        for (std::uint64_t i = 0; i < jobs; ++i) {
            const std::uint32_t status = result(i * 2 + 1).status;
            EXPECT_TRUE(status == DRM_GROQ_STATUS_OK ||
                        (i % 2 == 0 && status == DRM_GROQ_STATUS_CANCELED))
                << i << ": " << status_names.at(status);
        }
        EXPECT_EQ(std::memcmp(from.bytes().data(), to.bytes().data(), size), 0);
    }
    expect_usable(queue);
}

// As it was before there were tags.
struct old_submit {
    std::byte bytes[offsetof(drm_groq_submit, tag)];
};
static_assert(sizeof(old_submit) == 56);

TEST_F(CancelIoctl, HasNoTagInSubmissionsOfOlderPrograms) {
    // What follows them cannot be read, and is no tag.
    const std::size_t page = static_cast<std::size_t>(getpagesize());
    auto *memory = static_cast<std::byte *>(mmap(
        nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    ASSERT_NE(memory, MAP_FAILED);
    ASSERT_EQ(mprotect(memory + page, page, PROT_NONE), 0);
    endless other(device, rig.context());
    const std::uint32_t done = device.create_sync();
    job work;
    work.nop().after(other.sync()).then(done).results(results);
    std::byte *const place = memory + page - sizeof(old_submit);
    std::memcpy(place, &work.fill(queue), sizeof(old_submit));
    ASSERT_EQ(
        device.call_raw(DRM_IOW(DRM_COMMAND_BASE + DRM_GROQ_SUBMIT, old_submit), place),
        0);
    EXPECT_EQ(cancel(device, 1), 0u);
    EXPECT_EQ(device.destroy_queue(other.queue()), 0);
    EXPECT_EQ(error_at_end(done), 0);
    EXPECT_EQ(result(0).status, DRM_GROQ_STATUS_OK);
    munmap(memory, 2 * page);
}

struct CancelAcross : CancelIoctl {
    ring door;

    void SetUp() override { ASSERT_EQ(door.error(), 0); }
};

TEST_F(CancelAcross, TheIoctlReachesWhatCameThroughIoUring) {
    endless other(device, rig.context());
    job gated, behind;
    gated.nop().after(other.sync());
    buffer host(device, 4096);
    const std::uint64_t sram = rig.reserve(320);
    auto copy = copy_of(host, queue, 0, sram, 320);
    copy.tag = 5;
    door.prepare(device, DRM_GROQ_URING_SUBMIT, submission(gated, queue, 5), 1);
    door.prepare(device, DRM_GROQ_URING_COPY_IN, copy, 2);
    door.prepare(
        device, DRM_GROQ_URING_WAIT,
        drm_groq_uring_wait{
            .after = ~0ull, .events = DRM_GROQ_EVENT_LOST, .flags = 0, .tag = 5},
        3);
    door.submit();
    EXPECT_EQ(cancel(device, 5), 2u); // a wait for events is no submission
    EXPECT_EQ(door.take(1).res, DRM_GROQ_STATUS_CANCELED);
    EXPECT_EQ(door.take(2).res, DRM_GROQ_STATUS_CANCELED);
    EXPECT_FALSE(door.has(3));
    EXPECT_EQ(test::cancel(door, device, 5), 1);
    EXPECT_EQ(door.take(3).res, -ECANCELED);
    EXPECT_FALSE(other.ended());
    expect_usable(queue);
}

TEST_F(CancelAcross, IoUringReachesWhatCameThroughTheIoctl) {
    long_program program(rig);
    const std::uint32_t first_done = device.create_sync(),
                        second_done = device.create_sync();
    job first = program.work(), second = program.work();
    first.then(first_done);
    second.then(second_done);
    submit(first, 5);
    submit(second, 5);
    const std::uint32_t last = submit_nop(6, queue);
    wait_until_busy();
    EXPECT_EQ(test::cancel(door, device, 5), 2);
    expect_canceled(first_done);
    expect_canceled(second_done);
    EXPECT_EQ(error_at_end(last), 0);
}

} // namespace
} // namespace groq::test
