// SPDX-License-Identifier: MIT
#include "smi/selection.hpp"

#include <gtest/gtest.h>

#include "reports.hpp"

namespace groq::smi {
namespace {

TEST(selection, short_names_become_uris) {
    EXPECT_EQ(uri_of("0"), "accel:0");
    EXPECT_EQ(uri_of("17"), "accel:17");
    EXPECT_EQ(uri_of("0000:01:00.0"), "pci:0000:01:00.0");
    EXPECT_EQ(uri_of("serial:c0ffee"), "serial:c0ffee");
    EXPECT_EQ(uri_of("accel:1"), "accel:1");
}

TEST(selection, card_is_named_by_node_address_and_serial) {
    const auto info = healthy_card().info;
    EXPECT_TRUE(names("accel:0", info));
    EXPECT_TRUE(names("pci:0000:01:00.0", info));
    EXPECT_TRUE(names("serial:c0ffee", info));
    EXPECT_TRUE(names("serial:0000000000C0FFEE", info));
    EXPECT_FALSE(names("accel:1", info));
    EXPECT_FALSE(names("serial:c0ffe", info));
    EXPECT_FALSE(names("serial:", info));
    EXPECT_FALSE(names("serial:c0ffeex", info));
}

TEST(selection, what_names_no_card_is_refused_before_looking) {
    for (const char *wrong : {"foo:", "", "-", "accel", "cpu:0"}) {
        const auto opened = selection::open({wrong});
        ASSERT_FALSE(opened) << wrong;
        EXPECT_EQ(opened.error(), errc::invalid) << wrong;
    }
    EXPECT_TRUE(selection::open({"0", "serial:1", "0000:01:00.0"}));
}

TEST(selection, unknown_serial_matches_nothing) {
    auto info = healthy_card().info;
    info.serial = GROQ_UNKNOWN;
    EXPECT_FALSE(names("serial:8000000000000000", info));
}

} // namespace
} // namespace groq::smi
