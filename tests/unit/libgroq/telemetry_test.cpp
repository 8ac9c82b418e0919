// SPDX-License-Identifier: MIT
//
// Of which cards telemetry can be had by their names alone.
#include <groq/telemetry.hpp>

#include <gmock/gmock.h>

namespace groq {
namespace {

using ::testing::HasSubstr;

error refusal(const std::string &uri) {
    return read_telemetry(uri).error();
}

TEST(telemetry_by_name, is_not_of_cards_that_live_in_a_process) {
    for (const auto *uri : {"sim:", "record:/tmp/a.recording,sim:"}) {
        EXPECT_TRUE(refusal(uri) == errc::invalid) << uri;
        EXPECT_THAT(refusal(uri).message(),
                    HasSubstr("use groq_device_read_telemetry"));
    }
    EXPECT_THAT(refusal("replay:/tmp/a.recording").message(),
                HasSubstr("by those alone who have it open"));
}

TEST(telemetry_by_name, says_that_there_is_no_such_card) {
    for (const auto *uri :
         {"accel:12345", "pci:ffff:1f:1f.7", "serial:fedcba9876543210"})
        EXPECT_TRUE(refusal(uri) == errc::no_device || refusal(uri) == errc::no_driver)
            << refusal(uri).message();
}

TEST(telemetry_by_name, says_what_is_wrong_with_a_name) {
    EXPECT_TRUE(refusal("card 1") == errc::invalid);
    EXPECT_TRUE(refusal("record:/tmp/a.recording,card 1") == errc::invalid);
}

} // namespace
} // namespace groq
