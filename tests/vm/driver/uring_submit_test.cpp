// SPDX-License-Identifier: MIT
// Work through io_uring: each operation, each field, each error.
#include "ring.hpp"

#include <functional>

#include <gtest/gtest.h>

namespace groq::test {
namespace {

constexpr std::uint64_t vector = GROQ_VECTOR_BYTES;

struct Uring : testing::Test {
    parameter_set_to timeout{"timeout_ms", "600000"}; // a long program is no hung one
    bench rig;
    const card &device = rig.device();
    std::uint32_t queue = rig.queue();
    ring door;
    std::uint64_t sram = rig.reserve(100 * vector);
    buffer host{device, 32768};

    void SetUp() override { ASSERT_EQ(door.error(), 0); }

    template <typename argument>
    int result_of(std::uint32_t operation, const argument &arguments) {
        return door.execute(device, operation, arguments).res;
    }
    int run(job &work) {
        return result_of(DRM_GROQ_URING_SUBMIT, submission(work, queue));
    }
    drm_groq_uring_copy copy() { return copy_of(host, queue, 0, sram, 320); }
    void expect_copy(int expected,
                     const std::function<void(drm_groq_uring_copy &)> &change) {
        for (std::uint32_t operation :
             {DRM_GROQ_URING_COPY_IN, DRM_GROQ_URING_COPY_OUT}) {
            drm_groq_uring_copy changed = copy();
            change(changed);
            EXPECT_EQ(result_of(operation, changed), expected);
        }
    }
};

TEST_F(Uring, IsSaidToBeThere) {
    EXPECT_TRUE(device.parameter(DRM_GROQ_PARAM_FEATURES) & DRM_GROQ_FEATURE_URING);
}

TEST_F(Uring, SubmitsAndTellsTheCardsTime) {
    job work;
    work.nop().nop();
    completion first =
        door.execute(device, DRM_GROQ_URING_SUBMIT, submission(work, queue));
    EXPECT_EQ(first.res, DRM_GROQ_STATUS_OK);
    EXPECT_GT(first.extra, 0u);
    buffer results(device, 4096);
    work.results(results);
    completion second =
        door.execute(device, DRM_GROQ_URING_SUBMIT, submission(work, queue));
    EXPECT_EQ(second.res, DRM_GROQ_STATUS_OK);
    EXPECT_GT(second.extra, first.extra);
    EXPECT_EQ(results.as<drm_groq_result>()[1].status, DRM_GROQ_STATUS_OK);
    EXPECT_EQ(results.as<drm_groq_result>()[1].device_time_ns, second.extra);
}

TEST_F(Uring, SubmitsWithWaitsAndSignals) {
    std::uint32_t before = device.create_sync(true), after = device.create_sync(),
                  line = device.create_sync();
    job work;
    work.nop().after(before).then(after).then(line, 5);
    EXPECT_EQ(run(work), DRM_GROQ_STATUS_OK);
    EXPECT_EQ(device.wait(after), 0);
    EXPECT_EQ(device.wait(line, 5), 0);
    EXPECT_EQ(device.error_of(after), 0);
}

TEST_F(Uring, RefusesSubmissionsAsTheIoctlDoes) {
    job none, good;
    EXPECT_EQ(run(none), -EINVAL);
    good.nop();
    for (int bit = 0; bit < 32; ++bit) {
        drm_groq_submit bad = submission(good, queue);
        bad.flags = 1u << bit;
        EXPECT_EQ(result_of(DRM_GROQ_URING_SUBMIT, bad), -EINVAL);
    }
    drm_groq_submit bad = submission(good, queue + 100);
    EXPECT_EQ(result_of(DRM_GROQ_URING_SUBMIT, bad), -ENOENT);
    bad = submission(good, queue);
    bad.commands = 0x1000;
    EXPECT_EQ(result_of(DRM_GROQ_URING_SUBMIT, bad), -EFAULT);
    bad = submission(good, queue);
    bad.command_count = DRM_GROQ_COMMANDS_MAX + 1;
    EXPECT_EQ(result_of(DRM_GROQ_URING_SUBMIT, bad), -E2BIG);
    bad = submission(good, queue);
    bad.result_offset = 8;
    EXPECT_EQ(result_of(DRM_GROQ_URING_SUBMIT, bad), -EINVAL);
    bad = submission(good, queue);
    bad.result_bo = host.handle() + 100;
    EXPECT_EQ(result_of(DRM_GROQ_URING_SUBMIT, bad), -ENOENT);
    job outside;
    outside.copy_in(host, 0, sram + 100 * vector, 320);
    EXPECT_EQ(run(outside), -EACCES);
    job unknown;
    unknown.nop().after(device.create_sync());
    EXPECT_EQ(run(unknown), -EINVAL);
    EXPECT_EQ(run(good), DRM_GROQ_STATUS_OK);
}

TEST_F(Uring, NamesTheStatusOfWhatFailed) {
    // A cycle limit that is too low: the chip ends the program, and skips the rest.
    image program =
        assemble((sram + 639) / 640 * 640, {{GROQ_ICU_VXM(0), {nop(1000), nop(1)}}});
    std::uint64_t place = rig.reserve(3200);
    program =
        assemble((place + 639) / 640 * 640, {{GROQ_ICU_VXM(0), {nop(1000), nop(1)}}});
    rig.write(program.address, program.bytes);
    job work;
    work.nop().run(program.address, program.entries, 1).nop();
    completion end =
        door.execute(device, DRM_GROQ_URING_SUBMIT, submission(work, queue));
    EXPECT_EQ(end.res, DRM_GROQ_STATUS_FAULT);
    EXPECT_GT(end.extra, 0u);
}

TEST_F(Uring, CopiesBetweenBuffersAndSram) {
    host.fill(1);
    drm_groq_uring_copy in = copy_of(host, queue, 7, sram + 3, 9001);
    completion end = door.execute(device, DRM_GROQ_URING_COPY_IN, in);
    EXPECT_EQ(end.res, DRM_GROQ_STATUS_OK);
    EXPECT_GT(end.extra, 0u);
    buffer back(device, 32768);
    drm_groq_uring_copy out = copy_of(back, queue, 100, sram + 3, 9001);
    EXPECT_EQ(result_of(DRM_GROQ_URING_COPY_OUT, out), DRM_GROQ_STATUS_OK);
    EXPECT_EQ(std::memcmp(&back.bytes()[100], &host.bytes()[7], 9001), 0);
    EXPECT_EQ(back.bytes()[99], 0);
    EXPECT_EQ(back.bytes()[9101], 0);
}

TEST_F(Uring, CopiesRows) {
    host.fill(2);
    drm_groq_uring_copy in = copy();
    in.rows = 3;
    in.size = 100;
    in.stride = 5000;
    in.sram_stride = 320;
    EXPECT_EQ(result_of(DRM_GROQ_URING_COPY_IN, in), DRM_GROQ_STATUS_OK);
    std::vector<std::uint8_t> there = rig.read(sram, 740);
    for (std::size_t row = 0; row < 3; ++row)
        EXPECT_EQ(std::memcmp(&there[row * 320], &host.bytes()[row * 5000], 100), 0);
}

TEST_F(Uring, RefusesCopiesAsTheIoctlDoes) {
    for (int bit = 0; bit < 32; ++bit)
        expect_copy(-EINVAL, [=](auto &c) { c.flags = 1u << bit; });
    expect_copy(-ENOENT, [](auto &c) { c.queue += 100; });
    expect_copy(-ENOENT, [](auto &c) { c.queue = 0; });
    expect_copy(-ENOENT, [](auto &c) { c.bo = 0; });
    expect_copy(-ENOENT, [](auto &c) { c.bo += 100; });
    expect_copy(-EINVAL, [](auto &c) { c.rows = 0; });
    expect_copy(-EINVAL, [](auto &c) { c.size = 0; });
    expect_copy(-EINVAL, [](auto &c) { c.address = 32768 - 319; });
    expect_copy(-EINVAL, [](auto &c) { c.address = ~0ull; });
    expect_copy(-EINVAL, [](auto &c) { c.stride = 1; });
    expect_copy(-EINVAL, [](auto &c) { c.sram_stride = 1; });
    expect_copy(-EINVAL, [](auto &c) { c.rows = 2, c.stride = 320; });
    expect_copy(-EINVAL, [](auto &c) { c.rows = 2, c.sram_stride = 320; });
    expect_copy(-EACCES, [](auto &c) { c.sram = ~0ull; });
    expect_copy(-EACCES, [](auto &c) { c.sram += 100 * vector; });
    expect_copy(-E2BIG, [](auto &c) {
        c.rows = 1u << 20;
        c.size = c.stride = c.sram_stride = 1;
    });
    expect_copy(DRM_GROQ_STATUS_OK, [](auto &) {});
}

TEST_F(Uring, WantsTheRestOfTheEntryToBeZero) {
    auto with_last_bytes = [&](std::uint32_t operation, auto arguments) {
        for (std::size_t at = sizeof arguments; at < ring::payload_bytes; ++at) {
            io_uring_sqe *sqe = door.prepare(device, operation, arguments, at);
            sqe->cmd[at] = 0x80;
            door.submit();
            EXPECT_EQ(door.take(at).res, -EINVAL) << operation << " byte " << at;
        }
    };
    job work;
    work.nop();
    with_last_bytes(DRM_GROQ_URING_SUBMIT, submission(work, queue));
    with_last_bytes(DRM_GROQ_URING_COPY_IN, copy());
    with_last_bytes(DRM_GROQ_URING_COPY_OUT, copy());
    with_last_bytes(DRM_GROQ_URING_WAIT, drm_groq_uring_wait{.events = 1});
    with_last_bytes(DRM_GROQ_URING_CANCEL, drm_groq_uring_cancel{.tag = 1});
}

TEST_F(Uring, KnowsNoOtherOperation) {
    for (std::uint32_t operation : {0u, 6u, 0x80000001u, ~0u})
        EXPECT_EQ(result_of(operation, copy()), -ENOTTY);
}

TEST_F(Uring, KeepsTheOrderOfBothDoors) {
    // Each writes the first word of the same place; the last one is there at the end.
    constexpr std::uint32_t rounds = 200;
    buffer numbers(device, rounds * 4);
    for (std::uint32_t i = 0; i < rounds; ++i)
        numbers.as<std::uint32_t>()[i] = i;
    for (std::uint32_t i = 0; i < rounds; ++i) {
        if (i % 2) {
            job work;
            ASSERT_EQ(work.copy_in(numbers, i * 4, sram, 4).push(device, queue), 0);
        } else {
            door.prepare(device, DRM_GROQ_URING_COPY_IN,
                         copy_of(numbers, queue, i * 4, sram, 4), i);
            door.submit();
        }
        if (i % 32 == 31) {
            std::vector<std::uint8_t> there = rig.read(sram, 4);
            std::uint32_t last;
            std::memcpy(&last, there.data(), 4);
            EXPECT_EQ(last, i);
        }
    }
    for (std::uint32_t i = 0; i < rounds; i += 2)
        EXPECT_EQ(door.take(i).res, DRM_GROQ_STATUS_OK);
}

TEST_F(Uring, TakesMoreThanTheHardwareRingHolds) {
    constexpr std::uint64_t jobs = 1000;
    ring wide(big, 1024);
    ASSERT_EQ(wide.error(), 0);
    job work;
    work.nop().nop().nop();
    std::uint64_t time = 0;
    for (std::uint64_t i = 0; i < jobs; ++i)
        wide.prepare(device, DRM_GROQ_URING_SUBMIT, submission(work, queue), i);
    wide.submit();
    for (std::uint64_t i = 0; i < jobs; ++i) {
        completion end = wide.take(i);
        EXPECT_EQ(end.res, DRM_GROQ_STATUS_OK);
        EXPECT_GE(end.extra, time);
        time = end.extra;
    }
}

TEST_F(Uring, ForgetsTheEntryOnceItIsSubmitted) {
    // What lies in the entry afterwards is the next one's.
    std::uint32_t gate = device.create_sync();
    long_program program(rig);
    job blocker = program.work(), work;
    std::uint32_t other = device.create_queue(rig.context());
    ASSERT_EQ(blocker.then(gate).push(device, other), 0);
    work.nop().after(gate);
    io_uring_sqe *sqe =
        door.prepare(device, DRM_GROQ_URING_SUBMIT, submission(work, queue), 1);
    door.submit();
    std::memset(sqe->cmd, 0xff, ring::payload_bytes);
    EXPECT_EQ(device.destroy_queue(other), 0);
    EXPECT_EQ(door.take(1).res, DRM_GROQ_STATUS_OK);
}

TEST_F(Uring, EndsWithItsQueueAndContext) {
    long_program program(rig);
    job work = program.work(), behind;
    behind.nop();
    door.prepare(device, DRM_GROQ_URING_SUBMIT, submission(work, queue), 1);
    door.prepare(device, DRM_GROQ_URING_SUBMIT, submission(behind, queue), 2);
    door.submit();
    wait_until_busy();
    EXPECT_EQ(device.destroy_queue(queue), 0);
    EXPECT_EQ(door.take(1).res, DRM_GROQ_STATUS_CANCELED);
    completion end = door.take(2);
    EXPECT_EQ(end.res, DRM_GROQ_STATUS_CANCELED);
    EXPECT_EQ(end.extra, 0u);
    EXPECT_EQ(result_of(DRM_GROQ_URING_SUBMIT, submission(behind, queue)), -ENOENT);
}

} // namespace
} // namespace groq::test
