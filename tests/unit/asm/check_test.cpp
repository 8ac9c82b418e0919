// SPDX-License-Identifier: MIT
// What the checks find that is no fault, and what they must let pass.
#include "asm/check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "assembled.hpp"
#include "chip_runner.hpp"

namespace groq::assembly::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Field;
using testing::HasSubstr;

std::vector<diagnostic> found_in(const std::string &source) {
    return check(build(source));
}

TEST(check, finds_values_that_are_overwritten_before_use) {
    const auto found = found_in(scheduled + R"(
        .queue  mem.w.0
        @2 read e1, 0           ; at position 1 in cycle 5
        .queue  mem.e.0
        @4 read e1, 0           ; there too
        .queue  mem.e.1
        @6 read e1, 0           ; another one, too late to harm
)");
    ASSERT_FALSE(found.empty());
    EXPECT_TRUE(found[0].error);
    EXPECT_EQ(found[0].cycle, 2U);
    EXPECT_THAT(found[0].message, HasSubstr("overwritten before anything uses it, by "
                                            "mem.e.0 in cycle 4"));
    EXPECT_THAT(found,
                Contains(AllOf(
                    Field(&diagnostic::error, false), Field(&diagnostic::cycle, 4U),
                    Field(&diagnostic::message, HasSubstr("nothing uses its value")))));
}

program with_tensor() {
    return build(R"(
        .tensor t, input, i16, 1, 4
        .part   0, 0, 4, e.0[0], 320
        .part   1, 0, 4, e.0[1], 320
        .entry  main
        .queue  vxm.0
        copy    i8, 1
)");
}

// What a loader refuses must not pass here, wherever the file came from.
TEST(check, finds_what_a_loader_refuses) {
    struct fault {
        void (*spoil)(program &);
        const char *message;
    };
    const fault faults[] = {
        {[](program &p) { p.tensors[0].parts.clear(); }, "lies in no part"},
        {[](program &p) { p.tensors[0].parts.pop_back(); }, "byte plane 1 lies in no"},
        {[](program &p) { p.tensors[0].parts[1].plane = 0; }, "lies in two parts"},
        {[](program &p) { p.tensors[0].parts[1].plane = 2; }, "has no byte plane 2"},
        {[](program &p) { p.tensors[0].parts[1].lanes = 3; }, "column 3 of byte plane"},
        {[](program &p) { p.tensors[0].parts[1].lanes = 5; }, "beyond its 4 columns"},
        {[](program &p) { p.tensors[0].columns = 0; }, "has no elements"},
        {[](program &p) { p.tensors.push_back(p.tensors[0]); }, "two tensors"},
        {[](program &p) { p.tensors[0].name = ""; }, "1..31 bytes"},
        {[](program &p) { p.entries[0].name = "\x01"; }, "control characters"},
        {[](program &p) { p.entries[0].launch_count = 0; }, "in no segment"},
        {[](program &p) { p.entries[0].launch += 8; }, "aligned"},
        {[](program &p) { p.entries[0].launch_count = 21; }, "in no segment"}};
    const auto clean = check(with_tensor());
    for (const diagnostic &each : clean)
        EXPECT_FALSE(each.error) << to_text(each);
    for (const fault &each : faults) {
        program source = with_tensor();
        each.spoil(source);
        EXPECT_THAT(check(source), Contains(AllOf(Field(&diagnostic::error, true),
                                                  Field(&diagnostic::message,
                                                        HasSubstr(each.message)))));
    }
}

// A program whose 41st instruction was in another place when it began.
TEST(check, leaves_text_that_the_program_writes_to_the_chip) {
    std::string nops;
    for (int i = 0; i < 37; ++i)
        nops += "        nop 1\n";
    const program source = build(R"(
        .data   e.43[0]
        .hex    "01000400000000000000000000000000" ; nop 4
        .zero   624
        .section "a", w.1[2], text
        nop     30
        ifetch  w.40[4]
        nop     30
)" + nops + R"(
        .section "b", w.1[4], text
        nop     1
        read    w0, 0, step=1
        repeat  1, 1
        .section "c", w.1[6], text
        nop     24
        write   w0, 4, step=1
        repeat  1, 1
        .reserve w.40[4], 2
        .reserve w.1[5], 1
        .reserve w.1[7], 1
        .section "launch", w.1[0], text
        .launch vxm.1, w.1[2], 41
        .launch mem.e.43, w.1[4], 3
        .launch mem.w.40, w.1[6], 3
        .entry  main, monolithic, launch=w.1[0], count=3
)");
    const auto found = check(source);
    for (const diagnostic &each : found)
        EXPECT_FALSE(each.error) << to_text(each);
    EXPECT_THAT(found, Contains(Field(&diagnostic::message,
                                      HasSubstr("text at w.40[4] that the program may "
                                                "have written"))));
    EXPECT_EQ(chip_runner(source).run().status, GROQ_COMPLETION_OK);
}

// What only a map decides may be right.
TEST(check, lets_gather_and_scatter_go_where_their_maps_say) {
    const program source = build(scheduled + R"(
        .queue  mem.e.0
        @0 read e2, 0           ; zeroes: the words are the bases
        repeat  9, 1
        .queue  mem.e.1
        @0 read e3, 0
        repeat  9, 1
        .queue  mem.w.0
        @0 read e4, 0
        repeat  9, 1
        .queue  mem.e.43
        @11 gather w9, 0, e2
        @14 scatter e4, 9, e2
        .queue  vxm.0
        @23 copy i8, w9
)");
    for (const diagnostic &each : check(source))
        EXPECT_FALSE(each.error) << to_text(each);
    const run_result end = chip_runner(source).run();
    EXPECT_EQ(end.status, GROQ_COMPLETION_OK) << "cause " << end.fault.cause;
    EXPECT_EQ(end.cycles, source.entries[0].cycles);
}

TEST(check, lets_values_be_overwritten_after_use) {
    const auto found = found_in(scheduled + R"(
        .queue  mem.w.0
        @2 read e1, 0
        .queue  vxm.0
        @4 copy i8, e1 -> e1    ; the same stream, 7 cycles later
        .queue  mem.e.0
        @4 read e1, 0
        .queue  mem.e.1
        @12 write e1, 0
        .queue  mem.e.43
        @15 nop 1
        .queue  vxm.1
        @0 copy i8, 0
)");
    for (const diagnostic &each : found)
        EXPECT_FALSE(each.error) << to_text(each);
}

TEST(check, warns_of_words_that_nothing_has_filled) {
    const auto found = found_in(R"(
        .tensor in, input, i8, 1, 320
        .part   0, 0, 320, e.0[0], 320
        .tensor out, output, i8, 2, 320
        .part   0, 0, 320, e.0[4096], 320
        .reserve e.0[7], 1
        .entry  main
        .queue  mem.e.0
        read    e0, 0
        read    e1, 7
)");
    EXPECT_THAT(found, Contains(Field(&diagnostic::message,
                                      "reads word 7, which nothing has filled")));
    EXPECT_THAT(found, Contains(Field(&diagnostic::message,
                                      "tensor out: nothing writes 2 of its words")));
}

TEST(check, finds_overlaps_and_leavings) {
    const auto overlap = [](const char *source) {
        return assemble(source).diagnostics;
    };
    const auto message = [](const char *text) {
        return Contains(Field(&source_diagnostic::message, HasSubstr(text)));
    };
    EXPECT_THAT(overlap(R"(
        .data   e.0[0]
        .zero   641
        .data   e.0[2]
        .i8     1
        .entry  main
        .queue  mem.e.0
        read    e0, 0
)"),
                message(".data and .data overlap at e.0[2]"));
    EXPECT_THAT(overlap(R"(
        .tensor a, input, i8, 10, 320
        .part   0, 0, 320, e.0[0], 640
        .tensor b, input, i8, 2, 320
        .part   0, 0, 320, e.0[17], 320
        .entry  main
        .queue  mem.e.0
        read    e0, 0
)"),
                message("tensor b and tensor a overlap at e.0[18]"));
    EXPECT_THAT(overlap(R"(
        .tensor a, input, i8, 2, 320
        .part   0, 0, 320, e.43[8191], 320
        .entry  main
        .queue  mem.e.0
        read    e0, 0
)"),
                message("beyond the SRAM"));
    EXPECT_THAT(overlap(R"(
        .sram   w.0[0], 3200
        .target 3200
        .entry  main
        .queue  mem.e.0
        read    e0, 0
)"),
                message("ACCESS"));
}

TEST(check, wants_entry_points_that_belong_together) {
    const auto with = [](const char *kinds) {
        std::string source;
        for (const std::string kind : {"input", "compute", "output", "monolithic"})
            if (std::string(kinds).find(kind) != std::string::npos)
                source +=
                    ".entry " + kind + "_, " + kind + "\n.queue vxm.0\ncopy i8, 0\n";
        return assemble(source).image.has_value();
    };
    EXPECT_TRUE(with("monolithic"));
    EXPECT_TRUE(with("input compute output"));
    EXPECT_FALSE(with("input compute"));
    EXPECT_FALSE(with("input compute output monolithic"));
}

} // namespace
} // namespace groq::assembly::test
