// SPDX-License-Identifier: MIT
#include "smi/card.hpp"

#include <gtest/gtest.h>

#include "reports.hpp"
#include "smi/health.hpp"
#include "smi/quantity.hpp"

namespace groq::smi {
namespace {

TEST(status, tells_how_much_is_known) {
    auto unknown = healthy_card();
    unknown.reason = "no driver";
    EXPECT_EQ(status_of(report_of({})), status::no_card);
    EXPECT_EQ(status_of(report_of({healthy_card()})), status::good);
    EXPECT_EQ(status_of(report_of({healthy_card(), unknown})), status::incomplete);
}

TEST(health, one_bad_card_is_enough) {
    auto hot = healthy_card();
    hot.readings->chip_mc = hot.readings->chip_max_mc;
    EXPECT_TRUE(healthy(report_of({healthy_card()})));
    EXPECT_FALSE(healthy(report_of({healthy_card(), hot})));
    EXPECT_FALSE(healthy(report_of({})));
}

TEST(health, each_symptom_shows_alone) {
    const auto bad_after = [](auto change) {
        auto card = healthy_card();
        change(card);
        std::string names;
        for (const auto &symptom : examine(card))
            if (!symptom.good)
                names += symptom.name;
        return names;
    };
    EXPECT_EQ(bad_after([](card &) {}), "");
    EXPECT_EQ(bad_after([](card &c) { c.info.link_width = 8; }), "link");
    EXPECT_EQ(bad_after([](card &c) { c.info.node[0] = '\0'; }), "driver");
    EXPECT_EQ(bad_after([](card &c) { c.readings.reset(); }), "sensors");
    for (int state : {GROQ_STATE_FATAL, GROQ_STATE_LOST, GROQ_STATE_UNMANAGED})
        EXPECT_EQ(bad_after([=](card &c) { c.readings->state = state; }), "state");
    EXPECT_EQ(bad_after([](card &c) { c.readings->chip_mc = 90'000; }), "temperature");
    EXPECT_EQ(bad_after([](card &c) { c.readings->throttle = 2; }), "clock");
    EXPECT_EQ(bad_after([](card &c) { c.readings->ecc_uncorrected = 1; }), "memory");
}

TEST(health, permission_is_about_the_caller) {
    auto closed = healthy_card();
    closed.accessible = false;
    EXPECT_FALSE(permission(closed)->good);
    EXPECT_FALSE(healthy(report_of({closed})));
    closed.accessible.reset();
    EXPECT_FALSE(permission(closed));
}

TEST(quantity, unknown_is_a_question_mark) {
    EXPECT_EQ(celsius({}), "?");
    EXPECT_EQ(watts({}, {}), "?");
    EXPECT_EQ(watts(60'000'000, {}), "60.0/? W");
    EXPECT_EQ(megahertz({}), "?");
    EXPECT_EQ(mebibytes({}, 1 << 20), "?/1.0 MiB");
    EXPECT_EQ(serial_number({}), "?");
    EXPECT_EQ(pcie_link({}, 16), "?");
    EXPECT_EQ(state_name({}), "?");
    EXPECT_EQ(state_name(77), "?");
    EXPECT_EQ(state_name(-1), "?");
}

TEST(quantity, figures) {
    EXPECT_EQ(celsius(-500), "-0.5 C");
    EXPECT_EQ(serial_number(-1), "ffffffffffffffff");
    EXPECT_EQ(pcie_link(2500, 1), "Gen1 x1");
    EXPECT_EQ(pcie_link(16000, 16), "Gen4 x16");
    EXPECT_EQ(pcie_link(12345, 4), "12345 MT/s x4");
    EXPECT_EQ(state_name(GROQ_STATE_RESETTING), "resetting");
    EXPECT_EQ(state_name(GROQ_STATE_ASLEEP), "asleep");
}

} // namespace
} // namespace groq::smi
