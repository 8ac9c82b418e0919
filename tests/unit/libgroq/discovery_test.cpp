// SPDX-License-Identifier: MIT
//
// Cards of a machine that is a folder of files.
#include "discovery.hpp"

#include <cerrno>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "telemetry.hpp"
#include "unknown.hpp"

namespace groq {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class machine : public ::testing::Test {
protected:
    machine() {
        char name[] = "/tmp/groq-machine-XXXXXX";
        root = ::mkdtemp(name);
        paths = {root / "sys", root / "dev", root / "proc"};
        fs::create_directories(paths.sys / "bus/pci/devices");
    }
    ~machine() override { fs::remove_all(root); }

    static void write(const fs::path &file, const std::string &text) {
        fs::create_directories(file.parent_path());
        std::ofstream(file) << text;
    }

    // What the kernel shows of a PCI function; `id` is vendor and device.
    fs::path add_function(const std::string &address, std::uint32_t id,
                          std::uint16_t subsystem) {
        const auto device = paths.sys / "devices" / address;
        const auto word = [](unsigned value) {
            char text[16];
            std::snprintf(text, sizeof text, "0x%04x\n", value);
            return std::string(text);
        };
        write(device / "vendor", word(id >> 16));
        write(device / "device", word(id & 0xffff));
        write(device / "class", "0x120000\n");
        write(device / "irq", "0\n");
        write(device / "resource", "");
        write_config(device / "config", id, subsystem);
        fs::create_directory_symlink(device, paths.sys / "bus/pci/devices" / address);
        return device;
    }

    // The 64 bytes that everybody may read.
    static void write_config(const fs::path &file, std::uint32_t id,
                             std::uint16_t subsystem) {
        std::string bytes(64, '\0');
        const auto put = [&](std::size_t at, unsigned value) {
            bytes[at] = char(value & 0xff);
            bytes[at + 1] = char(value >> 8);
        };
        put(0x00, id >> 16);
        put(0x02, id & 0xffff);
        put(0x2c, 0x1de0);
        put(0x2e, subsystem);
        write(file, bytes);
    }

    fs::path add_card(const std::string &address, std::uint16_t subsystem = 0xc005) {
        const auto device = add_function(address, 0x1de00000, subsystem);
        write(device / "current_link_speed", "16.0 GT/s PCIe\n");
        write(device / "max_link_speed", "16.0 GT/s PCIe\n");
        write(device / "current_link_width", "8\n");
        write(device / "max_link_width", "16\n");
        return device;
    }

    void bind(const fs::path &device, const std::string &driver) {
        fs::create_directories(paths.sys / "bus/pci/drivers" / driver);
        fs::create_directory_symlink(paths.sys / "bus/pci/drivers" / driver,
                                     device / "driver");
    }

    void add_driver(const fs::path &device, unsigned index) {
        const auto name = "accel" + std::to_string(index);
        bind(device, "groq");
        write(paths.sys / "module/groq/version", "0.1.0\n");
        write(paths.sys / "module/groq/parameters/timeout_ms", "10000\n");
        fs::create_directories(device / "accel" / name);
        write(paths.dev / "accel" / name, "");
        write(device / "serial", "00ff00000000c0de\n");
        write(device / "firmware_version", "1.2.3\n");
        write(device / "sram_total", "230686720\n");
        write(device / "queues_total", "32\n");
        for (int link = 0; link < 11; ++link)
            write(device / "links" / ("link" + std::to_string(link)) / "state",
                  "down\n");
        write(device / "links/up", "0x0000\n");
        write(device / "clock_khz", "900000\n");
    }

    groq_device_info only() {
        const auto cards = find_cards(paths).value();
        EXPECT_EQ(cards.size(), 1u);
        return describe(cards.at(0), paths);
    }

    fs::path root;
    system_paths paths;
};

TEST_F(machine, without_pci_has_no_cards) {
    fs::remove_all(paths.sys);
    EXPECT_TRUE(find_cards(paths).value().empty());
}

TEST_F(machine, lists_cards_by_address_and_nothing_else) {
    add_card("0000:02:00.0");
    add_function("0000:00:1f.0", 0x80862918, 0);
    add_function("0000:03:00.0", 0x1de00001, 0xc005);
    add_card("0000:01:00.0");
    add_card("0001:00:00.0");
    const auto cards = find_cards(paths).value();
    ASSERT_EQ(cards.size(), 3u);
    EXPECT_EQ(cards[0].pci.address, "0000:01:00.0");
    EXPECT_EQ(cards[1].pci.address, "0000:02:00.0");
    EXPECT_EQ(cards[2].pci.address, "0001:00:00.0");
}

TEST_F(machine, knows_a_card_without_driver_by_what_pci_says) {
    add_card("0000:01:00.0");
    const auto info = only();
    EXPECT_STREQ(info.uri, "pci:0000:01:00.0");
    EXPECT_STREQ(info.board, "GC1-010B");
    EXPECT_STREQ(info.node, "");
    EXPECT_EQ(info.link_mts, 16000);
    EXPECT_EQ(info.link_width, 8);
    EXPECT_EQ(info.link_width_max, 16);
    EXPECT_EQ(info.sram_bytes, GROQ_UNKNOWN);
    EXPECT_EQ(info.serial, GROQ_UNKNOWN);
    EXPECT_THAT(info.reason, HasSubstr("modprobe groq"));
}

TEST_F(machine, names_the_boards) {
    add_card("0000:01:00.0", 0xc006);
    EXPECT_STREQ(only().board, "GC1-0109");
}

TEST_F(machine, shows_the_id_of_an_unknown_board) {
    add_card("0000:01:00.0", 0xc0ff);
    EXPECT_STREQ(only().board, "1de0:c0ff");
}

TEST_F(machine, tells_a_driver_that_did_not_take_the_card) {
    add_card("0000:01:00.0");
    write(paths.sys / "module/groq/version", "0.1.0\n");
    EXPECT_THAT(only().reason, HasSubstr("dmesg"));
}

TEST_F(machine, tells_another_driver) {
    bind(add_card("0000:01:00.0"), "vfio-pci");
    EXPECT_THAT(only().reason, HasSubstr("vfio-pci"));
}

TEST_F(machine, knows_a_card_with_driver) {
    add_driver(add_card("0000:01:00.0"), 3);
    const auto info = only();
    EXPECT_STREQ(info.uri, "accel:3");
    EXPECT_EQ(info.node, (paths.dev / "accel/accel3").string());
    EXPECT_STREQ(info.driver, "0.1.0");
    EXPECT_STREQ(info.firmware, "1.2.3");
    EXPECT_STREQ(info.reason, "");
    EXPECT_EQ(info.serial, 0xff00000000c0de);
    EXPECT_EQ(info.sram_bytes, 230686720);
    EXPECT_EQ(info.queues, 32);
    EXPECT_EQ(info.links, 11);
    EXPECT_EQ(info.clock_hz, 900000000);
    EXPECT_EQ(info.timeout_ms, 10000);
}

TEST_F(machine, shows_what_the_kernel_does_not_know_as_unknown) {
    const auto device = add_card("0000:01:00.0");
    write(device / "current_link_speed", "Unknown\n");
    write(device / "current_link_width", "0\n");
    fs::remove(device / "max_link_speed");
    write(device / "max_link_width", "255\n");
    const auto info = only();
    for (const auto number :
         {info.link_mts, info.link_mts_max, info.link_width, info.link_width_max})
        EXPECT_EQ(number, GROQ_UNKNOWN);
}

TEST_F(machine, finds_cards_by_node_address_and_serial_number) {
    add_card("0000:01:00.0");
    const auto device = add_card("0000:02:00.0");
    add_driver(device, 1);
    EXPECT_EQ(find_accel(1, paths).value().pci.address, "0000:02:00.0");
    EXPECT_EQ(find_address("0000:02:00.0", paths).value().accel, 1u);
    EXPECT_EQ(find_serial(0xff00000000c0de, paths).value().accel, 1u);
}

TEST_F(machine, says_which_cards_there_are_instead) {
    EXPECT_THAT(find_accel(0, paths).error().message(), HasSubstr("there is none"));
    add_driver(add_card("0000:02:00.0"), 1);
    for (const auto &missing :
         {find_accel(0, paths), find_address("0000:01:00.0", paths),
          find_serial(5, paths)}) {
        EXPECT_TRUE(missing.error() == errc::no_device);
        EXPECT_THAT(missing.error().message(), HasSubstr("pci:0000:02:00.0"));
    }
}

TEST_F(machine, says_when_the_card_lacks_its_driver) {
    add_card("0000:01:00.0");
    for (const auto &missing :
         {find_accel(0, paths), find_address("0000:01:00.0", paths)}) {
        EXPECT_TRUE(missing.error() == errc::no_driver);
        EXPECT_THAT(missing.error().message(), HasSubstr("modprobe groq"));
    }
}

TEST_F(machine, says_when_the_node_is_another_accelerator_s) {
    write(paths.dev / "accel/accel0", "");
    const auto other = find_accel(0, paths);
    EXPECT_TRUE(other.error() == errc::no_device);
    EXPECT_THAT(other.error().message(), HasSubstr("not a Groq card"));
}

TEST_F(machine, explains_why_a_node_cannot_be_opened) {
    const auto node = paths.dev / "accel/accel0";
    write(node, "");
    EXPECT_TRUE(cannot_open(node, ENODEV) == errc::no_device);
    EXPECT_TRUE(cannot_open(node, EMFILE) == errc::system);
    const auto denied = cannot_open(node, EACCES);
    EXPECT_TRUE(denied == errc::permission);
    EXPECT_EQ(denied.os_error(), EACCES);
    EXPECT_THAT(denied.message(), HasSubstr("60-groq.rules"));
}

TEST_F(machine, telemetry_is_what_the_driver_shows) {
    const auto device = add_card("0000:01:00.0");
    add_driver(device, 0);
    const std::pair<const char *, const char *> files[] = {
        {"state", "busy"},
        {"holders", "0\n4711\n4712"},
        {"throttle", "thermal power"},
        {"sram_used", "320"},
        {"links/up", "0x0005"},
        {"clock_actual_khz", "899000"},
        {"busy_ns", "18446744073709551615"},
        {"hwmon/hwmon4/temp1_input", "-5000"},
        {"hwmon/hwmon4/temp2_input", "31000"},
        {"hwmon/hwmon4/power1_input", "60000000"},
    };
    for (const auto &[file, text] : files)
        write(device / file, std::string(text) + "\n");
    groq_telemetry t{};
    ASSERT_TRUE(read_telemetry(find_accel(0, paths).value(), t));
    EXPECT_EQ(t.state, GROQ_STATE_BUSY);
    EXPECT_EQ(t.holders, 3);
    EXPECT_EQ(t.holder, 4711);
    EXPECT_EQ(t.throttle, 3);
    EXPECT_EQ(t.sram_used, 320);
    EXPECT_EQ(t.links_up, 5);
    EXPECT_EQ(t.clock_hz, 899000000);
    EXPECT_EQ(t.busy_ns, -1) << "all 64 bits come through";
    EXPECT_EQ(t.chip_mc, -5000);
    EXPECT_EQ(t.board_mc, 31000);
    EXPECT_EQ(t.power_uw, 60000000);
    EXPECT_EQ(t.core_ma, GROQ_UNKNOWN);
    EXPECT_EQ(t.ecc_corrected, GROQ_UNKNOWN);
}

TEST_F(machine, telemetry_knows_the_states_and_nobody_as_holder) {
    const auto device = add_card("0000:01:00.0");
    add_driver(device, 0);
    const auto card = find_accel(0, paths).value();
    const std::pair<const char *, std::int64_t> states[] = {
        {"ready", GROQ_STATE_READY},         {"busy", GROQ_STATE_BUSY},
        {"resetting", GROQ_STATE_RESETTING}, {"fatal", GROQ_STATE_FATAL},
        {"lost", GROQ_STATE_LOST},           {"unmanaged", GROQ_STATE_UNMANAGED},
        {"asleep", GROQ_STATE_ASLEEP},       {"new", GROQ_UNKNOWN}};
    write(device / "holders", "");
    write(device / "throttle", "none\n");
    for (const auto &[word, state] : states) {
        write(device / "state", std::string(word) + "\n");
        groq_telemetry t{};
        ASSERT_TRUE(read_telemetry(card, t));
        EXPECT_EQ(t.state, state);
        EXPECT_EQ(t.holders, 0);
        EXPECT_EQ(t.holder, 0);
        EXPECT_EQ(t.throttle, 0);
    }
}

TEST_F(machine, telemetry_of_a_card_that_went_says_so) {
    add_driver(add_card("0000:01:00.0"), 0);
    const auto card = find_accel(0, paths).value();
    fs::remove(paths.sys / "bus/pci/devices/0000:01:00.0");
    groq_telemetry t{};
    EXPECT_TRUE(read_telemetry(card, t).error() == errc::device_lost);
}

} // namespace
} // namespace groq
