// SPDX-License-Identifier: MIT
// Links without cables: what both ioctls and sysfs say, and refuse. With cables:
// tests/vm/cabled.py.
#include "card.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

#include <gtest/gtest.h>
#include <hw/groq_sram.h>

namespace groq::test {
namespace {

constexpr std::uint32_t samples_max = 1'048'575;

std::uint64_t pointer(const void *to) {
    return reinterpret_cast<std::uintptr_t>(to);
}

struct Links : testing::Test {
    card device;
    std::uint32_t count =
        static_cast<std::uint32_t>(device.parameter(DRM_GROQ_PARAM_LINKS));

    int ask(drm_groq_topology &arguments) const {
        return device.call(DRM_IOCTL_GROQ_TOPOLOGY, arguments);
    }
    int align(drm_groq_link_align arguments) const {
        return device.call(DRM_IOCTL_GROQ_LINK_ALIGN, arguments);
    }
};

using Topology = Links;

TEST_F(Topology, IsAFeature) {
    EXPECT_TRUE(device.parameter(DRM_GROQ_PARAM_FEATURES) & DRM_GROQ_FEATURE_LINKS);
}

TEST_F(Topology, CountsTheLinksWhateverRoomThereIs) {
    ASSERT_GT(count, 2u);
    for (const std::uint32_t room : {0u, 1u, 2u, count, GROQ_LINKS + 1u}) {
        std::vector<drm_groq_link> links(GROQ_LINKS + 1);
        std::memset(links.data(), 0xee, links.size() * sizeof links[0]);
        drm_groq_topology arguments{.links = room ? pointer(links.data()) : 0,
                                    .count = room};
        ASSERT_EQ(ask(arguments), 0);
        EXPECT_EQ(arguments.count, count);
        EXPECT_GE(arguments.generation, 1u);
        for (std::uint32_t link = 0; link < links.size(); ++link)
            EXPECT_EQ(links[link].state, link < room && link < count
                                             ? std::uint32_t{DRM_GROQ_LINK_DOWN}
                                             : 0xeeeeeeeeu)
                << link << " of " << room;
    }
}

TEST_F(Topology, SaysNothingOfPeersThatAreNotThere) {
    std::vector<drm_groq_link> links(count);
    drm_groq_topology arguments{.links = pointer(links.data()), .count = count};
    ASSERT_EQ(ask(arguments), 0);
    for (const drm_groq_link &link : links) {
        EXPECT_EQ(link.state, DRM_GROQ_LINK_DOWN);
        EXPECT_EQ(link.peer_link, 0u);
        EXPECT_EQ(link.peer_serial, 0u);
        EXPECT_EQ(link.lanes, 0u);
        EXPECT_EQ(link.rate_mbps, 0u);
        EXPECT_EQ(link.sent, 0u);
        EXPECT_EQ(link.received, 0u);
        EXPECT_EQ(link.corrected, 0u);
        EXPECT_EQ(link.uncorrected, 0u);
        EXPECT_EQ(link.downs, 0u);
    }
}

TEST_F(Topology, HasTheSameGenerationWhileNothingChanges) {
    drm_groq_topology first{}, second{};
    ASSERT_EQ(ask(first), 0);
    ASSERT_EQ(ask(second), 0);
    EXPECT_EQ(first.generation, second.generation);
    EXPECT_EQ(attribute("links/generation"), std::to_string(first.generation));
}

TEST_F(Topology, RefusesWhatItDoesNotKnow) {
    std::vector<drm_groq_link> links(count);
    const std::uint64_t place = pointer(links.data());
    for (const std::uint32_t flags : {1u, 0x80000000u}) {
        drm_groq_topology arguments{.links = place, .count = count, .flags = flags};
        EXPECT_EQ(ask(arguments), EINVAL);
    }
    drm_groq_topology room_for_none{.links = place}, nowhere{.count = count};
    EXPECT_EQ(ask(room_for_none), EINVAL);
    EXPECT_EQ(ask(nowhere), EINVAL);
}

TEST_F(Topology, RefusesRoomOutsideOfMemory) {
    for (const std::uint64_t place : {std::uint64_t{8}, ~std::uint64_t{7}}) {
        drm_groq_topology arguments{.links = place, .count = 1};
        EXPECT_EQ(ask(arguments), EFAULT);
    }
}

using Align = Links;

TEST_F(Align, RefusesWhatItDoesNotKnow) {
    device.create_context();
    EXPECT_EQ(align({.link = count, .samples = 1}), EINVAL);
    EXPECT_EQ(align({.link = ~0u, .samples = 1}), EINVAL);
    EXPECT_EQ(align({.link = 0, .samples = 0}), EINVAL);
    EXPECT_EQ(align({.link = 0, .samples = samples_max + 1}), EINVAL);
    EXPECT_EQ(align({.link = 0, .samples = 1, .flags = 2}), EINVAL);
    EXPECT_EQ(align({.link = 0, .samples = 1, .reserved = 1}), EINVAL);
}

TEST_F(Align, NeedsAContext) {
    EXPECT_EQ(align({.link = 0, .samples = 1}), ENOENT);
    const std::uint32_t context = device.create_context();
    EXPECT_EQ(align({.link = 0, .samples = 1}), ENOLINK);
    ASSERT_EQ(device.destroy_context(context), 0);
    EXPECT_EQ(align({.link = 0, .samples = 1}), ENOENT);
}

TEST_F(Align, FindsNobodyAtTheEndOfALinkThatIsDown) {
    device.create_context();
    for (std::uint32_t link = 0; link < count; ++link) {
        EXPECT_EQ(align({.link = link, .samples = samples_max}), ENOLINK);
        EXPECT_EQ(
            align({.link = link, .samples = 1, .flags = DRM_GROQ_LINK_ALIGN_ADJUST}),
            ENOLINK);
    }
}

// 0 or errno.
int write_to_link(const std::string &name, const std::string &text) {
    const std::string path = "/sys/class/accel/accel0/device/links/link1/" + name;
    const int file = ::open(path.c_str(), O_WRONLY);
    if (file < 0)
        return errno;
    const int error = ::write(file, text.data(), text.size()) < 0 ? errno : 0;
    ::close(file);
    return error;
}

TEST(LinkSysfs, KeepsWhatRootDisables) {
    EXPECT_EQ(attribute("links/link1/enabled"), "1");
    EXPECT_EQ(write_to_link("enabled", "0\n"), 0);
    EXPECT_EQ(attribute("links/link1/enabled"), "0");
    EXPECT_EQ(attribute("links/link0/enabled"), "1");
    EXPECT_EQ(write_to_link("retrain", "1\n"), ENOLINK);
    EXPECT_EQ(write_to_link("enabled", "7\n"), EINVAL);
    EXPECT_EQ(attribute("links/link1/enabled"), "0");
    EXPECT_EQ(write_to_link("enabled", "1\n"), 0);
    EXPECT_EQ(attribute("links/link1/enabled"), "1");
}

TEST(LinkSysfs, RefusesWhatItDoesNotKnow) {
    EXPECT_EQ(write_to_link("retrain", "1\n"), 0);
    EXPECT_EQ(write_to_link("retrain", "0\n"), EINVAL);
    EXPECT_EQ(write_to_link("retrain", "x\n"), EINVAL);
    EXPECT_EQ(write_to_link("prbs", "41\n"), EINVAL);
    EXPECT_EQ(write_to_link("prbs", "-1\n"), EINVAL);
    EXPECT_EQ(write_to_link("prbs", "x\n"), EINVAL);
    EXPECT_EQ(write_to_link("prbs", "20\n"), ENOLINK);
    EXPECT_EQ(attribute("links/link1/prbs"), "0 0");
}

} // namespace
} // namespace groq::test
