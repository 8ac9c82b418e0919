// SPDX-License-Identifier: MIT
// How contexts fare: who is guilty and who is innocent.
#include "card.hpp"
#include "endless.hpp"

#include <cerrno>

#include <gtest/gtest.h>

namespace groq::test {
namespace {

drm_groq_context_query query(const card &device, std::uint32_t id, int expected = 0) {
    drm_groq_context_query arguments{};
    arguments.id = id;
    EXPECT_EQ(device.call(DRM_IOCTL_GROQ_CONTEXT_QUERY, arguments), expected);
    return arguments;
}

struct record {
    std::uint64_t jobs, faults, timeouts, resets, unexpected, card_resets;
    bool operator==(const record &) const = default;
};

std::ostream &operator<<(std::ostream &out, const record &it) {
    return out << it.jobs << " jobs, " << it.faults << " faults, " << it.timeouts
               << " timeouts, " << it.resets << " resets, " << it.unexpected
               << " unexpected, " << it.card_resets << " card resets";
}

record of(const card &device, std::uint32_t id) {
    drm_groq_context_query now = query(device, id);
    return {now.jobs,   now.faults,     now.timeouts,
            now.resets, now.unexpected, now.card_resets};
}

// A program of a few cycles at the beginning of a range of its own.
image load(bench &rig, const std::vector<instruction> &code) {
    std::uint64_t address = rig.reserve(10 * GROQ_TEXT_BYTES);
    address = (address + GROQ_TEXT_BYTES - 1) / GROQ_TEXT_BYTES * GROQ_TEXT_BYTES;
    image made = assemble(address, {{GROQ_ICU_VXM(0), code}});
    rig.write(address, made.bytes);
    return made;
}

TEST(ContextQuery, RefusesBadArguments) {
    card device, other;
    std::uint32_t id = device.create_context();
    query(device, 0, ENOENT);
    query(device, id + 1, ENOENT);
    query(other, id, ENOENT);
    drm_groq_context_query arguments{};
    arguments.id = id;
    arguments.reserved = 1;
    EXPECT_EQ(device.call(DRM_IOCTL_GROQ_CONTEXT_QUERY, arguments), EINVAL);
    EXPECT_EQ(device.destroy_context(id), 0);
    query(device, id, ENOENT);
}

TEST(ContextQuery, IsAnnounced) {
    EXPECT_TRUE(card().parameter(DRM_GROQ_PARAM_FEATURES) &
                DRM_GROQ_FEATURE_CONTEXT_QUERY);
}

TEST(ContextQuery, OverwritesWhatTheCallerPutThere) {
    card device;
    drm_groq_context_query arguments;
    std::memset(&arguments, 0xff, sizeof arguments);
    arguments.id = device.create_context();
    arguments.reserved = 0;
    ASSERT_EQ(device.call(DRM_IOCTL_GROQ_CONTEXT_QUERY, arguments), 0);
    EXPECT_EQ(arguments.jobs + arguments.faults + arguments.timeouts +
                  arguments.resets + arguments.unexpected + arguments.card_resets,
              0u);
}

TEST(ContextQuery, CountsJobsAndNotCommands) {
    bench rig;
    for (int i = 0; i < 3; ++i) {
        job work;
        ASSERT_EQ(rig.execute(work.nop().nop()), 0);
    }
    EXPECT_EQ(of(rig.device(), rig.context()), (record{.jobs = 3}));
}

TEST(ContextQuery, CountsFaultsOfItsOwn) {
    bench rig, other;
    image wrong = load(rig, {instruction{}});
    std::uint64_t before = of(rig.device(), rig.context()).jobs;
    job work;
    EXPECT_EQ(rig.execute(work.run(wrong.address, wrong.entries, 1000).nop()), EIO);
    EXPECT_EQ(of(rig.device(), rig.context()),
              (record{.jobs = before + 1, .faults = 1}));
    EXPECT_EQ(of(other.device(), other.context()), record{});
}

TEST(ContextQuery, CountsRunsThatTookOtherThanTheExpectedCycles) {
    bench rig;
    image program = load(rig, {nop(10)});
    job first;
    ASSERT_EQ(rig.execute(first.run(program.address, program.entries, 1000)), 0);
    std::uint64_t cycles = rig.result(0).value;
    ASSERT_GT(cycles, 0u);
    for (std::uint64_t expected : {cycles, cycles + 1, cycles - 1}) {
        job work;
        work.run(program.address, program.entries, 1000);
        work.commands[0].expected = expected;
        ASSERT_EQ(rig.execute(work), 0);
    }
    EXPECT_EQ(of(rig.device(), rig.context()).unexpected, 2u);
}

TEST(ContextQuery, TellsTheGuiltyFromTheInnocentAfterATimeout) {
    card device;
    bench innocent;
    std::uint32_t guilty = device.create_context();
    endless work(device, guilty);
    std::uint64_t before = of(device, guilty).jobs;
    std::uint32_t done = innocent.device().create_sync();
    image quick = load(innocent, {nop(10)});
    std::uint64_t loaded = of(innocent.device(), innocent.context()).jobs;
    job behind; // waits for the chip
    ASSERT_EQ(behind.run(quick.address, quick.entries, 1000)
                  .then(done)
                  .push(innocent.device(), innocent.queue()),
              0);
    parameter_set_to timeout("timeout_ms", "200");
    EXPECT_EQ(work.error(), ETIME);
    EXPECT_EQ(innocent.device().wait(done), 0);
    EXPECT_EQ(innocent.device().error_of(done), 0);
    EXPECT_EQ(of(device, guilty), (record{.jobs = before + 1, .timeouts = 1}));
    EXPECT_EQ(of(innocent.device(), innocent.context()), (record{.jobs = loaded + 1}));
}

TEST(ContextQuery, SaysThatAResetTookJobsAlong) {
    card device;
    std::uint32_t context = device.create_context();
    endless work(device, context);
    std::uint64_t before = of(device, context).jobs;
    write_file("/sys/class/accel/accel0/device/reset", "1");
    EXPECT_EQ(work.error(), ECANCELED);
    EXPECT_EQ(of(device, context),
              (record{.jobs = before + 1, .resets = 1, .card_resets = 1}));
    EXPECT_EQ(of(device, device.create_context()), record{});
}

TEST(ContextQuery, CountsCanceledJobsAsEndedAndNobodysFault) {
    card device;
    std::uint32_t context = device.create_context();
    endless work(device, context);
    std::uint64_t before = of(device, context).jobs;
    EXPECT_EQ(device.destroy_queue(work.queue()), 0);
    EXPECT_EQ(work.error(), ECANCELED);
    EXPECT_EQ(of(device, context), (record{.jobs = before + 1}));
}

} // namespace
} // namespace groq::test
