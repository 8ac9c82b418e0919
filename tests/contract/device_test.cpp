// SPDX-License-Identifier: MIT
//
// Who may have the card, and what it says of itself.
#include "card_under_test.hpp"

#include <csignal>

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

namespace groq::contract {
namespace {

using ::testing::HasSubstr;

TEST(device, tells_what_it_is) {
    const auto info = device(uri()).info().value();
    EXPECT_GT(info.sram_bytes, 0);
    EXPECT_EQ(info.sram_bytes % 320, 0);
    EXPECT_GT(info.queues, 0);
    EXPECT_EQ(info.clock_hz, 900000000);
    EXPECT_NE(info.serial, GROQ_UNKNOWN);
    EXPECT_NE(std::string(info.board), "");
    EXPECT_NE(std::string(info.driver), "");
    EXPECT_NE(std::string(info.firmware), "");
}

TEST(device, is_held_by_whoever_opened_it_and_names_him) {
    if (is_replayed())
        GTEST_SKIP() << "the holder of a recording is the process that was recorded";
    const device first(uri());
    for (const auto &other : {uri(), shared_uri()}) {
        const auto refused = device::open(other);
        ASSERT_FALSE(refused);
        EXPECT_TRUE(refused.error() == errc::held);
        EXPECT_EQ(refused.error().holder(), ::getpid());
    }
}

// A process that has the card for as long as it lives.
class holder {
public:
    holder() {
        int ready[2];
        EXPECT_EQ(::pipe(ready), 0);
        pid_ = ::fork();
        if (pid_ == 0)
            hold(ready[1]);
        ::close(ready[1]);
        EXPECT_EQ(::read(ready[0], &is_open_, sizeof is_open_),
                  ssize_t(sizeof is_open_));
        ::close(ready[0]);
    }
    holder(const holder &) = delete;
    ~holder() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }

    pid_t pid() const { return pid_; }
    bool is_open() const { return is_open_; }

private:
    [[noreturn]] static void hold(int ready) {
        const auto held = device::open(uri());
        const bool is_open = held.has_value();
        (void)!::write(ready, &is_open, sizeof is_open);
        for (;;)
            ::pause();
    }

    pid_t pid_;
    bool is_open_ = false;
};

TEST(device, held_by_another_process_names_it_and_is_free_when_that_is_killed) {
    if (is_simulated())
        GTEST_SKIP() << "simulated cards are each process's own";
    {
        const holder other;
        ASSERT_TRUE(other.is_open());
        const auto refused = device::open(uri());
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().holder(), other.pid());
        EXPECT_THAT(
            refused.error().message(),
            HasSubstr("pid " + std::to_string(other.pid()) + " (groq_contract"));
    }
    EXPECT_TRUE(device::open(uri()));
}

TEST(device, is_free_again_after_it_was_closed) {
    for (int i = 0; i < 3; ++i)
        EXPECT_TRUE(device::open(uri()));
}

TEST(device, is_shared_by_those_who_agree) {
    const device first(shared_uri());
    EXPECT_TRUE(device::open(shared_uri()));
    EXPECT_TRUE(device::open(uri()).error() == errc::held);
}

TEST(device, shared_gives_each_its_own_sram) {
    const device one(shared_uri()), two(shared_uri());
    const region mine(one, 320);
    const region theirs(two, 320);
    EXPECT_NE(mine.address(), theirs.address());
    queue queue(two);
    const buffer bytes(two, 320);
    job intruder(two);
    intruder.copy_in({bytes, 0, mine.address(), 320}).value();
    const auto end = queue.run(intruder, ample);
    ASSERT_FALSE(end);
    EXPECT_TRUE(end.error() == errc::access) << end.error().message();
}

TEST(device, that_does_not_exist_is_not_opened) {
    const auto none = device::open("pci:ffff:00:00.0");
    ASSERT_FALSE(none);
    EXPECT_TRUE(none.error() == errc::no_device);
    EXPECT_THAT(none.error().message(), HasSubstr("no card pci:ffff:00:00.0"));
}

TEST(device, stays_open_for_what_was_made_from_it) {
    auto first = std::make_unique<device>(uri());
    buffer kept(*first, 100);
    first.reset();
    EXPECT_TRUE(device::open(uri()).error() == errc::held);
    kept = buffer(static_cast<groq_buffer *>(nullptr));
    EXPECT_TRUE(device::open(uri()));
}

TEST_F(card, telemetry_tells_the_holder_and_what_is_in_use) {
    if (is_replayed())
        GTEST_SKIP() << "the holder of a recording is the process that was recorded";
    const auto before = device.read_telemetry().value();
    EXPECT_EQ(before.holder, ::getpid());
    EXPECT_EQ(before.holders, 1);
    EXPECT_GT(before.chip_mc, 0);
    EXPECT_GT(before.power_uw, 0);
    EXPECT_GT(before.chip_crit_mc, before.chip_max_mc);
    EXPECT_EQ(before.state, GROQ_STATE_READY);
    const region region(device, 3200);
    const groq::queue another(device);
    const auto after = device.read_telemetry().value();
    EXPECT_EQ(after.sram_used - before.sram_used, 3200);
    EXPECT_EQ(after.queues_used - before.queues_used, 1);
}

TEST_F(card, telemetry_counts_work) {
    const auto before = device.read_telemetry().value();
    const image image(device, load_program(adder(2, 1)));
    job job(image);
    run(job);
    const auto after = device.read_telemetry().value();
    EXPECT_EQ(after.programs_done - before.programs_done, 1);
    EXPECT_GE(after.bytes_in - before.bytes_in, 640);
    EXPECT_GE(after.bytes_out - before.bytes_out, 640);
}

TEST_F(card, telemetry_needs_no_open_card) {
    const auto seen = read_telemetry(uri());
    if (is_simulated()) {
        EXPECT_TRUE(seen.error() == errc::invalid);
    } else {
        EXPECT_EQ(seen.value().holder, ::getpid());
    }
}

} // namespace
} // namespace groq::contract
