// SPDX-License-Identifier: MIT
// What the text of one chip tells about its links.
#include "asm/check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "asm/queue.hpp"
#include "asm/schedule.hpp"
#include "assembled.hpp"

namespace groq::assembly::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Field;
using testing::HasSubstr;
using testing::Not;

// Sends of what stands on w0 at the west edge, in these cycles after cycle 20.
std::vector<diagnostic> sends_at(const std::vector<unsigned> &cycles) {
    std::string source = scheduled + R"(
        .queue  mem.w.0
        @1 read w0, 0
        repeat  300, 1
        .queue  c2c.2
)";
    for (const unsigned cycle : cycles)
        source += "@" + std::to_string(20 + cycle) + " send w0\n";
    return check(build(source));
}

const auto is_busy = Contains(AllOf(Field(&diagnostic::error, true),
                                    Field(&diagnostic::cause, GROQ_FAULT_LINK_BUSY)));

TEST(check_links, lets_vectors_follow_as_fast_as_the_wire_takes_them) {
    EXPECT_THAT(sends_at({0, 23, 47, 70, 94, 118, 141}), Not(is_busy));
    EXPECT_THAT(sends_at({0, 24, 48, 72, 96, 120}), Not(is_busy));
    EXPECT_THAT(sends_at({0, 30, 53, 77}), Not(is_busy)); // idle for a while
}

TEST(check_links, finds_a_wire_that_is_taken) {
    EXPECT_THAT(sends_at({0, 22}), is_busy);
    EXPECT_THAT(sends_at({0, 23, 46}), is_busy);
    const auto found = sends_at({0, 23, 47, 70, 93});
    ASSERT_THAT(found, is_busy);
    EXPECT_EQ(found[0].cycle, 113U);
    EXPECT_EQ(found[0].icu, GROQ_ICU_C2C(2));
}

TEST(check_links, counts_a_notification_as_a_vector) {
    EXPECT_THAT(check(build(R"(
        .entry  main
        .queue  c2c.0
        transmit
        nop     21
        transmit
)")),
                is_busy);
}

TEST(check_links, takes_links_to_be_at_the_edges) {
    EXPECT_THAT(check(build(scheduled + R"(
        .queue  mem.e.0         ; position 1
        @0 read e0, 0
        .queue  c2c.1           ; position 13
        @13 send e0
)")),
                Not(Contains(Field(&diagnostic::error, true))));
    EXPECT_THAT(check(build(scheduled + R"(
        .queue  c2c.3
        @0 receive w0
        .queue  mem.e.0
        @13 write w0, 0
)")),
                Not(Contains(Field(&diagnostic::error, true))));
}

const std::string aligned = R"(
        .queue  c2c.0
        @0 await 0, 1
        deskew
        notify
)";

TEST(check_links, warns_of_what_cannot_be_compared) {
    const auto early =
        HasSubstr("issues while c2c.0 aligns since cycle 0: how the two compare");
    EXPECT_THAT(check(build(scheduled + aligned + R"(
        .queue  vxm.0
        @5 copy i8, 1
)")),
                Contains(Field(&diagnostic::message, early)));
    EXPECT_THAT(check(build(scheduled + aligned + R"(
        .queue  vxm.0
        sync
        @37 copy i8, 1          ; released by the notify of cycle 2
)")),
                testing::IsEmpty());
}

TEST(check_links, leave_the_length_of_what_aligns_open) {
    EXPECT_EQ(build(scheduled + aligned).entries[0].cycles, 0U);
    EXPECT_EQ(build(scheduled + R"(
        .queue  c2c.0
        transmit
)")
                  .entries[0]
                  .cycles,
              21U);
}

TEST(check_links, wait_as_long_as_deskew_runtime_says) {
    schedule plan("main");
    plan.at(3, GROQ_ICU_C2C(0), make<GROQ_OPCODE_DESKEW_RUNTIME>({.cycles = 40}));
    plan.at(43, GROQ_ICU_C2C(0), make<GROQ_OPCODE_TRANSMIT>());
    EXPECT_EQ(plan.bursts(GROQ_ICU_C2C(0)).size(), 2U);
    const program source = build(R"(
        .entry  main
        .queue  c2c.0
        deskew.runtime 40
        transmit
)");
    timeline time(source);
    findings found("main");
    std::uint64_t last = 0;
    time.follow(source.entries[0], found, [&](const issue &now) { last = now.cycle; });
    EXPECT_EQ(last, 40U);
}

TEST(check_links, repeat_only_send_and_receive) {
    schedule plan("main");
    for (unsigned i = 0; i < 5; ++i) {
        plan.at(24 * i, GROQ_ICU_C2C(0), make<GROQ_OPCODE_TRANSMIT>());
        plan.at(24 * i, GROQ_ICU_C2C(1), make<GROQ_OPCODE_SEND>({.stream = 3}));
    }
    EXPECT_EQ(plan.bursts(GROQ_ICU_C2C(0)).size(), 5U);
    EXPECT_EQ(plan.bursts(GROQ_ICU_C2C(1)).size(), 1U);
    EXPECT_THROW(plan.at(200, GROQ_ICU_C2C(0), make<GROQ_OPCODE_TRANSMIT>(), {2, 24}),
                 build_error);
}

} // namespace
} // namespace groq::assembly::test
