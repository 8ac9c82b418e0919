// SPDX-License-Identifier: MIT
//
// What is asked of the links of a card, and how it is told.
#include "links.hpp"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <groq/device.hpp>

#include "card_fixture.hpp"

namespace groq {
namespace {

using ::testing::HasSubstr;

drm_groq_link seen_up(std::uint64_t serial, std::uint32_t peer) {
    drm_groq_link seen{};
    seen.state = DRM_GROQ_LINK_UP;
    seen.peer_serial = serial;
    seen.peer_link = peer;
    seen.lanes = 4;
    seen.rate_mbps = 100'000;
    seen.sent = 11;
    seen.received = 12;
    seen.corrected = 13;
    seen.uncorrected = 14;
    seen.downs = 15;
    seen.open = DRM_GROQ_LINK_OPEN_HERE;
    return seen;
}

class links_of_a_card : public on_fake_card {
protected:
    links_of_a_card() {
        card.links = {{seen_up(0, 5), {}}, 7};
        card.links.links[1].state = DRM_GROQ_LINK_DOWN;
    }

    groq::device device{groq_device::publish(open())};
};

TEST_F(links_of_a_card, are_told_one_by_one) {
    const auto seen = device.read_links().value();
    EXPECT_EQ(seen.generation, 7u);
    ASSERT_EQ(seen.links.size(), 2u);
    const auto &up = seen.links[0];
    EXPECT_EQ(state_of(up), link_state::up);
    EXPECT_EQ(up.peer_serial, 0) << "a serial number like any other";
    EXPECT_EQ(up.peer_link, 5);
    EXPECT_EQ(up.lanes, 4);
    EXPECT_EQ(up.rate_mbps, 100'000);
    EXPECT_EQ(up.sent, 11);
    EXPECT_EQ(up.received, 12);
    EXPECT_EQ(up.corrected, 13);
    EXPECT_EQ(up.uncorrected, 14);
    EXPECT_EQ(up.downs, 15);
    EXPECT_EQ(up.open, GROQ_LINK_OPEN_HERE);
    EXPECT_EQ(state_of(seen.links[1]), link_state::down);
    EXPECT_EQ(seen.links[1].peer_serial, GROQ_UNKNOWN);
    EXPECT_EQ(seen.links[1].peer_link, GROQ_UNKNOWN);
}

TEST_F(links_of_a_card, are_as_many_as_there_are_be_there_room_or_not) {
    std::size_t count = 0;
    EXPECT_EQ(groq_device_read_links(device.native(), nullptr, 0, &count, nullptr),
              GROQ_OK);
    EXPECT_EQ(count, 2u);
    card.links.links.resize(20, seen_up(1, 2));
    EXPECT_EQ(device.read_links().value().links.size(), 20u);
    EXPECT_EQ(device.read_links().value().links[19].peer_serial, 1);
}

TEST_F(links_of_a_card, are_cut_for_a_caller_who_knows_less_of_them) {
    struct {
        groq_link known[2];
        std::int64_t behind = 42;
    } caller{};
    constexpr auto size = offsetof(groq_link, peer_link);
    auto *bytes = reinterpret_cast<std::byte *>(caller.known);
    caller.known[0].size = size;
    std::size_t count = 0;
    ASSERT_EQ(groq_device_read_links(device.native(), caller.known, 2, &count, nullptr),
              GROQ_OK);
    const auto *second = reinterpret_cast<const groq_link *>(bytes + size);
    EXPECT_EQ(second->size, size);
    EXPECT_EQ(second->state, GROQ_LINK_STATE_DOWN);
    EXPECT_EQ(caller.known[1].downs, 0) << "written behind what the caller knows";
    EXPECT_EQ(caller.behind, 42);
}

TEST_F(links_of_a_card, need_arguments) {
    groq_link links[1]{};
    std::size_t count = 0;
    const auto *native = device.native();
    for (const int refused :
         {groq_device_read_links(nullptr, nullptr, 0, &count, nullptr),
          groq_device_read_links(native, nullptr, 1, &count, nullptr),
          groq_device_read_links(native, links, 1, &count, nullptr), // without a size
          groq_device_read_links(native, nullptr, 0, nullptr, nullptr),
          groq_links_read(nullptr, nullptr, 0, &count, nullptr),
          groq_links_read("accel:0", nullptr, 0, nullptr, nullptr),
          groq_device_align_link(nullptr, 0, 1, 0, nullptr)})
        EXPECT_EQ(refused, GROQ_ERROR_INVALID);
    EXPECT_EQ(count, 0u);
}

TEST_F(links_of_a_card, are_those_of_a_card_that_is_open_where_it_is_simulated) {
    EXPECT_TRUE(read_links("sim:").error() == errc::invalid);
    EXPECT_THAT(read_links("sim:").error().message(),
                HasSubstr("use groq_device_read_links"));
}

// Half of 400, 404 and 408 there and back.
TEST_F(links_of_a_card, are_measured_one_way) {
    drm_groq_link_align measured{};
    measured.period = 252;
    measured.round_min = 400;
    measured.round_max = 408;
    measured.round_sum = 400 + 404 + 408;
    measured.round_squares = 400 * 400 + 404 * 404 + 408 * 408;
    measured.offset = -3;
    card.alignments = {measured};
    const auto told = device.measure_link(0, 3).value();
    EXPECT_EQ(card.adjusted, 0);
    EXPECT_EQ(told.samples, 3u);
    EXPECT_EQ(told.period, 252u);
    EXPECT_EQ(told.latency_min, 200);
    EXPECT_EQ(told.latency_mean, 202);
    EXPECT_EQ(told.latency_max, 204);
    EXPECT_NEAR(told.latency_deviation, 1.63299, 1e-5);
    EXPECT_EQ(told.offset, -3);
    EXPECT_TRUE(device.align_to(0, 3));
    EXPECT_EQ(card.adjusted, 1);
    EXPECT_TRUE(device.align_to(1, 3).error() == errc::link);
}

TEST_F(links_of_a_card, take_samples_that_the_chip_can_count) {
    card.alignments.resize(1);
    for (const std::uint32_t samples : {0u, 1u << 20}) {
        const auto refused = device.measure_link(0, samples);
        EXPECT_TRUE(refused.error() == errc::invalid);
        EXPECT_THAT(refused.error().message(), HasSubstr("1 to 1048575 samples"));
    }
    EXPECT_TRUE(device.measure_link(0, (1 << 20) - 1));
    groq_alignment without_size{};
    EXPECT_EQ(groq_device_align_link(device.native(), 0, 1, 1, &without_size),
              GROQ_ERROR_INVALID);
    EXPECT_EQ(card.adjusted, 0);
}

TEST_F(links_of_a_card, of_one_that_has_gone_are_lost) {
    card.alignments.resize(1);
    card.failure = error(errc::device_lost, {});
    card.fail_at = card.calls;
    EXPECT_TRUE(device.measure_link(0, 1).error() == errc::device_lost);
}

class links_in_sysfs : public ::testing::Test {
protected:
    links_in_sysfs() {
        char name[] = "/tmp/groq-links-XXXXXX";
        card.sysfs = ::mkdtemp(name);
        card.pci.address = "0000:01:00.0";
    }
    ~links_in_sysfs() override { std::filesystem::remove_all(card.sysfs); }

    void write(const std::string &file, const std::string &text) const {
        std::filesystem::create_directories((card.sysfs / file).parent_path());
        std::ofstream(card.sysfs / file) << text << "\n";
    }

    found_card card;
};

TEST_F(links_in_sysfs, are_told_as_the_driver_shows_them) {
    write("links/generation", "12");
    const std::pair<const char *, const char *> files[] = {
        {"state", "degraded"},  {"peer_serial", "fedcba9876543210"},
        {"peer_link", "9"},     {"lanes", "3"},
        {"rate_mbps", "75000"}, {"sent", "1"},
        {"received", "2"},      {"corrected", "3"},
        {"uncorrected", "4"},   {"downs", "5"},
        {"open", "both"}};
    for (const auto &[file, text] : files)
        write(std::string("links/link0/") + file, text);
    write("links/link1/state", "down");
    write("links/link1/peer_serial", "0000000000000000");
    write("links/link1/peer_link", "0");
    const auto seen = read_links(card).value();
    EXPECT_EQ(seen.generation, 12u);
    ASSERT_EQ(seen.links.size(), 2u);
    const auto &degraded = seen.links[0];
    EXPECT_EQ(degraded.state, GROQ_LINK_STATE_DEGRADED);
    EXPECT_EQ(std::uint64_t(degraded.peer_serial), 0xfedcba9876543210u);
    EXPECT_EQ(degraded.peer_link, 9);
    EXPECT_EQ(degraded.lanes, 3);
    EXPECT_EQ(degraded.rate_mbps, 75'000);
    EXPECT_EQ(degraded.sent, 1);
    EXPECT_EQ(degraded.received, 2);
    EXPECT_EQ(degraded.corrected, 3);
    EXPECT_EQ(degraded.uncorrected, 4);
    EXPECT_EQ(degraded.downs, 5);
    EXPECT_EQ(degraded.open, GROQ_LINK_OPEN_BOTH);
    EXPECT_EQ(seen.links[1].state, GROQ_LINK_STATE_DOWN);
    EXPECT_EQ(seen.links[1].peer_serial, GROQ_UNKNOWN);
    EXPECT_EQ(seen.links[1].sent, GROQ_UNKNOWN);
    EXPECT_EQ(seen.links[1].open, GROQ_UNKNOWN);
}

TEST_F(links_in_sysfs, of_a_driver_of_another_time_are_as_far_as_they_are_known) {
    write("links/link0/state", "sideways");
    EXPECT_EQ(read_links(card).value().links[0].state, GROQ_UNKNOWN);
    EXPECT_EQ(read_links(card).value().generation, 0u);
}

TEST_F(links_in_sysfs, are_not_shown_by_an_old_driver) {
    const auto refused = read_links(card);
    EXPECT_TRUE(refused.error() == errc::too_old);
    EXPECT_THAT(refused.error().message(), HasSubstr("pci:0000:01:00.0"));
    EXPECT_THAT(refused.error().message(), HasSubstr("update it"));
}

TEST_F(links_in_sysfs, go_with_the_card) {
    std::filesystem::remove_all(card.sysfs);
    EXPECT_TRUE(read_links(card).error() == errc::device_lost);
}

} // namespace
} // namespace groq
