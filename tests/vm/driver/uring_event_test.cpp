// SPDX-License-Identifier: MIT
// Waiting for events of the card.
#include "ring.hpp"

#include <gtest/gtest.h>

namespace groq::test {
namespace {

constexpr std::uint64_t from_now = ~0ull;

void reset_the_card() {
    write_file("/sys/bus/pci/devices/" + address_of() + "/reset", "1");
}

struct Events : testing::Test {
    card device;
    ring door;

    void SetUp() override { ASSERT_EQ(door.error(), 0); }

    void wait(std::uint64_t data, std::uint64_t after,
              std::uint32_t events = DRM_GROQ_EVENT_ALL, std::uint64_t tag = 0) {
        door.prepare(device, DRM_GROQ_URING_WAIT,
                     drm_groq_uring_wait{
                         .after = after, .events = events, .flags = 0, .tag = tag},
                     data);
        door.submit();
    }
};

TEST_F(Events, AreNumberedAndNoneIsMissed) {
    wait(1, from_now);
    EXPECT_FALSE(door.has(1));
    reset_the_card();
    completion first = door.take(1);
    EXPECT_EQ(first.res, DRM_GROQ_EVENT_RESET);
    EXPECT_GE(first.extra, 1u);
    wait(2, first.extra);
    EXPECT_FALSE(door.has(2));
    // One that comes while nobody waits is told later.
    EXPECT_EQ(cancel(door, device, 77), 0);
    reset_the_card();
    completion second = door.take(2);
    EXPECT_EQ(second.res, DRM_GROQ_EVENT_RESET);
    EXPECT_EQ(second.extra, first.extra + 1);
    reset_the_card();
    wait(3, second.extra);
    completion third = door.take(3);
    EXPECT_EQ(third.res, DRM_GROQ_EVENT_RESET);
    EXPECT_EQ(third.extra, second.extra + 1);
    wait(4, 0, DRM_GROQ_EVENT_RESET);
    EXPECT_EQ(door.take(4).res, DRM_GROQ_EVENT_RESET);
}

TEST_F(Events, OfOtherKindsDoNotWake) {
    wait(1, from_now, DRM_GROQ_EVENT_ALARM | DRM_GROQ_EVENT_LINK | DRM_GROQ_EVENT_LOST,
         3);
    wait(2, from_now, DRM_GROQ_EVENT_RESET);
    reset_the_card();
    EXPECT_EQ(door.take(2).res, DRM_GROQ_EVENT_RESET);
    EXPECT_FALSE(door.has(1));
    EXPECT_EQ(cancel(door, device, 3), 1);
    EXPECT_EQ(door.take(1).res, -ECANCELED);
}

TEST_F(Events, WakeEveryoneWhoWaits) {
    card other;
    ring another;
    ASSERT_EQ(another.error(), 0);
    for (std::uint64_t i = 0; i < 20; ++i)
        wait(i, from_now);
    another.prepare(
        other, DRM_GROQ_URING_WAIT,
        drm_groq_uring_wait{.after = from_now, .events = DRM_GROQ_EVENT_ALL}, 1);
    another.submit();
    reset_the_card();
    for (std::uint64_t i = 0; i < 20; ++i)
        EXPECT_EQ(door.take(i).res, DRM_GROQ_EVENT_RESET);
    EXPECT_EQ(another.take(1).res, DRM_GROQ_EVENT_RESET);
}

TEST_F(Events, AreCheckedFor) {
    auto expect_invalid = [&](drm_groq_uring_wait wait) {
        EXPECT_EQ(door.execute(device, DRM_GROQ_URING_WAIT, wait).res, -EINVAL);
    };
    expect_invalid({.after = 0, .events = 0, .flags = 0, .tag = 0});
    for (int bit = 0; bit < 32; ++bit) {
        expect_invalid({.after = 0, .events = 1, .flags = 1u << bit, .tag = 0});
        if (!(DRM_GROQ_EVENT_ALL >> bit & 1))
            expect_invalid({.after = 0, .events = 1u << bit | 1, .flags = 0, .tag = 0});
    }
}

TEST_F(Events, AreWaitedForWithoutAContext) {
    wait(1, 1ull << 63, DRM_GROQ_EVENT_ALL, 1);
    EXPECT_FALSE(door.has(1));
    EXPECT_EQ(cancel(door, device, 1), 1);
    EXPECT_EQ(door.take(1).res, -ECANCELED);
}

TEST_F(Events, OfAnotherFileAreNotCanceled) {
    card other;
    wait(1, from_now, DRM_GROQ_EVENT_ALL, 4);
    EXPECT_EQ(cancel(door, other, 4), 0);
    EXPECT_FALSE(door.has(1));
    EXPECT_EQ(cancel(door, device, 4), 1);
    EXPECT_EQ(door.take(1).res, -ECANCELED);
}

} // namespace
} // namespace groq::test
