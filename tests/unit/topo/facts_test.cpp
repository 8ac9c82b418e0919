// SPDX-License-Identifier: MIT
// The numbers that tools calculate with are those of the simulated chip.
#include <gtest/gtest.h>

#include <groq/cable.hpp>

#include "groq_chip.h"
#include "hw/groq_isa.h"
#include "hw/groq_regs.h"
#include "hw/groq_sram.h"

namespace {

namespace links = groq::links;

TEST(links, are_those_of_the_chip) {
    EXPECT_EQ(links::per_chip, GROQ_LINKS);
    EXPECT_EQ(links::lanes, GROQ_LINK_LANES);
    EXPECT_EQ(links::bytes_per_s, GROQ_LINK_BYTES_PER_S);
    EXPECT_EQ(links::vector_bytes, GROQ_VECTOR_BYTES);
    EXPECT_EQ(links::packet_bytes, GROQ_LINK_PACKET_BYTES);
    EXPECT_EQ(links::packet_millicycles, GROQ_LINK_PACKET_MILLICYCLES);
}

TEST(links, take_the_cycles_of_a_packet_at_the_nominal_clock) {
    EXPECT_EQ(links::packet_millicycles,
              links::packet_bytes * links::clock_hz * 1000 / links::bytes_per_s);
}

TEST(links, have_the_clock_and_the_epoch_of_the_chip) {
    EXPECT_EQ(links::clock_hz, GROQ_CLOCK_HZ);
    EXPECT_EQ(links::hac_period, unsigned(GROQ_HAC_PERIOD_RESET));
    EXPECT_LT(links::hac_period, 256u); // [I22]
}

TEST(cable, is_the_usual_one_of_the_chip) {
    constexpr groq_cable chips = GROQ_CABLE_DEFAULT;
    constexpr groq::cable ours;
    EXPECT_EQ(ours.seed, chips.seed);
    EXPECT_EQ(ours.latency, chips.latency);
    EXPECT_EQ(ours.spread_millicycles, chips.spread);
    EXPECT_EQ(ours.lanes, chips.lanes);
    EXPECT_EQ(ours.corrected_every, chips.corrected_every);
    EXPECT_EQ(ours.uncorrected_at, chips.uncorrected_at);
    EXPECT_EQ(ours.bit_errors, chips.bit_errors);
}

} // namespace
