// SPDX-License-Identifier: MIT
// Programs: their results, and what is told of those that are wrong.
#include "card.hpp"
#include "program.hpp"

#include <cerrno>
#include <cstring>

#include <gtest/gtest.h>

namespace groq::test {
namespace {

constexpr std::uint64_t vector = GROQ_VECTOR_BYTES;

struct Run : testing::Test {
    bench rig;
    const card &device = rig.device();
    // Words 0..99 of MEM0 west, as the programs name them; text from word 40 on.
    void SetUp() override {
        ASSERT_EQ(device.reserve_at(rig.context(), 0, 100 * vector), 0);
    }

    int run(const image &program, std::uint64_t max_cycles = 100000) {
        rig.write(program.address, program.bytes);
        job work;
        return rig.execute(
            work.run(program.address, program.entries, max_cycles).nop());
    }

    static image program(const std::vector<instruction> &code, unsigned int icu = 0) {
        return assemble(40 * vector, {{icu, code}});
    }

    void expect_fault(std::uint32_t cause) {
        EXPECT_EQ(rig.result(0).status, DRM_GROQ_STATUS_FAULT);
        EXPECT_EQ(rig.result(0).fault_cause, cause);
        EXPECT_EQ(rig.result(1).status, DRM_GROQ_STATUS_CANCELED);
    }
};

TEST_F(Run, ReportsCyclesThatAreTheSameEveryTime) {
    ASSERT_EQ(run(program({nop(1000), nop(1)})), 0);
    std::uint64_t cycles = rig.result().value;
    EXPECT_GE(cycles, 1000u);
    EXPECT_LT(cycles, 1100u);
    EXPECT_EQ(rig.result(0).status, DRM_GROQ_STATUS_OK);
    EXPECT_EQ(rig.result(1).status, DRM_GROQ_STATUS_OK);
    EXPECT_EQ(rig.result(0).fault_cause, static_cast<std::uint32_t>(GROQ_FAULT_NONE));
    EXPECT_EQ(rig.result(0).fault_address, ~0ull);
    EXPECT_EQ(rig.result(0).fault_unit, ~0u);
    EXPECT_NE(rig.result(0).device_time_ns, 0u);
    for (int i = 0; i < 5; ++i) {
        ASSERT_EQ(run(program({nop(1000), nop(1)})), 0);
        EXPECT_EQ(rig.result().value, cycles);
    }
}

TEST_F(Run, SaysWhatWasExpectedWhateverCame) {
    image image = program({nop(1000), nop(1)});
    rig.write(image.address, image.bytes);
    for (std::uint64_t expected :
         {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}}) {
        job work;
        work.run(image.address, image.entries, 100000).nop();
        work.commands[0].expected = expected;
        ASSERT_EQ(rig.execute(work), 0);
        EXPECT_EQ(rig.result(0).status, DRM_GROQ_STATUS_OK);
        EXPECT_EQ(rig.result(0).expected, expected);
        EXPECT_EQ(rig.result(1).expected, 0u);
    }
    // A program that is not run says so, too.
    job work;
    work.run(image.address, image.entries, 1).run(image.address, image.entries, 100000);
    work.commands[1].expected = 1234;
    EXPECT_EQ(rig.execute(work), EIO);
    EXPECT_EQ(rig.result(1).status, DRM_GROQ_STATUS_CANCELED);
    EXPECT_EQ(rig.result(1).expected, 1234u);
}

TEST_F(Run, MovesAVectorInsideTheChip) {
    // Word 3 of MEM0 west goes east by stream 0 to the east hemisphere.
    std::uint64_t target = GROQ_SRAM_ADDRESS(GROQ_EAST, 0ull, 7ull);
    ASSERT_EQ(device.reserve_at(rig.context(), target, vector), 0);
    std::vector<std::uint8_t> data(vector);
    for (std::size_t i = 0; i < data.size(); ++i)
        data[i] = static_cast<std::uint8_t>(i * 3 + 1);
    rig.write(3 * vector, data);
    // Driven at -1 one cycle after the read, at +1 two hops later.
    image copy = assemble(
        40 * vector,
        {{GROQ_ICU_MEM(GROQ_WEST, 0), {read_word(3, GROQ_STREAM_EAST(0))}},
         {GROQ_ICU_MEM(GROQ_EAST, 0), {nop(3), write_word(7, GROQ_STREAM_EAST(0))}}});
    ASSERT_EQ(run(copy), 0);
    EXPECT_EQ(rig.read(target, vector), data);
}

TEST_F(Run, NamesUnitCycleAndInstructionOfAFault) {
    instruction wrong =
        write_word(5, GROQ_STREAM_EAST(9)); // nothing comes on that stream
    EXPECT_EQ(run(program({nop(10), wrong})), EIO);
    expect_fault(GROQ_FAULT_STREAM_EMPTY);
    const drm_groq_result &result = rig.result();
    EXPECT_EQ(result.fault_unit, 0u);
    EXPECT_EQ(result.fault_cycle, 10u);
    EXPECT_EQ(result.fault_text, 42 * vector + sizeof(instruction));
    EXPECT_EQ(std::memcmp(result.fault_instruction, wrong.data(), wrong.size()), 0);
    EXPECT_EQ(result.reserved, 0u);
    EXPECT_EQ(result.expected, 0u);
}

TEST_F(Run, FaultsOnIllegalInstructions) {
    EXPECT_EQ(run(program({instruction{}})), EIO);
    expect_fault(GROQ_FAULT_ILLEGAL);
    EXPECT_EQ(run(program({idle()})), EIO); // a VXM's, in a MEM's queue
    expect_fault(GROQ_FAULT_ILLEGAL);
}

TEST_F(Run, FaultsOnSramOfOthers) {
    EXPECT_EQ(run(program({read_word(100, GROQ_STREAM_EAST(0))})), EIO);
    expect_fault(GROQ_FAULT_ACCESS);
    EXPECT_EQ(rig.result().fault_address, 100 * vector);
}

TEST_F(Run, FaultsWhenItTakesTooLong) {
    EXPECT_EQ(run(program({nop(60000), nop(1)}), 500), EIO);
    expect_fault(GROQ_FAULT_CYCLE_LIMIT);
}

TEST_F(Run, FaultsWhenItCanNeverEnd) {
    EXPECT_EQ(run(program({encode(GROQ_OPCODE_SYNC), nop(1)})), EIO);
    expect_fault(GROQ_FAULT_DEADLOCK);
}

TEST_F(Run, FaultsWhenTextIsMissing) {
    image starving = program({nop(1)});
    groq_launch launch;
    std::memcpy(&launch, starving.bytes.data(), sizeof launch);
    launch.count = GROQ_TEXT_INSTRUCTIONS + 1;
    std::vector<instruction> nops(GROQ_TEXT_INSTRUCTIONS, nop(1));
    starving = program(nops);
    std::memcpy(starving.bytes.data(), &launch, sizeof launch);
    EXPECT_EQ(run(starving), EIO);
    expect_fault(GROQ_FAULT_STARVED);
}

TEST_F(Run, FaultsOnABadLaunchTable) {
    image twice = assemble(40 * vector, {{0, {nop(1)}}, {0, {nop(1)}}});
    EXPECT_EQ(run(twice), EIO);
    EXPECT_EQ(rig.result().fault_cause,
              static_cast<std::uint32_t>(GROQ_FAULT_BAD_LAUNCH));
    EXPECT_EQ(rig.result(1).status, DRM_GROQ_STATUS_CANCELED);
}

TEST_F(Run, AFaultEndsItsJobAlone) {
    image wrong = program({instruction{}}), right = program({nop(100)});
    rig.write(right.address, right.bytes);
    ASSERT_EQ(device.reserve_at(rig.context(), 200 * vector, 20 * vector), 0);
    wrong = assemble(200 * vector, {{0, {instruction{}}}});
    rig.write(wrong.address, wrong.bytes);
    std::uint32_t sync = device.create_sync();
    buffer results(device, 8192);
    for (std::uint64_t i = 0; i < 20; ++i) {
        job work;
        const image &program = i % 3 ? right : wrong;
        ASSERT_EQ(work.nop()
                      .run(program.address, program.entries, 10000)
                      .nop()
                      .then(sync, i + 1)
                      .results(results, i * 3 * sizeof(drm_groq_result))
                      .push(device, rig.queue()),
                  0);
    }
    ASSERT_EQ(device.wait(sync, 20), 0);
    for (std::uint64_t i = 0; i < 20; ++i) {
        const auto *result =
            results.as<drm_groq_result>(i * 3 * sizeof(drm_groq_result));
        EXPECT_EQ(result[0].status, DRM_GROQ_STATUS_OK);
        EXPECT_EQ(result[1].status, i % 3 ? DRM_GROQ_STATUS_OK : DRM_GROQ_STATUS_FAULT);
        EXPECT_EQ(result[2].status,
                  i % 3 ? DRM_GROQ_STATUS_OK : DRM_GROQ_STATUS_CANCELED);
    }
}

TEST_F(Run, IsCounted) {
    auto count = [](const char *name) { return std::stoull(attribute(name)); };
    std::uint64_t done = count("programs_done"), faulted = count("programs_faulted");
    EXPECT_EQ(run(program({nop(1)})), 0);
    EXPECT_EQ(run(program({instruction{}})), EIO);
    EXPECT_EQ(count("programs_done"), done + 1);
    EXPECT_EQ(count("programs_faulted"), faulted + 1);
    std::string usage = read_file("/proc/self/fdinfo/" + std::to_string(device.fd()));
    EXPECT_EQ(usage.find("drm-cycles-program:\t0\n"), std::string::npos) << usage;
}

} // namespace
} // namespace groq::test
