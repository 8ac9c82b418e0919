// SPDX-License-Identifier: MIT
// Programs that take too long, processes that die, resets from outside.
#include "card.hpp"
#include "endless.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

namespace groq::test {
namespace {

void expect_usable() {
    bench rig;
    std::uint64_t sram = rig.reserve(3200);
    std::vector<std::uint8_t> bytes(3200, 7);
    rig.write(sram, bytes);
    EXPECT_EQ(rig.read(sram, 3200), bytes);
}

TEST(Timeout, EndsTheCommandThatHangsAndTheRestOfItsJob) {
    card device;
    parameter_set_to timeout("timeout_ms", "200");
    endless work(device, device.create_context());
    EXPECT_EQ(work.error(), ETIME);
    EXPECT_EQ(work.result(0).status, DRM_GROQ_STATUS_TIMEOUT);
    EXPECT_EQ(work.result(1).status, DRM_GROQ_STATUS_CANCELED);
    expect_usable();
}

TEST(Timeout, MayBeLoweredFromAnHourForACommandInWork) {
    card device;
    parameter_set_to an_hour("timeout_ms", "3600000");
    endless work(device, device.create_context());
    parameter_set_to timeout("timeout_ms", "200");
    EXPECT_EQ(work.error(), ETIME);
}

TEST(Timeout, LeavesTheQueueUsable) {
    card device;
    endless work(device, device.create_context());
    std::vector<std::uint32_t> syncs;
    for (int i = 0; i < 10; ++i) {
        job behind;
        syncs.push_back(device.create_sync());
        ASSERT_EQ(behind.nop().nop().then(syncs.back()).push(device, work.queue()), 0);
    }
    EXPECT_EQ(device.wait(syncs[0], 0, 0), ETIME);
    parameter_set_to timeout("timeout_ms", "200");
    for (std::uint32_t sync : syncs) {
        EXPECT_EQ(device.wait(sync), 0);
        EXPECT_EQ(device.error_of(sync), 0);
    }
    EXPECT_EQ(work.error(), ETIME);
}

TEST(Timeout, SparesTheInnocent) {
    card guilty;
    bench innocent;
    std::string resets = attribute("resets");
    endless work(guilty, guilty.create_context());
    std::uint64_t sram = innocent.reserve(320 * 1000);
    parameter_set_to timeout("timeout_ms", "200");
    buffer host(innocent.device(), 4096);
    while (!work.ended()) {
        job copy;
        ASSERT_EQ(innocent.execute(copy.copy_in(host, 0, sram, 320)), 0);
    }
    EXPECT_EQ(work.error(), ETIME);
    EXPECT_EQ(attribute("resets"), resets); // ending the queue's work was enough
}

TEST(Timeout, DoesNotCountTheWaitForAnothersProgram) {
    card device;
    std::uint32_t context = device.create_context();
    parameter_set_to timeout("timeout_ms", "1000");
    endless first(device, context);
    // This program begins when the first is ended, long after it was submitted.
    image quick = assemble(0, {{GROQ_ICU_VXM(0), {nop(10)}}});
    bench second;
    std::uint64_t sram = second.reserve(3200);
    sram = (sram + 639) / 640 * 640;
    quick = assemble(sram, {{GROQ_ICU_VXM(0), {nop(10)}}});
    second.write(sram, quick.bytes);
    job work;
    EXPECT_EQ(second.execute(work.run(sram, quick.entries, 1000)), 0);
    EXPECT_EQ(first.error(), ETIME);
}

TEST(Timeout, EndsOneAfterTheOther) {
    card device;
    parameter_set_to timeout("timeout_ms", "100");
    for (int i = 0; i < 5; ++i) {
        std::uint32_t context = device.create_context();
        endless work(device, context);
        EXPECT_EQ(work.error(), ETIME);
        EXPECT_EQ(device.destroy_context(context), 0);
    }
    expect_usable();
}

TEST(Close, EndsARunningProgram) {
    card device;
    {
        endless work(device, device.create_context());
    } // a mapping would keep the file open
    EXPECT_EQ(attribute("state"), "busy");
    device.close();
    EXPECT_NE(attribute("state"), "busy");
    EXPECT_EQ(attribute("holders"), "");
    EXPECT_EQ(attribute("sram_used"), "0");
}

// Starts a process that runs a program for good; ready when this returns.
pid_t start_worker() {
    int ready[2];
    EXPECT_EQ(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        card device;
        endless work(device, device.create_context(DRM_GROQ_CONTEXT_EXCLUSIVE));
        if (!testing::Test::HasFailure() && ::write(ready[1], "x", 1) == 1)
            device.wait(work.sync(), 0, 3600);
        _exit(1);
    }
    char byte;
    ::close(ready[1]);
    EXPECT_EQ(::read(ready[0], &byte, 1), 1);
    ::close(ready[0]);
    return pid;
}

TEST(KilledProcess, LeavesTheCardToOthers) {
    for (int i = 0; i < 5; ++i) {
        pid_t worker = start_worker();
        EXPECT_EQ(attribute("state"), "busy");
        EXPECT_EQ(attribute("holders"), std::to_string(worker));
        kill(worker, SIGKILL);
        waitpid(worker, nullptr, 0);
        EXPECT_EQ(attribute("holders"), "");
        EXPECT_EQ(attribute("sram_used"), "0");
        expect_usable();
    }
}

TEST(FunctionReset, EndsWorkInTheChipAndNothingElse) {
    expect_only_running_work_lost(
        [] { write_file("/sys/class/accel/accel0/device/reset", "1"); });
}

TEST(FunctionReset, ComesAtAnyTime) {
    bench rig;
    std::uint64_t sram = rig.reserve(320 * 1000);
    buffer host(rig.device(), 4096);
    std::atomic<bool> stop = false;
    std::thread resetter([&] {
        for (int i = 0; i < 10; ++i)
            write_file("/sys/class/accel/accel0/device/reset", "1");
        stop = true;
    });
    while (!stop) {
        job work;
        int error = rig.execute(work.copy_in(host, 0, sram, 320).nop());
        EXPECT_TRUE(error == 0 || error == ECANCELED) << error;
    }
    resetter.join();
    job work;
    EXPECT_EQ(rig.execute(work.copy_in(host, 0, sram, 320)), 0);
}

} // namespace
} // namespace groq::test
