// SPDX-License-Identifier: MIT
// Ending commands early, in whatever state they are.
#include "endless.hpp"
#include "ring.hpp"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace groq::test {
namespace {

struct Cancel : testing::Test {
    // The watchdog does nothing in a test's time: what ends was canceled.
    parameter_set_to timeout{"timeout_ms", "3600000"};
    bench rig;
    const card &device = rig.device();
    std::uint32_t queue = rig.queue();
    ring door;
    buffer results{device, 65536};

    void SetUp() override { ASSERT_EQ(door.error(), 0); }

    const drm_groq_result &result(std::size_t at) const {
        return results.as<drm_groq_result>()[at];
    }
    void submit(job &work, std::uint64_t tag, std::uint32_t to) {
        door.prepare(device, DRM_GROQ_URING_SUBMIT, submission(work, to, tag), tag);
        door.submit();
    }
    void submit(job &work, std::uint64_t tag) { submit(work, tag, queue); }
    int cancel(std::uint64_t tag) { return test::cancel(door, device, tag); }
    void expect_usable(std::uint32_t which) {
        job work;
        work.nop();
        submit(work, 99, which);
        EXPECT_EQ(door.take(99).res, DRM_GROQ_STATUS_OK);
    }
};

TEST_F(Cancel, ChecksItsFields) {
    auto expect_invalid = [&](drm_groq_uring_cancel bad) {
        EXPECT_EQ(door.execute(device, DRM_GROQ_URING_CANCEL, bad).res, -EINVAL);
    };
    expect_invalid({.tag = 0, .flags = 0, .reserved = 0});
    for (int bit = 0; bit < 32; ++bit) {
        expect_invalid({.tag = 1, .flags = 1u << bit, .reserved = 0});
        expect_invalid({.tag = 1, .flags = 0, .reserved = 1u << bit});
    }
    EXPECT_EQ(cancel(1), 0);
    EXPECT_EQ(cancel(~0ull), 0);
}

TEST_F(Cancel, FindsNothingThatIsDone) {
    job work;
    work.nop();
    submit(work, 5);
    EXPECT_EQ(door.take(5).res, DRM_GROQ_STATUS_OK);
    EXPECT_EQ(cancel(5), 0);
}

TEST_F(Cancel, EndsAtOnceWhatWaitsForAFence) {
    endless other(device, rig.context());
    std::uint32_t done = device.create_sync();
    job work;
    work.nop().nop().after(other.sync()).then(done).results(results);
    submit(work, 5);
    EXPECT_FALSE(door.has(5));
    EXPECT_EQ(cancel(5), 1);
    completion end = door.take(5);
    EXPECT_EQ(end.res, DRM_GROQ_STATUS_CANCELED);
    EXPECT_EQ(end.extra, 0u);
    EXPECT_EQ(result(0).status, DRM_GROQ_STATUS_CANCELED);
    EXPECT_EQ(result(1).status, DRM_GROQ_STATUS_CANCELED);
    // Nothing is before it in its queue: its fence signals, and the next is done.
    EXPECT_EQ(device.wait(done), 0);
    EXPECT_EQ(device.error_of(done), ECANCELED);
    EXPECT_EQ(cancel(5), 0);
    expect_usable(queue);
    EXPECT_FALSE(other.ended());
}

TEST_F(Cancel, SignalsFencesInOrder) {
    endless other(device, rig.context());
    std::uint32_t first = device.create_sync(), second = device.create_sync(),
                  third = device.create_sync();
    job blocked, canceled, last;
    blocked.nop().after(other.sync()).then(first);
    canceled.nop().nop().nop().then(second).results(results);
    last.nop().then(third);
    submit(blocked, 1);
    submit(canceled, 2);
    submit(last, 3);
    EXPECT_EQ(cancel(2), 1);
    EXPECT_EQ(door.take(2).res, DRM_GROQ_STATUS_CANCELED);
    EXPECT_EQ(device.wait(second, 0, 0), ETIME);
    EXPECT_FALSE(door.has(3));
    results.as<drm_groq_result>()[0].status = 1234; // it is ours again
    EXPECT_EQ(device.destroy_queue(other.queue()), 0);
    EXPECT_EQ(door.take(1).res, DRM_GROQ_STATUS_OK);
    EXPECT_EQ(door.take(3).res, DRM_GROQ_STATUS_OK);
    EXPECT_EQ(device.wait(third), 0);
    EXPECT_EQ(device.wait(second), 0);
    EXPECT_EQ(device.error_of(first), 0);
    EXPECT_EQ(device.error_of(second), ECANCELED);
    EXPECT_EQ(device.error_of(third), 0);
    EXPECT_EQ(result(0).status, 1234u);
}

TEST_F(Cancel, AbortsWhatTheChipHasBegun) {
    long_program program(rig);
    std::uint32_t done = device.create_sync();
    job work = program.work();
    work.nop().then(done).results(results);
    submit(work, 5);
    wait_until_busy();
    EXPECT_FALSE(door.has(5));
    EXPECT_EQ(cancel(5), 1);
    completion end = door.take(5);
    EXPECT_EQ(end.res, DRM_GROQ_STATUS_CANCELED);
    EXPECT_GT(end.extra, 0u);
    EXPECT_EQ(result(0).status, DRM_GROQ_STATUS_CANCELED);
    EXPECT_EQ(result(1).status, DRM_GROQ_STATUS_CANCELED);
    EXPECT_EQ(device.wait(done), 0);
    EXPECT_EQ(device.error_of(done), ECANCELED);
    expect_usable(queue);
}

TEST_F(Cancel, ReachesWhatIsBehindOthersInTheRing) {
    long_program program(rig);
    job first = program.work(), second = program.work(), third;
    third.nop();
    submit(first, 1);
    submit(second, 2);
    submit(third, 3);
    wait_until_busy();
    EXPECT_EQ(cancel(2), 1);
    // Taken back it is not, for the chip is at the first: as it is from another queue,
    // again and again, so that there was the time for it.
    std::uint32_t elsewhere = device.create_queue(rig.context());
    for (std::uint64_t tag = 10; tag < 20; ++tag) {
        job taken_back = program.work();
        submit(taken_back, tag, elsewhere);
        EXPECT_EQ(cancel(tag), 1);
        EXPECT_EQ(door.take(tag).res, DRM_GROQ_STATUS_CANCELED);
    }
    EXPECT_FALSE(door.has(2));
    EXPECT_FALSE(door.has(1));
    EXPECT_EQ(cancel(1), 1);
    EXPECT_EQ(door.take(1).res, DRM_GROQ_STATUS_CANCELED);
    EXPECT_EQ(door.take(2).res, DRM_GROQ_STATUS_CANCELED);
    EXPECT_EQ(door.take(3).res, DRM_GROQ_STATUS_OK);
}

TEST_F(Cancel, TakesBackWhatTheChipHasNotBegun) {
    // Another queue's program has the chip: ours is in the ring, and not begun.
    long_program program(rig);
    endless other(device, rig.context());
    std::uint32_t done = device.create_sync();
    job work = program.work();
    work.nop().then(done).results(results);
    submit(work, 5);
    EXPECT_EQ(cancel(5), 1);
    EXPECT_EQ(door.take(5).res, DRM_GROQ_STATUS_CANCELED);
    EXPECT_EQ(result(0).status, DRM_GROQ_STATUS_CANCELED);
    EXPECT_EQ(result(1).status, DRM_GROQ_STATUS_CANCELED);
    EXPECT_FALSE(other.ended());
    EXPECT_EQ(device.destroy_queue(other.queue()), 0);
    EXPECT_EQ(device.wait(done), 0);
    EXPECT_EQ(device.error_of(done), ECANCELED);
    expect_usable(queue);
}

TEST_F(Cancel, TakesBackWhatIsBehindWhatTheChipHasNotBegun) {
    short_program brief(rig);
    long_program program(rig);
    endless other(device, rig.context());
    job first = brief.work(), second = program.work(), third = brief.work();
    submit(first, 1);
    submit(second, 2);
    submit(third, 3);
    EXPECT_EQ(cancel(2), 1);
    EXPECT_EQ(door.take(2).res, DRM_GROQ_STATUS_CANCELED);
    EXPECT_FALSE(other.ended());
    EXPECT_FALSE(door.has(1));
    EXPECT_EQ(device.destroy_queue(other.queue()), 0);
    EXPECT_EQ(door.take(1).res, DRM_GROQ_STATUS_OK);
    EXPECT_EQ(door.take(3).res, DRM_GROQ_STATUS_OK);
}

TEST_F(Cancel, EndsAllOfATagAndNothingElse) {
    endless other(device, rig.context());
    std::uint32_t second_queue = device.create_queue(rig.context());
    job work;
    work.nop().after(other.sync());
    for (std::uint64_t i = 0; i < 30; ++i)
        door.prepare(device, DRM_GROQ_URING_SUBMIT,
                     submission(work, i % 2 ? queue : second_queue, 1 + i % 3), i);
    door.prepare(
        device, DRM_GROQ_URING_WAIT,
        drm_groq_uring_wait{
            .after = ~0ull, .events = DRM_GROQ_EVENT_ALL, .flags = 0, .tag = 2},
        100);
    door.submit();
    EXPECT_EQ(cancel(2), 11);
    EXPECT_EQ(door.take(100).res, -ECANCELED);
    for (std::uint64_t i = 1; i < 30; i += 3)
        EXPECT_EQ(door.take(i).res, DRM_GROQ_STATUS_CANCELED);
    EXPECT_EQ(cancel(2), 0);
    card stranger;
    EXPECT_EQ(test::cancel(door, stranger, 1), 0);
    EXPECT_FALSE(door.has(0));
    EXPECT_EQ(device.destroy_queue(other.queue()), 0);
    for (std::uint64_t i = 0; i < 30; ++i)
        if (i % 3 != 1) {
            EXPECT_EQ(door.take(i).res, DRM_GROQ_STATUS_OK);
        }
}

TEST_F(Cancel, HurtsNoInnocentJob) {
    // Every other job would never end. The others bring numbers there and back, and
    // the ring is set up anew under them where the program of another queue is first.
    constexpr std::uint64_t pairs = 32, size = 3200;
    long_program program(rig);
    std::uint64_t sram = rig.reserve(pairs * size);
    buffer from(device, pairs * size), to(device, pairs * size);
    for (std::uint32_t round = 0; round < 20; ++round) {
        std::optional<endless> other;
        if (round % 2)
            other.emplace(device, rig.context());
        from.fill(round);
        std::memset(to.bytes().data(), 0, pairs * size);
        for (std::uint64_t i = 0; i < pairs; ++i) {
            job doomed = program.work(), innocent;
            innocent.copy_in(from, i * size, sram + i * size, size)
                .copy_out(to, i * size, sram + i * size, size);
            door.prepare(device, DRM_GROQ_URING_SUBMIT, submission(doomed, queue, 1),
                         2 * i);
            door.prepare(device, DRM_GROQ_URING_SUBMIT, submission(innocent, queue, 2),
                         2 * i + 1);
            door.submit();
        }
        EXPECT_EQ(cancel(1), static_cast<int>(pairs));
        for (std::uint64_t i = 0; i < pairs; ++i)
            EXPECT_EQ(door.take(2 * i).res, DRM_GROQ_STATUS_CANCELED);
        if (other) {
            EXPECT_FALSE(other->ended());
            EXPECT_EQ(device.destroy_queue(other->queue()), 0);
        }
        for (std::uint64_t i = 0; i < pairs; ++i)
            EXPECT_EQ(door.take(2 * i + 1).res, DRM_GROQ_STATUS_OK);
        EXPECT_TRUE(std::ranges::equal(from.bytes().first(pairs * size),
                                       to.bytes().first(pairs * size)))
            << round;
    }
    expect_usable(queue);
}

TEST_F(Cancel, RacesWithTheEndOfItsJob) {
    // Jobs that take a while, tagged in turn, one tag canceled again and again.
    std::uint64_t sram = rig.reserve(320 * 3000);
    buffer host(device, 1 << 20);
    for (std::uint64_t round = 0; round < 15; ++round) {
        for (std::uint64_t i = 0; i < 60; ++i) {
            job work;
            work.copy_in(host, 0, sram, 900000).copy_out(host, 0, sram, 900000);
            auto submit = submission(work, queue, 1 + i % 2);
            door.prepare(device, DRM_GROQ_URING_SUBMIT, submit, i);
            door.submit();
            if (i % 7 == 6)
                cancel(1);
        }
        for (std::uint64_t i = 0; i < 60; ++i) {
            int res = door.take(i).res;
            if (i % 2)
                EXPECT_EQ(res, DRM_GROQ_STATUS_OK);
            else
                EXPECT_TRUE(res == DRM_GROQ_STATUS_OK ||
                            res == DRM_GROQ_STATUS_CANCELED);
        }
    }
    expect_usable(queue);
}

// What somebody leaves behind: work of every kind, none of it about to end.
class mess {
public:
    explicit mess(bench &rig)
        : program_(rig), other_(rig.device(), rig.context()),
          waiting_(rig.device().create_queue(rig.context())) {}

    void submit(const card &device, std::uint32_t queue, ring &door) {
        job run = program_.work(), behind, gated;
        behind.nop();
        gated.nop().after(other_.sync());
        door.prepare(device, DRM_GROQ_URING_SUBMIT, submission(run, queue), 1);
        door.prepare(device, DRM_GROQ_URING_SUBMIT, submission(behind, queue), 2);
        door.prepare(device, DRM_GROQ_URING_SUBMIT, submission(gated, waiting_), 3);
        door.prepare(device, DRM_GROQ_URING_SUBMIT, submission(behind, waiting_), 4);
        door.prepare(device, DRM_GROQ_URING_WAIT,
                     drm_groq_uring_wait{.after = ~0ull, .events = DRM_GROQ_EVENT_ALL},
                     5);
        door.submit();
    }
    std::uint32_t waiting() const { return waiting_; }
    const endless &other() const { return other_; }

private:
    long_program program_;
    endless other_;
    std::uint32_t waiting_;
};

TEST_F(Cancel, ComesWithTheEndOfTheRing) {
    mess left(rig);
    {
        ring doomed;
        ASSERT_EQ(doomed.error(), 0);
        left.submit(device, queue, doomed);
    }
    // Nothing of it is in the way of who has the queues.
    EXPECT_EQ(device.destroy_queue(left.other().queue()), 0);
    expect_usable(queue);
    expect_usable(left.waiting());
}

// A context of the whole card is to be had once nothing of a process is left.
void expect_card_free() {
    card device;
    drm_groq_context_create arguments{};
    int error = EBUSY;
    for (int i = 0; i < patience_seconds * 100 && error == EBUSY; ++i) {
        arguments = {};
        arguments.flags = DRM_GROQ_CONTEXT_EXCLUSIVE;
        error = device.call(DRM_IOCTL_GROQ_CONTEXT_CREATE, arguments);
        if (error == EBUSY)
            usleep(10000);
    }
    EXPECT_EQ(error, 0);
}

// A process with work under way, which says so and then does what `last` does.
template <typename function>
void leave_a_mess(unsigned int flags, const function &last) {
    int pipe_ends[2];
    ASSERT_EQ(pipe2(pipe_ends, O_CLOEXEC), 0);
    pid_t child = fork();
    if (child == 0) {
        bench rig;
        ring door(flags);
        mess left(rig);
        left.submit(rig.device(), rig.queue(), door);
        char ready = door.error() ? 'n' : 'y';
        if (write(pipe_ends[1], &ready, 1) != 1)
            _exit(1);
        last();
        _exit(1);
    }
    char ready = 0;
    EXPECT_EQ(read(pipe_ends[0], &ready, 1), 1);
    EXPECT_EQ(ready, 'y');
    kill(child, SIGKILL);
    EXPECT_EQ(waitpid(child, nullptr, 0), child);
    expect_card_free();
    ::close(pipe_ends[0]);
    ::close(pipe_ends[1]);
}

struct CancelOfAProcess : testing::Test {
    parameter_set_to timeout{"timeout_ms", "3600000"};
};

TEST_F(CancelOfAProcess, ComesWithSigkill) {
    for (unsigned int flags :
         {big, big | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
          big | IORING_SETUP_SQPOLL})
        leave_a_mess(flags, [] { pause(); });
}

TEST_F(CancelOfAProcess, ComesWithExec) {
    int pipe_ends[2];
    ASSERT_EQ(pipe2(pipe_ends, O_CLOEXEC), 0);
    pid_t child = fork();
    if (child == 0) {
        bench rig;
        ring door;
        mess left(rig);
        left.submit(rig.device(), rig.queue(), door);
        execl("/bin/sleep", "sleep", "1000", nullptr);
        execl("/usr/bin/sleep", "sleep", "1000", nullptr);
        _exit(1);
    }
    ::close(pipe_ends[1]);
    char nothing;
    EXPECT_EQ(read(pipe_ends[0], &nothing, 1), 0); // closed by the exec
    expect_card_free();
    kill(child, SIGKILL);
    EXPECT_EQ(waitpid(child, nullptr, 0), child);
    ::close(pipe_ends[0]);
}

TEST_F(CancelOfAProcess, ComesAtAnyMoment) {
    for (int i = 0; i < 40; ++i) {
        pid_t child = fork();
        if (child == 0) {
            bench rig;
            std::uint64_t sram = rig.reserve(320 * 1000);
            buffer host(rig.device(), 1 << 20);
            ring door(i % 2 ? big : big | IORING_SETUP_SQPOLL);
            for (std::uint64_t k = 0;; ++k) {
                for (int n = 0; n < 16; ++n) {
                    io_uring_sqe *sqe = door.prepare(
                        rig.device(),
                        n % 2 ? DRM_GROQ_URING_COPY_IN : DRM_GROQ_URING_COPY_OUT,
                        copy_of(host, rig.queue(), 0, sram, 100000), k * 16 + n);
                    if (n % 3 == 0)
                        sqe->flags |= IOSQE_ASYNC;
                }
                door.submit();
                for (int n = 0; n < 16; ++n)
                    door.take(k * 16 + n);
            }
        }
        usleep(5000 + 3000 * i);
        kill(child, SIGKILL);
        EXPECT_EQ(waitpid(child, nullptr, 0), child);
    }
    expect_card_free();
}

} // namespace
} // namespace groq::test
