// SPDX-License-Identifier: MIT
// Two cards with a cable from link 0 of the first to link 3 of the second.
#include "card.hpp"
#include "program.hpp"
#include "ring.hpp"

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>
#include <hw/groq_queue.h>
#include <hw/groq_regs.h>

namespace groq::test {
namespace {

constexpr std::uint32_t links_of_end[] = {0, 3}; // of card 0 and of card 1
constexpr std::uint64_t endless = 1ull << 40;    // cycles: no program here reaches it

struct view {
    std::uint64_t generation = 0;
    std::vector<drm_groq_link> links;
};

view look(const card &device) {
    view seen{.links = std::vector<drm_groq_link>(GROQ_LINKS)};
    drm_groq_topology arguments{.links =
                                    reinterpret_cast<std::uintptr_t>(seen.links.data()),
                                .count = GROQ_LINKS};
    EXPECT_EQ(device.call(DRM_IOCTL_GROQ_TOPOLOGY, arguments), 0);
    seen.generation = arguments.generation;
    seen.links.resize(arguments.count);
    return seen;
}

// In training a link is on its way; it takes no time that matters.
view look_until(const card &device, std::uint32_t link, std::uint32_t state) {
    const auto deadline =
        std::chrono::steady_clock::now() + std::chrono::seconds(patience_seconds);
    for (;;) {
        view seen = look(device);
        if (seen.links[link].state == state)
            return seen;
        if (std::chrono::steady_clock::now() > deadline) {
            ADD_FAILURE() << "link " << link << " stays in " << seen.links[link].state;
            return seen;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

int align(const card &device, drm_groq_link_align &arguments) {
    return device.call(DRM_IOCTL_GROQ_LINK_ALIGN, arguments);
}

struct Cabled : testing::Test {
    card cards[2] = {card(0), card(1)};

    Cabled() {
        for (int end = 0; end < 2; ++end)
            look_until(cards[end], links_of_end[end], DRM_GROQ_LINK_UP);
    }
};

TEST_F(Cabled, EndsKnowEachOther) {
    for (int end = 0; end < 2; ++end) {
        const view seen = look(cards[end]);
        const std::uint32_t own = links_of_end[end];
        EXPECT_GT(seen.generation, 1u);
        for (std::uint32_t link = 0; link < seen.links.size(); ++link)
            EXPECT_TRUE(link == own || seen.links[link].state == DRM_GROQ_LINK_DOWN)
                << link;
        const drm_groq_link &link = seen.links[own];
        EXPECT_EQ(link.peer_serial, cards[1 - end].parameter(DRM_GROQ_PARAM_SERIAL));
        EXPECT_EQ(link.peer_link, links_of_end[1 - end]);
        EXPECT_EQ(link.lanes, 4u);
        EXPECT_EQ(link.rate_mbps, 100'000u);
        const std::string folder = "links/link" + std::to_string(own) + "/";
        EXPECT_EQ(attribute(folder + "state", end), "up");
        EXPECT_EQ(
            std::strtoull(attribute(folder + "peer_serial", end).c_str(), nullptr, 16),
            link.peer_serial);
        EXPECT_EQ(attribute(folder + "peer_link", end), std::to_string(link.peer_link));
        EXPECT_EQ(attribute(folder + "lanes", end), "4");
        EXPECT_EQ(attribute(folder + "rate_mbps", end), "100000");
        EXPECT_EQ(attribute(folder + "downs", end), std::to_string(link.downs));
        EXPECT_EQ(std::stoul(attribute("links/up", end), nullptr, 16), 1u << own);
    }
}

TEST_F(Cabled, OneSampleIsAllOfItsStatistics) {
    cards[0].create_context();
    drm_groq_link_align one{.link = 0, .samples = 1};
    ASSERT_EQ(align(cards[0], one), 0);
    EXPECT_GE(one.round_min, 2 * 202u);
    EXPECT_LE(one.round_min, 2 * 231u);
    EXPECT_EQ(one.round_max, one.round_min);
    EXPECT_EQ(one.round_sum, one.round_min);
    EXPECT_EQ(one.round_squares, one.round_sum * one.round_sum);
    EXPECT_EQ(one.period, std::uint32_t{GROQ_HAC_PERIOD_RESET});
}

TEST_F(Cabled, ManySamplesHaveTheSpreadOfTheCable) {
    cards[0].create_context();
    drm_groq_link_align many{.link = 0, .samples = 100'000};
    ASSERT_EQ(align(cards[0], many), 0);
    const double mean = double(many.round_sum) / many.samples;
    const double variance = double(many.round_squares) / many.samples - mean * mean;
    EXPECT_NEAR(mean / 2, 217, 1);
    EXPECT_NEAR(variance, 2 * 4.1 * 4.1, 4);
    EXPECT_LT(many.round_min, many.round_max);
    EXPECT_GE(many.round_min, 2 * 202u);
    EXPECT_LE(many.round_max, 2 * 231u);
}

TEST_F(Cabled, AdjustmentTakesTheOffsetAway) {
    cards[0].create_context();
    drm_groq_link_align first{
        .link = 0, .samples = 10'000, .flags = DRM_GROQ_LINK_ALIGN_ADJUST};
    ASSERT_EQ(align(cards[0], first), 0);
    EXPECT_LT(std::abs(first.offset), GROQ_HAC_PERIOD_RESET);
    for (int again = 0; again < 3; ++again) {
        drm_groq_link_align next{.link = 0, .samples = 10'000};
        ASSERT_EQ(align(cards[0], next), 0);
        EXPECT_LE(std::abs(next.offset), 1);
    }
}

TEST_F(Cabled, ChangesAreEvents) {
    ring door;
    ASSERT_EQ(door.error(), 0);
    const std::uint64_t before = look(cards[0]).generation;
    door.prepare(cards[0], DRM_GROQ_URING_WAIT,
                 drm_groq_uring_wait{.after = ~0ull, .events = DRM_GROQ_EVENT_LINK}, 1);
    door.submit();
    write_file("/sys/class/accel/accel1/device/links/link3/enabled", "0\n");
    EXPECT_EQ(door.take(1).res, DRM_GROQ_EVENT_LINK);
    view seen = look_until(cards[0], 0, DRM_GROQ_LINK_DOWN);
    EXPECT_GT(seen.generation, before);
    EXPECT_EQ(seen.links[0].peer_serial, 0u);
    EXPECT_EQ(seen.links[0].lanes, 0u);
    write_file("/sys/class/accel/accel1/device/links/link3/enabled", "1\n");
    EXPECT_GT(look_until(cards[0], 0, DRM_GROQ_LINK_UP).generation, seen.generation);
    look_until(cards[1], 3, DRM_GROQ_LINK_UP);
}

TEST_F(Cabled, WhoeverPollsTheGenerationIsWoken) {
    const int file =
        ::open("/sys/class/accel/accel1/device/links/generation", O_RDONLY);
    ASSERT_GE(file, 0);
    char text[32];
    ASSERT_GT(::read(file, text, sizeof text), 0);
    pollfd waiting{.fd = file, .events = POLLPRI};
    EXPECT_EQ(::poll(&waiting, 1, 0), 0);
    write_file("/sys/class/accel/accel0/device/links/link0/retrain", "1\n");
    EXPECT_EQ(::poll(&waiting, 1, patience_seconds * 1000), 1);
    EXPECT_TRUE(waiting.revents & POLLPRI);
    ::close(file);
    look_until(cards[0], 0, DRM_GROQ_LINK_UP);
    look_until(cards[1], 3, DRM_GROQ_LINK_UP);
}

// A program of one instruction in the queue of each link.
struct waiting {
    bench rig;
    image program;

    waiting(int number, std::uint32_t link)
        : rig(number), program(assemble(place(), {{GROQ_ICU_C2C(link), {nop(1)}}})) {
        rig.write(program.address, program.bytes);
    }
    std::uint64_t place() {
        const std::uint64_t address = rig.reserve(10 * GROQ_TEXT_BYTES);
        return (address + GROQ_TEXT_BYTES - 1) / GROQ_TEXT_BYTES * GROQ_TEXT_BYTES;
    }
    int execute() {
        job work;
        return rig.execute(work.run(program.address, program.entries, endless));
    }
};

TEST_F(Cabled, ProgramsWaitForEachOther) {
    waiting first(0, 0), second(1, 3);
    int ended = -1;
    std::thread other([&] { ended = first.execute(); });
    EXPECT_EQ(second.execute(), 0);
    other.join();
    EXPECT_EQ(ended, 0);
}

TEST_F(Cabled, AProgramWhoseLinkIsDownFaultsAndIsGuilty) {
    waiting lonely(0, 5);
    EXPECT_EQ(lonely.execute(), EIO);
    EXPECT_EQ(lonely.rig.result().status, DRM_GROQ_STATUS_FAULT);
    EXPECT_EQ(lonely.rig.result().fault_cause, std::uint32_t{GROQ_FAULT_LINK_DOWN});
    EXPECT_EQ(lonely.rig.result().fault_unit, std::uint32_t{GROQ_ICU_C2C(5)});
    drm_groq_context_query record{.id = lonely.rig.context()};
    ASSERT_EQ(lonely.rig.device().call(DRM_IOCTL_GROQ_CONTEXT_QUERY, record), 0);
    EXPECT_EQ(record.faults, 1u);
    EXPECT_EQ(record.resets, 0u);
}

TEST_F(Cabled, AProgramThatWaitsInVainTimesOutAndHarmsNobody) {
    parameter_set_to timeout("timeout_ms", "300");
    const std::string resets = attribute("resets");
    waiting lonely(0, 0);
    EXPECT_EQ(lonely.execute(), ETIME);
    EXPECT_EQ(lonely.rig.result().status, DRM_GROQ_STATUS_TIMEOUT);
    EXPECT_EQ(lonely.rig.result().fault_cause, std::uint32_t{GROQ_FAULT_ABORTED});
    EXPECT_EQ(lonely.rig.result().fault_unit, std::uint32_t{GROQ_ICU_C2C(0)});
    EXPECT_EQ(lonely.rig.result().fault_detail, 1u << 0);
    EXPECT_EQ(attribute("resets"), resets);
    EXPECT_EQ(look(cards[0]).links[0].state, DRM_GROQ_LINK_UP);
    EXPECT_EQ(lonely.execute(), ETIME) << "the queue goes on";
}

TEST_F(Cabled, AProgramThatWaitsIsCanceledAndNotMeasured) {
    waiting lonely(0, 0);
    const card &device = lonely.rig.device();
    const std::uint32_t sync = device.create_sync();
    job work;
    work.run(lonely.program.address, lonely.program.entries, endless).then(sync);
    work.submit.tag = 7;
    ASSERT_EQ(work.push(device, lonely.rig.queue()), 0);
    while (attribute("state") != "busy")
        std::this_thread::yield();
    drm_groq_link_align busy{.link = 0, .samples = 1};
    EXPECT_EQ(align(device, busy), EBUSY);
    EXPECT_EQ(look(device).links[0].open, DRM_GROQ_LINK_OPEN_HERE);
    EXPECT_EQ(attribute("links/link0/open"), "here");
    EXPECT_EQ(attribute("links/link3/open", 1), "closed");
    drm_groq_cancel cancel{.tag = 7};
    ASSERT_EQ(device.call(DRM_IOCTL_GROQ_CANCEL, cancel), 0);
    EXPECT_EQ(cancel.count, 1u);
    ASSERT_EQ(device.wait(sync), 0);
    EXPECT_EQ(device.error_of(sync), ECANCELED);
    EXPECT_EQ(align(device, busy), 0);
    EXPECT_EQ(attribute("links/link0/open"), "closed");
}

} // namespace
} // namespace groq::test
