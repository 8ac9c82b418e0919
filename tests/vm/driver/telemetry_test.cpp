// SPDX-License-Identifier: MIT
// sysfs, hwmon and fdinfo, as docs/sysfs.md promises them, to everybody.
#include "card.hpp"
#include "program.hpp"

#include <fcntl.h>
#include <filesystem>
#include <map>
#include <regex>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

#include <drm.h>
#include <gtest/gtest.h>

namespace groq::test {
namespace {

const std::map<std::string, std::regex> promised = {
    {"serial", std::regex("[0-9a-f]{16}")},
    {"hw_version", std::regex(R"(\d+\.\d+)")},
    {"firmware_version", std::regex(R"(\d+\.\d+\.\d+)")},
    {"state", std::regex("ready|busy|resetting|fatal|lost")},
    {"holders", std::regex(R"((\d+\n)*\d*)")},
    {"sram_total", std::regex(R"(\d+)")},
    {"sram_used", std::regex(R"(\d+)")},
    {"queues_total", std::regex(R"(\d+)")},
    {"queues_used", std::regex(R"(\d+)")},
    {"clock_khz", std::regex(R"(\d+)")},
    {"clock_actual_khz", std::regex(R"(\d+)")},
    {"throttle", std::regex("none|thermal|power|thermal power")},
    {"links/generation", std::regex(R"([1-9]\d*)")},
    {"links/up", std::regex("0x[0-9a-f]{4}")},
    {"uptime_s", std::regex(R"(\d+)")},
    {"heartbeat", std::regex(R"(\d+)")},
    {"busy_ns", std::regex(R"(\d+)")},
    {"programs_done", std::regex(R"(\d+)")},
    {"programs_faulted", std::regex(R"(\d+)")},
    {"bytes_in", std::regex(R"(\d+)")},
    {"bytes_out", std::regex(R"(\d+)")},
    {"ecc_corrected", std::regex(R"(\d+)")},
    {"ecc_uncorrected", std::regex(R"(\d+)")},
    {"resets", std::regex(R"(\d+)")},
};

bool everybody_may_only_read(const std::string &path) {
    struct stat status {};
    return stat(path.c_str(), &status) == 0 && (status.st_mode & 0777) == 0444;
}

TEST(Sysfs, HasWhatItPromises) {
    for (const auto &[name, form] : promised) {
        EXPECT_TRUE(std::regex_match(attribute(name), form))
            << name << ": " << attribute(name);
        EXPECT_TRUE(everybody_may_only_read("/sys/class/accel/accel0/device/" + name));
    }
}

TEST(Sysfs, ShowsUse) {
    EXPECT_EQ(attribute("sram_used"), "0");
    std::uint64_t queues = std::stoull(attribute("queues_used"));
    bench rig;
    rig.reserve(320 * 10);
    EXPECT_EQ(attribute("sram_used"), "3200");
    EXPECT_EQ(attribute("queues_used"), std::to_string(queues + 1));
    EXPECT_EQ(attribute("sram_used", 1), "0");
}

TEST(Sysfs, DescribesTheLink) {
    EXPECT_EQ(attribute("current_link_speed"), "16.0 GT/s PCIe");
    EXPECT_EQ(attribute("current_link_width"), "16");
}

TEST(Hwmon, HasPlausibleSensors) {
    std::filesystem::directory_iterator hwmon("/sys/class/accel/accel0/device/hwmon");
    std::string folder = hwmon->path().string() + "/";
    EXPECT_EQ(read_file(folder + "name"), "groq");
    auto within = [&](const char *name, long low, long high) {
        long value = std::stol(read_file(folder + name));
        EXPECT_GE(value, low) << name;
        EXPECT_LE(value, high) << name;
        EXPECT_TRUE(everybody_may_only_read(folder + name));
    };
    within("temp1_input", 10'000, 105'000);
    within("temp1_max", 90'000, 90'000);
    within("temp1_crit", 105'000, 105'000);
    within("temp2_input", 10'000, 105'000);
    within("power1_input", 10'000'000, 375'000'000);
    within("power1_cap", 75'000'000, 375'000'000);
    within("in0_input", 500, 1500);
    within("curr1_input", 1'000, 400'000);
    EXPECT_EQ(read_file(folder + "temp1_label"), "chip");
    EXPECT_EQ(read_file(folder + "temp2_label"), "board");
    EXPECT_EQ(read_file(folder + "power1_label"), "card");
    EXPECT_EQ(read_file(folder + "in0_label"), "vcore");
    EXPECT_EQ(read_file(folder + "curr1_label"), "icore");
}

std::map<std::string, std::string> usage_of(const card &device) {
    std::istringstream text(
        read_file("/proc/self/fdinfo/" + std::to_string(device.fd())));
    std::map<std::string, std::string> usage;
    for (std::string line; std::getline(text, line);)
        if (std::size_t colon = line.find(":\t"); colon != std::string::npos)
            usage[line.substr(0, colon)] = line.substr(colon + 2);
    return usage;
}

TEST(Fdinfo, TellsWhatTheClientUses) {
    bench rig;
    std::uint64_t sram = rig.reserve(3200);
    buffer host(rig.device(), 1 << 20);
    job work;
    ASSERT_EQ(
        rig.execute(work.copy_in(host, 0, sram, 1234).copy_out(host, 0, sram, 567)), 0);
    auto usage = usage_of(rig.device());
    EXPECT_EQ(usage["drm-driver"], "groq");
    EXPECT_EQ(usage["drm-pdev"], address_of());
    EXPECT_EQ(usage["drm-total-sram"], "3200");
    EXPECT_EQ(usage["drm-resident-sram"], "3200");
    EXPECT_EQ(usage["groq-bytes-in"], "1234");
    EXPECT_EQ(usage["groq-bytes-out"], "567");
    EXPECT_EQ(usage["drm-engine-program"], "0 ns");
    EXPECT_EQ(usage["drm-cycles-program"], "0");
    EXPECT_EQ(usage["drm-maxfreq-program"], "900000000 Hz");
    EXPECT_EQ(usage["drm-total-memory"], "1032 KiB"); // and two pages of results
    EXPECT_EQ(usage["drm-resident-memory"], "1032 KiB");
    EXPECT_NE(usage["drm-client-id"], "");
}

TEST(Fdinfo, CountsTheCyclesOfPrograms) {
    bench rig;
    std::uint64_t address = rig.reserve(10 * GROQ_TEXT_BYTES);
    address = (address + GROQ_TEXT_BYTES - 1) / GROQ_TEXT_BYTES * GROQ_TEXT_BYTES;
    image program = assemble(address, {{GROQ_ICU_VXM(0), {nop(9000), nop(1)}}});
    rig.write(program.address, program.bytes);
    std::uint64_t cycles = 0;
    for (int i = 0; i < 3; ++i) {
        job work;
        ASSERT_EQ(rig.execute(work.run(program.address, program.entries, 10000)), 0);
        ASSERT_GT(rig.result().value, 9000u);
        cycles += rig.result().value;
    }
    auto usage = usage_of(rig.device());
    EXPECT_EQ(usage["drm-cycles-program"], std::to_string(cycles));
    EXPECT_EQ(usage["drm-engine-program"],
              std::to_string(cycles * 1'000'000 / 900'000) + " ns");
    card idle; // another client
    EXPECT_EQ(usage_of(idle)["drm-cycles-program"], "0");
    EXPECT_NE(usage_of(idle)["drm-client-id"], usage["drm-client-id"]);
}

// Keys of drm-usage-stats.rst. Without a buffer the kernel leaves out "resident".
TEST(Fdinfo, HasAllKindsOfMemory) {
    card device;
    auto of = [&](const char *kind) {
        return usage_of(device).at(std::string("drm-") + kind + "-memory");
    };
    for (const char *kind : {"total", "shared", "active"})
        EXPECT_EQ(of(kind), "0");
    buffer host(device, 1 << 20);
    EXPECT_EQ(of("total"), "1 MiB");
    EXPECT_EQ(of("resident"), "1 MiB");
    EXPECT_EQ(of("shared"), "0");
    EXPECT_EQ(of("active"), "0");
    drm_prime_handle share{.handle = host.handle(), .flags = DRM_CLOEXEC, .fd = -1};
    ASSERT_EQ(device.call(DRM_IOCTL_PRIME_HANDLE_TO_FD, share), 0);
    EXPECT_EQ(of("shared"), "1 MiB");
    ::close(share.fd);
    EXPECT_EQ(of("total"), "1 MiB");
    EXPECT_EQ(usage_of(device).at("drm-total-sram"), "0");
    EXPECT_EQ(usage_of(device).at("drm-resident-sram"), "0");
}

} // namespace
} // namespace groq::test
