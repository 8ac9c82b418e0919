// SPDX-License-Identifier: MIT
// Every field of a submission, wrong.
#include "card.hpp"

#include <cerrno>
#include <functional>

#include <gtest/gtest.h>
#include <hw/groq_queue.h>
#include <hw/groq_sram.h>

namespace groq::test {
namespace {

constexpr std::uint64_t range_bytes = 100 * GROQ_VECTOR_BYTES;

struct Submit : testing::Test {
    bench rig;
    const card &device = rig.device();
    std::uint64_t sram = rig.reserve(range_bytes);
    buffer host{device, 64 << 10};
    drm_groq_command copy = command_of(job{}.copy_in(host, 0, sram, 64));
    drm_groq_command run = command_of(job{}.run(sram, 1, 1000));

    static drm_groq_command command_of(const job &work) {
        return work.commands.front();
    }

    // A submission of this one command must be refused like this.
    void expect(int error, drm_groq_command command) {
        job work;
        work.commands.push_back(command);
        EXPECT_EQ(work.push(device, rig.queue()), error);
    }
    void expect(int error, drm_groq_command command,
                const std::function<void(drm_groq_command &)> &change) {
        change(command);
        expect(error, command);
    }
    void TearDown() override { // a refused submission leaves everything usable
        job work;
        EXPECT_EQ(rig.execute(work.copy_in(host, 0, sram, 64).nop()), 0);
    }
};

TEST_F(Submit, ChecksItsHeader) {
    auto with = [&](auto &&change) {
        job work;
        work.nop();
        work.push(device, rig.queue());
        change(work.submit);
        return device.call(DRM_IOCTL_GROQ_SUBMIT, work.submit);
    };
    for (int bit = 0; bit < 32; ++bit)
        EXPECT_EQ(with([=](auto &s) { s.flags = 1u << bit; }), EINVAL);
    for (std::uint32_t queue : {0u, rig.queue() + 1, ~0u})
        EXPECT_EQ(with([=](auto &s) { s.queue = queue; }), ENOENT);
    EXPECT_EQ(with([](auto &s) { s.command_count = 0; }), EINVAL);
    for (std::uint32_t many : {65u, 0x10000u, ~0u}) {
        EXPECT_EQ(with([=](auto &s) { s.command_count = many; }), E2BIG);
        EXPECT_EQ(with([=](auto &s) { s.wait_count = many; }), E2BIG);
        EXPECT_EQ(with([=](auto &s) { s.signal_count = many; }), E2BIG);
    }
    EXPECT_EQ(with([](auto &s) { s.commands = 0; }), EFAULT);
    EXPECT_EQ(with([](auto &s) { s.commands = ~0ull - 7; }), EFAULT);
    EXPECT_EQ(with([](auto &s) { s.wait_count = 1, s.waits = 8; }), EFAULT);
    EXPECT_EQ(with([](auto &s) { s.signal_count = 1, s.signals = 8; }), EFAULT);
}

TEST_F(Submit, ChecksWhereResultsGo) {
    auto at = [&](std::uint32_t handle, std::uint64_t offset) {
        job work;
        work.nop().nop();
        work.submit.result_bo = handle;
        work.submit.result_offset = offset;
        return work.push(device, rig.queue());
    };
    constexpr std::uint64_t bytes = 2 * sizeof(drm_groq_result);
    EXPECT_EQ(at(0, 8), EINVAL);
    EXPECT_EQ(at(host.handle() + 100, 0), ENOENT);
    for (std::uint64_t odd : {1, 2, 4, 7})
        EXPECT_EQ(at(host.handle(), odd), EINVAL);
    EXPECT_EQ(at(host.handle(), host.size() - bytes + 8), EINVAL);
    EXPECT_EQ(at(host.handle(), host.size()), EINVAL);
    EXPECT_EQ(at(host.handle(), ~0ull - 7), EINVAL);
    EXPECT_EQ(at(host.handle(), host.size() - bytes), 0);
    EXPECT_EQ(at(host.handle(), 4096 - 8), 0); // across pages
}

TEST_F(Submit, ChecksSyncs) {
    std::uint32_t empty = device.create_sync();
    auto with = [&](drm_groq_sync wait, drm_groq_sync signal) {
        job work;
        work.nop();
        work.waits.push_back(wait);
        work.signals.push_back(signal);
        return work.push(device, rig.queue());
    };
    drm_groq_sync good{.handle = device.create_sync(true), .flags = 0, .point = 0};
    EXPECT_EQ(with(good, good), 0);
    for (int bit = 0; bit < 32; ++bit) {
        drm_groq_sync bad{.handle = good.handle, .flags = 1u << bit, .point = 0};
        EXPECT_EQ(with(bad, good), EINVAL);
        EXPECT_EQ(with(good, bad), EINVAL);
    }
    drm_groq_sync unknown{.handle = empty + 100, .flags = 0, .point = 0};
    EXPECT_EQ(with(unknown, good), ENOENT);
    EXPECT_EQ(with(good, unknown), ENOENT);
    // Nothing was submitted that would ever signal these.
    EXPECT_EQ(with({.handle = empty, .flags = 0, .point = 0}, good), EINVAL);
    EXPECT_EQ(with({.handle = empty, .flags = 0, .point = 7}, good), EINVAL);
}

TEST_F(Submit, LeavesSyncsAloneWhenItFails) {
    std::uint32_t sync = device.create_sync();
    job work;
    work.nop().nop().then(sync, 1);
    work.commands.back().flags = 1;
    EXPECT_EQ(work.push(device, rig.queue()), EINVAL);
    EXPECT_EQ(device.wait(sync, 1, 0), EINVAL); // no fence there
}

TEST_F(Submit, ChecksWhatAllCommandsHave) {
    for (drm_groq_command good : {copy, run, drm_groq_command{}}) {
        for (int bit = 0; bit < 32; ++bit)
            expect(EINVAL, good, [=](auto &c) { c.flags = 1u << bit; });
        for (std::uint32_t type : {4u, 0x80000001u, ~0u})
            expect(EINVAL, good, [=](auto &c) { c.type = type; });
    }
}

TEST_F(Submit, ExpectsCyclesOfProgramsAlone) {
    for (drm_groq_command good : {copy, drm_groq_command{}})
        for (int bit = 0; bit < 64; ++bit)
            expect(EINVAL, good, [=](auto &c) { c.expected = 1ull << bit; });
}

TEST_F(Submit, ChecksThatANopSaysNothing) {
    drm_groq_command nop{};
    expect(EINVAL, nop, [](auto &c) { c.bo = 1; });
    expect(EINVAL, nop, [](auto &c) { c.rows = 1; });
    expect(EINVAL, nop, [](auto &c) { c.bo_offset = 1; });
    expect(EINVAL, nop, [](auto &c) { c.sram = 1; });
    expect(EINVAL, nop, [](auto &c) { c.size = 1; });
    expect(EINVAL, nop, [](auto &c) { c.bo_stride = 1; });
    expect(EINVAL, nop, [](auto &c) { c.sram_stride = 1; });
}

TEST_F(Submit, ChecksTheHostSideOfCopies) {
    std::uint64_t size = host.size();
    for (std::uint32_t type : {DRM_GROQ_COMMAND_COPY_IN, DRM_GROQ_COMMAND_COPY_OUT}) {
        copy.type = type;
        expect(ENOENT, copy, [](auto &c) { c.bo = 0; });
        expect(ENOENT, copy, [](auto &c) { c.bo += 100; });
        expect(EINVAL, copy, [](auto &c) { c.rows = 0; });
        expect(EINVAL, copy, [](auto &c) { c.size = 0; });
        expect(EINVAL, copy, [=](auto &c) { c.bo_offset = size - 63; });
        expect(EINVAL, copy, [=](auto &c) { c.bo_offset = size; });
        expect(EINVAL, copy, [](auto &c) { c.bo_offset = ~0ull; });
        expect(EINVAL, copy, [](auto &c) { c.bo_offset = ~0ull - 63; });
        expect(EINVAL, copy, [](auto &c) { c.bo_stride = 64; });
        expect(EINVAL, copy, [](auto &c) { c.sram_stride = 64; });
        auto rows = [](drm_groq_command &c, std::uint32_t n, std::uint64_t bo_stride,
                       std::uint64_t sram_stride) {
            c.rows = n, c.bo_stride = bo_stride, c.sram_stride = sram_stride;
        };
        expect(EINVAL, copy, [=](auto &c) { rows(c, 2, 63, 64); });
        expect(EINVAL, copy, [=](auto &c) { rows(c, 2, 64, 63); });
        expect(EINVAL, copy, [=](auto &c) { rows(c, 2, 0, 0); });
        expect(EINVAL, copy, [=](auto &c) { rows(c, 2, size - 63, 64); });
        expect(EINVAL, copy, [=](auto &c) { rows(c, 3, 1ull << 63, 64); });
        expect(EINVAL, copy, [=](auto &c) { rows(c, 2, ~0ull, 64); });
        expect(E2BIG, copy, [=](auto &c) { rows(c, 65537, 64, 64); });
        expect(E2BIG, copy, [=](auto &c) { rows(c, ~0u, 64, 64); });
    }
}

TEST_F(Submit, ChecksTheSramSideOfCopies) {
    std::uint64_t total = device.parameter(DRM_GROQ_PARAM_SRAM_BYTES);
    for (std::uint32_t type : {DRM_GROQ_COMMAND_COPY_IN, DRM_GROQ_COMMAND_COPY_OUT}) {
        copy.type = type;
        const std::uint64_t wrong[] = {sram + range_bytes - 63,
                                       sram + range_bytes,
                                       total,
                                       total - 1,
                                       1ull << 32,
                                       sram + (1ull << 32),
                                       ~0ull,
                                       ~0ull - 63};
        for (std::uint64_t address : wrong)
            expect(EACCES, copy, [=](auto &c) { c.sram = address; });
        expect(EACCES, copy, [](auto &c) { c.size = range_bytes + 1; });
        expect(EACCES, copy, [](auto &c) { c.size = ~0ull; });
        expect(EACCES, copy, [](auto &c) {
            c.rows = 2, c.bo_stride = 64, c.sram_stride = range_bytes - 63;
        });
        expect(EACCES, copy, [](auto &c) {
            c.rows = 3, c.bo_stride = 64, c.sram_stride = 1ull << 63;
        });
    }
}

TEST_F(Submit, ChecksRuns) {
    expect(EINVAL, run, [this](auto &c) { c.bo = host.handle(); });
    expect(EINVAL, run, [](auto &c) { c.bo_offset = 1; });
    expect(EINVAL, run, [](auto &c) { c.bo_stride = 1; });
    expect(EINVAL, run, [](auto &c) { c.sram_stride = 1; });
    expect(EINVAL, run, [](auto &c) { c.rows = 0; });
    expect(EINVAL, run, [](auto &c) { c.rows = GROQ_ICUS_ALL + 1; });
    expect(EINVAL, run, [](auto &c) { c.rows = ~0u; });
    expect(EINVAL, run, [](auto &c) { c.size = 0; });
    for (std::uint64_t odd : {1, 2, 4, 8, 15})
        expect(EINVAL, run, [=, this](auto &c) { c.sram = sram + odd; });
    expect(EACCES, run, [this](auto &c) { c.sram = sram + range_bytes; });
    expect(EACCES, run,
           [this](auto &c) { c.sram = sram + range_bytes - 16, c.rows = 2; });
    expect(EACCES, run, [](auto &c) { c.sram = 1ull << 32; });
    expect(EACCES, run, [](auto &c) { c.sram = ~0ull - 15; });
}

TEST_F(Submit, TakesAsManyCommandsAsItSays) {
    job work;
    for (int i = 0; i < DRM_GROQ_COMMANDS_MAX; ++i)
        work.nop();
    EXPECT_EQ(rig.execute(work), 0);
    for (int i = 0; i < DRM_GROQ_COMMANDS_MAX; ++i)
        EXPECT_EQ(rig.result(i).status, DRM_GROQ_STATUS_OK);
}

TEST_F(Submit, TakesAsManySyncsAsItSays) {
    std::uint32_t sync = device.create_sync(true);
    job work;
    work.nop();
    for (std::uint64_t i = 0; i < DRM_GROQ_SYNCS_MAX; ++i) {
        work.after(sync);
        if (i + 1 < DRM_GROQ_SYNCS_MAX) // one is of execute()
            work.then(device.create_sync(), i + 1);
    }
    EXPECT_EQ(rig.execute(work), 0);
    for (const drm_groq_sync &signal : work.signals)
        EXPECT_EQ(device.wait(signal.handle, signal.point), 0);
}

TEST_F(Submit, TakesALongListOfRows) {
    // The most scatter entries there can be: one byte each.
    job work;
    work.copy_in(host, 0, sram, 1);
    work.commands[0].rows = 30000;
    work.commands[0].bo_stride = 2;
    work.commands[0].sram_stride = 1;
    EXPECT_EQ(rig.execute(work), 0);
    EXPECT_EQ(rig.result().value, 30000u);
}

TEST_F(Submit, KeepsBuffersThatAreClosedMeanwhile) {
    std::uint32_t sync = device.create_sync();
    for (std::uint64_t i = 1; i <= 100; ++i) {
        buffer passing(device, 8192);
        job work;
        ASSERT_EQ(work.copy_in(passing, 1, sram, 8000)
                      .results(passing, 0)
                      .then(sync, i)
                      .push(device, rig.queue()),
                  0);
    }
    EXPECT_EQ(device.wait(sync, 100), 0);
}

} // namespace
} // namespace groq::test
