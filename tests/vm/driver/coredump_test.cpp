// SPDX-License-Identifier: MIT
// What the driver leaves in /sys/class/devcoredump.
#include "card.hpp"
#include "endless.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <thread>
#include <unistd.h>

#include <drm/groq_coredump.h>
#include <gtest/gtest.h>
#include <hw/groq_regs.h>

namespace groq::test {
namespace {

namespace fs = std::filesystem;

const fs::path dumps = "/sys/class/devcoredump";

std::optional<fs::path> pending() {
    if (fs::exists(dumps))
        for (const auto &entry : fs::directory_iterator(dumps))
            if (fs::exists(entry.path() / "data"))
                return entry.path() / "data";
    return {};
}

void discard() {
    while (auto file = pending()) {
        std::ofstream(*file) << "x";
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
}

class dump {
public:
    // Waits for the next one, and takes it away.
    dump() {
        for (int tries = 0; tries < patience_seconds * 100 && !pending(); ++tries)
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        EXPECT_TRUE(pending());
        if (!pending())
            return;
        std::ifstream file(*pending(), std::ios::binary);
        bytes_.assign(std::istreambuf_iterator<char>(file), {});
        discard();
    }

    groq_coredump header() const {
        groq_coredump header{};
        EXPECT_GE(bytes_.size(), sizeof header);
        if (bytes_.size() >= sizeof header)
            std::memcpy(&header, bytes_.data(), sizeof header);
        return header;
    }

    template <typename entry>
    std::vector<entry> section(groq_coredump_type type) const {
        std::vector<entry> list;
        for (std::uint32_t i = 0; i < header().section_count; ++i) {
            groq_coredump_section place;
            std::memcpy(&place, &bytes_.at(sizeof(groq_coredump) + i * sizeof place),
                        sizeof place);
            if (place.type != type)
                continue;
            EXPECT_EQ(place.entry_bytes, sizeof(entry));
            EXPECT_EQ(place.offset % 8, 0u);
            EXPECT_LE(place.offset + place.count * sizeof(entry), bytes_.size());
            list.resize(place.count);
            std::memcpy(list.data(), bytes_.data() + place.offset,
                        place.count * sizeof(entry));
        }
        return list;
    }

    const std::string &bytes() const { return bytes_; }

private:
    std::string bytes_;
};

class Coredump : public testing::Test {
protected:
    void SetUp() override {
        if (!fs::exists(dumps))
            GTEST_SKIP() << "a kernel without CONFIG_DEV_COREDUMP";
        discard();
    }
};

void expect_header(const dump &found, groq_coredump_reason reason) {
    groq_coredump header = found.header();
    EXPECT_EQ(header.magic, GROQ_COREDUMP_MAGIC);
    EXPECT_EQ(header.version, GROQ_COREDUMP_VERSION);
    EXPECT_EQ(header.reason, static_cast<std::uint32_t>(reason));
    EXPECT_EQ(header.bytes, found.bytes().size());
    EXPECT_LT(header.bytes, 1u << 20);
    EXPECT_EQ(header.pci, address_of());
    EXPECT_EQ(header.serial, std::stoull(attribute("serial"), nullptr, 16));
    EXPECT_GT(header.device_time_ns, 0u);
    EXPECT_EQ(header.hw_version, card().parameter(DRM_GROQ_PARAM_HW_VERSION));
    EXPECT_EQ(header.kernel, read_file("/proc/sys/kernel/osrelease"));
    EXPECT_EQ(header.driver, read_file("/sys/module/groq/version"));
    EXPECT_EQ(header.resets, std::stoul(attribute("resets")));
}

image load(bench &rig, const std::vector<instruction> &code) {
    std::uint64_t address = rig.reserve(10 * GROQ_TEXT_BYTES);
    address = (address + GROQ_TEXT_BYTES - 1) / GROQ_TEXT_BYTES * GROQ_TEXT_BYTES;
    image made = assemble(address, {{GROQ_ICU_VXM(0), code}});
    rig.write(address, made.bytes);
    return made;
}

TEST_F(Coredump, TellsOfAFault) {
    bench rig;
    image wrong = load(rig, {nop(3), instruction{}});
    job work;
    ASSERT_EQ(rig.execute(work.nop().run(wrong.address, wrong.entries, 1000)), EIO);
    dump found;
    expect_header(found, GROQ_COREDUMP_FAULT);
    auto faults = found.section<groq_coredump_fault>(GROQ_COREDUMP_FAULTS);
    ASSERT_EQ(faults.size(), 1u);
    const drm_groq_result &result = rig.result(1);
    EXPECT_EQ(faults[0].status, result.status);
    EXPECT_EQ(faults[0].cause, result.fault_cause);
    EXPECT_EQ(faults[0].cycle, result.fault_cycle);
    EXPECT_EQ(faults[0].address, result.fault_address);
    EXPECT_EQ(faults[0].unit, result.fault_unit);
    EXPECT_EQ(faults[0].text, result.fault_text);
    EXPECT_EQ(faults[0].detail, result.fault_detail);
    EXPECT_EQ(std::memcmp(faults[0].instruction, result.fault_instruction, 16), 0);
    EXPECT_EQ(faults[0].command, 1u);
    EXPECT_EQ(faults[0].pid, getpid());
    EXPECT_STREQ(faults[0].comm, "driver_coredump");
    EXPECT_EQ(found.header().queue, faults[0].queue);
}

TEST_F(Coredump, TellsOfATimeoutAndWhatWasInTheQueues) {
    card device;
    endless work(device, device.create_context());
    job behind;
    std::uint32_t done = device.create_sync();
    ASSERT_EQ(behind.nop().after(work.sync()).then(done).push(device, work.queue()), 0);
    parameter_set_to timeout("timeout_ms", "200");
    EXPECT_EQ(work.error(), ETIME);
    EXPECT_EQ(device.wait(done), 0);
    dump found;
    expect_header(found, GROQ_COREDUMP_TIMEOUT);
    EXPECT_TRUE(found.section<groq_coredump_fault>(GROQ_COREDUMP_FAULTS).empty());

    auto jobs = found.section<groq_coredump_job>(GROQ_COREDUMP_JOBS);
    ASSERT_EQ(jobs.size(), 2u);
    EXPECT_EQ(jobs[0].queue, found.header().queue);
    EXPECT_EQ(jobs[0].state, 1u);
    EXPECT_EQ(jobs[0].commands, 2u);
    EXPECT_EQ(jobs[0].done, 0u);
    EXPECT_EQ(jobs[1].state, 0u);
    EXPECT_EQ(jobs[1].seqno, jobs[0].seqno + 1);

    auto commands = found.section<groq_coredump_command>(GROQ_COREDUMP_COMMANDS);
    ASSERT_EQ(commands.size(), 3u);
    EXPECT_EQ(commands[0].type, static_cast<std::uint32_t>(DRM_GROQ_COMMAND_RUN));
    EXPECT_EQ(commands[0].size, ~0ull);
    EXPECT_EQ(commands[1].type, static_cast<std::uint32_t>(DRM_GROQ_COMMAND_NOP));

    auto queues = found.section<groq_coredump_queue>(GROQ_COREDUMP_QUEUES);
    ASSERT_EQ(queues.size(), 2u); // and the driver's own
    auto own = std::ranges::find(queues, 0, &groq_coredump_queue::pid);
    auto ours = std::ranges::find(queues, getpid(), &groq_coredump_queue::pid);
    ASSERT_NE(own, queues.end());
    ASSERT_NE(ours, queues.end());
    EXPECT_EQ(ours->index, found.header().queue);
    EXPECT_EQ(ours->state, 1u);
    EXPECT_TRUE(ours->status & GROQ_QUEUE_ACTIVE);
    EXPECT_EQ(ours->seqno, jobs[1].seqno);
    EXPECT_STREQ(ours->comm, "driver_coredump");
}

TEST_F(Coredump, HasRegistersButNoBusAddresses) {
    card device;
    endless work(device, device.create_context());
    parameter_set_to timeout("timeout_ms", "200");
    EXPECT_EQ(work.error(), ETIME);
    dump found;
    std::set<std::uint32_t> offsets;
    for (auto entry : found.section<groq_coredump_register>(GROQ_COREDUMP_REGISTERS)) {
        EXPECT_TRUE(offsets.insert(entry.offset).second) << entry.offset;
        if (entry.offset == GROQ_ID) {
            EXPECT_EQ(entry.value, GROQ_ID_MAGIC);
        }
        if (entry.offset == GROQ_STATUS) {
            EXPECT_TRUE(entry.value & GROQ_STATUS_RUNNING);
        }
    }
    EXPECT_TRUE(offsets.contains(GROQ_ID) && offsets.contains(GROQ_STATUS));
    std::uint32_t page = GROQ_QUEUE(found.header().queue);
    EXPECT_TRUE(offsets.contains(page + GROQ_QUEUE_SQ_HEAD));
    EXPECT_TRUE(offsets.contains(page + GROQ_QUEUE_WINDOW(0) + GROQ_WINDOW_BASE));
    for (std::uint32_t base :
         {GROQ_QUEUE_SQ_BASE, GROQ_QUEUE_CQ_BASE, GROQ_QUEUE_FAULT_BASE})
        for (std::uint32_t half : {0, 4})
            EXPECT_FALSE(offsets.contains(page + base + half));
}

TEST_F(Coredump, KeepsTheFirstOfMany) {
    bench rig;
    image wrong = load(rig, {instruction{}});
    for (int i = 0; i < 50; ++i) {
        job work;
        ASSERT_EQ(rig.execute(work.run(wrong.address, wrong.entries, 1000)), EIO);
    }
    dump found;
    EXPECT_EQ(found.section<groq_coredump_fault>(GROQ_COREDUMP_FAULTS).size(), 1u);
}

TEST_F(Coredump, HasABoundHoweverMuchWaits) {
    card device;
    std::uint32_t context = device.create_context();
    endless work(device, context);
    for (int i = 0; i < 300; ++i) {
        job behind;
        for (int command = 0; command < 16; ++command)
            behind.nop();
        ASSERT_EQ(behind.push(device, work.queue()), 0);
    }
    parameter_set_to timeout("timeout_ms", "200");
    EXPECT_EQ(work.error(), ETIME);
    dump found;
    expect_header(found, GROQ_COREDUMP_TIMEOUT);
    auto jobs = found.section<groq_coredump_job>(GROQ_COREDUMP_JOBS);
    auto commands = found.section<groq_coredump_command>(GROQ_COREDUMP_COMMANDS);
    ASSERT_FALSE(jobs.empty());
    EXPECT_LT(jobs.size(), 300u);
    EXPECT_EQ(jobs[0].commands, 2u); // the one that hangs
    std::size_t count = 0;
    for (const groq_coredump_job &one : jobs)
        count += one.commands;
    EXPECT_EQ(commands.size(), count); // whole jobs
}

} // namespace
} // namespace groq::test
