// SPDX-License-Identifier: MIT
//
// The runtime has no header of the hardware: here its numbers meet those.
#include "fault.hpp"

#include <algorithm>
#include <cstring>

#include <gmock/gmock.h>
#include <groq/error.hpp>
#include <gtest/gtest.h>
#include <hw/groq_queue.h>
#include <hw/groq_sram.h>

namespace groq {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

groq_fault_info fault_of(std::uint32_t cause) {
    groq_fault_info fault{};
    fault.cause = cause;
    fault.unit = GROQ_ICU_MEM(GROQ_EAST, 12);
    fault.cycle = 1234;
    fault.address = 0x1400;
    fault.text = 0x280;
    fault.instruction[0] = 0x10;
    fault.instruction[15] = 0xff;
    return fault;
}

TEST(fault, names_every_unit) {
    EXPECT_EQ(unit_name(GROQ_ICU_MEM(GROQ_WEST, 0)), "MEM west slice 0");
    EXPECT_EQ(unit_name(GROQ_ICU_MEM(GROQ_EAST, 43)), "MEM east slice 43");
    EXPECT_EQ(unit_name(GROQ_ICU_VXM(0)), "VXM ALU 0");
    EXPECT_EQ(unit_name(GROQ_ICU_VXM(15)), "VXM ALU 15");
    EXPECT_EQ(unit_name(GROQ_ICU_SXM(GROQ_WEST, 13)), "SXM west queue 13");
    EXPECT_EQ(unit_name(GROQ_ICU_SXM(GROQ_EAST, 0)), "SXM east queue 0");
    EXPECT_EQ(unit_name(GROQ_ICU_MXM(GROQ_WEST, GROQ_MXM_QUEUE_WEIGHTS(0))),
              "MXM west plane 0 weights");
    EXPECT_EQ(unit_name(GROQ_ICU_MXM(GROQ_WEST, GROQ_MXM_QUEUE_ACTIVATIONS(1))),
              "MXM west plane 1 activations");
    EXPECT_EQ(unit_name(GROQ_ICU_MXM(GROQ_EAST, GROQ_MXM_QUEUE_RESULTS(1))),
              "MXM east plane 1 results");
    EXPECT_EQ(unit_name(GROQ_ICU_C2C(15)), "link 15");
    EXPECT_EQ(unit_name(GROQ_ICUS_ALL), "unit 160");
}

TEST(fault, names_every_cause_by_the_hardware_s_name) {
    const std::pair<std::uint32_t, const char *> causes[] = {
        {GROQ_FAULT_BAD_OPCODE, "BAD_OPCODE"},
        {GROQ_FAULT_BAD_FIELD, "BAD_FIELD"},
        {GROQ_FAULT_WINDOW, "WINDOW"},
        {GROQ_FAULT_DMA, "DMA"},
        {GROQ_FAULT_ABORTED, "ABORTED"},
        {GROQ_FAULT_BAD_LAUNCH, "BAD_LAUNCH"},
        {GROQ_FAULT_ILLEGAL, "ILLEGAL"},
        {GROQ_FAULT_STARVED, "STARVED"},
        {GROQ_FAULT_TEXT_OVERFLOW, "TEXT_OVERFLOW"},
        {GROQ_FAULT_ADDRESS, "ADDRESS"},
        {GROQ_FAULT_ACCESS, "ACCESS"},
        {GROQ_FAULT_BANK, "BANK"},
        {GROQ_FAULT_STREAM_EMPTY, "STREAM_EMPTY"},
        {GROQ_FAULT_STREAM_CONFLICT, "STREAM_CONFLICT"},
        {GROQ_FAULT_OPERAND_EMPTY, "OPERAND_EMPTY"},
        {GROQ_FAULT_MXM_EMPTY, "MXM_EMPTY"},
        {GROQ_FAULT_MXM_LOST, "MXM_LOST"},
        {GROQ_FAULT_DEADLOCK, "DEADLOCK"},
        {GROQ_FAULT_CYCLE_LIMIT, "CYCLE_LIMIT"},
        {GROQ_FAULT_ECC, "ECC"},
        {GROQ_FAULT_MXM_CONFLICT, "MXM_CONFLICT"},
        {GROQ_FAULT_POWER, "POWER"},
        {GROQ_FAULT_MAP, "MAP"},
        {GROQ_FAULT_LINK_DOWN, "LINK_DOWN"},
        {GROQ_FAULT_LINK_BUSY, "LINK_BUSY"},
        {GROQ_FAULT_LINK_EMPTY, "LINK_EMPTY"},
        {GROQ_FAULT_LINK_OVERFLOW, "LINK_OVERFLOW"},
        {GROQ_FAULT_LINK_ERROR, "LINK_ERROR"},
        {GROQ_FAULT_LINK_DRIFT, "LINK_DRIFT"},
    };
    for (const auto &[cause, name] : causes)
        EXPECT_THAT(describe(fault_of(cause)), StartsWith(name + std::string(": ")));
    EXPECT_THAT(describe(fault_of(1000)), HasSubstr("unknown cause 1000"));
}

TEST(fault, says_where_and_when) {
    const auto words = describe(fault_of(GROQ_FAULT_BANK));
    EXPECT_THAT(words, HasSubstr("MEM east slice 12"));
    EXPECT_THAT(words, HasSubstr("cycle 1234"));
    EXPECT_THAT(words, HasSubstr("address 0x1400"));
    EXPECT_THAT(words, HasSubstr("instruction at SRAM 0x280: 10 00"));
    EXPECT_THAT(words, ::testing::EndsWith(" ff"));
}

TEST(fault, leaves_out_what_there_is_not) {
    auto fault = fault_of(GROQ_FAULT_WINDOW);
    fault.unit = fault.text = ~0u;
    fault.cycle = 0;
    fault.address = ~0ull;
    EXPECT_EQ(describe(fault),
              "WINDOW: the command touches SRAM outside of what it may");
}

TEST(fault, reads_the_detail_as_its_cause_means_it) {
    auto fault = fault_of(GROQ_FAULT_STREAM_EMPTY);
    fault.detail = 0x25;
    EXPECT_THAT(describe(fault), HasSubstr("stream 5 west"));
    fault.detail = 0x05;
    EXPECT_THAT(describe(fault), HasSubstr("stream 5 east"));
    fault.cause = GROQ_FAULT_OPERAND_EMPTY;
    EXPECT_THAT(describe(fault), HasSubstr("ALU 5"));
    fault.cause = GROQ_FAULT_MAP;
    EXPECT_THAT(describe(fault), HasSubstr("lane 5"));
    fault.cause = GROQ_FAULT_BAD_FIELD;
    EXPECT_THAT(describe(fault), HasSubstr("at byte 5"));
    fault.cause = GROQ_FAULT_BAD_LAUNCH;
    EXPECT_THAT(describe(fault), HasSubstr("in entry 5"));
    fault.cause = GROQ_FAULT_DEADLOCK;
    EXPECT_THAT(describe(fault), Not(HasSubstr("5;")));
}

TEST(fault, names_the_links_that_an_aborted_program_waited_for) {
    auto fault = fault_of(GROQ_FAULT_ABORTED);
    fault.detail = 0;
    EXPECT_THAT(describe(fault), Not(HasSubstr("link")));
    fault.detail = 1u << 3 | 1u << 7;
    EXPECT_THAT(describe(fault), HasSubstr("while it waited for link 3, link 7: no"));
}

TEST(fault, places_a_memory_error_in_sram_or_on_a_stream) {
    auto fault = fault_of(GROQ_FAULT_ECC);
    fault.unit = fault.text = ~0u;
    fault.cycle = 0;
    EXPECT_EQ(describe(fault), "ECC: uncorrectable memory error; address 0x1400");
    fault.address = ~0ull;
    fault.detail = 0x25;
    EXPECT_EQ(describe(fault), "ECC: uncorrectable memory error: stream 5 west");
}

TEST(fault, is_cut_to_the_caller_s_room) {
    const auto fault = fault_of(GROQ_FAULT_BANK);
    const auto words = describe(fault);
    char text[8];
    EXPECT_EQ(groq_fault_describe(&fault, text, sizeof text), words.size());
    EXPECT_EQ(std::string(text), words.substr(0, 7));
    EXPECT_EQ(groq_fault_describe(&fault, nullptr, 0), words.size());
    EXPECT_EQ((groq::fault{fault}.describe()), words);
}

} // namespace
} // namespace groq
