// SPDX-License-Identifier: MIT
#include "device.hpp"

#include "buffer.hpp"
#include "card_fixture.hpp"
#include "unknown.hpp"

namespace groq {
namespace {

using device = on_fake_card;

TEST_F(device, leases_the_whole_card_unless_it_is_shared) {
    open();
    EXPECT_EQ(card.context_flags, std::uint32_t{DRM_GROQ_CONTEXT_EXCLUSIVE});
    open(true);
    EXPECT_EQ(card.context_flags, 0u);
}

TEST_F(device, gives_the_lease_back_when_nothing_holds_it_any_more) {
    auto opened = open();
    auto buffer = groq_buffer::create(opened, 100).value();
    opened.reset();
    EXPECT_EQ(card.contexts, 1u);
    buffer.reset();
    EXPECT_EQ(card.contexts, 0u);
    EXPECT_TRUE(card.buffers.empty());
}

TEST_F(device, is_not_opened_when_the_lease_is_refused) {
    card.fail_at = 0;
    card.failure = error(errc::held, "pid 1", 0, 1);
    const auto refused =
        groq_device::attach(std::make_unique<test::fake_port>(card), false);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().holder(), 1);
}

TEST_F(device, handles_live_until_they_are_retired) {
    auto *handle = groq_device::publish(open());
    EXPECT_EQ(card.contexts, 1u);
    groq_device::retire(handle);
    EXPECT_EQ(card.contexts, 0u);
    groq_device::retire(nullptr);
}

TEST_F(device, stays_lost_once_it_was_lost) {
    const auto opened = open();
    card.fail_at = card.calls;
    card.failure = error(errc::device_lost, {});
    EXPECT_TRUE(groq_buffer::create(opened, 100).error() == errc::device_lost);
    const auto calls = card.calls;
    EXPECT_TRUE(groq_buffer::create(opened, 100).error() == errc::device_lost);
    EXPECT_TRUE(opened->reserve_sram({}, 320).error() == errc::device_lost);
    EXPECT_EQ(card.calls, calls) << "the port was asked again";
}

TEST_F(device, releases_sram_as_soon_as_it_is_idle) {
    const auto opened = open();
    const auto address = opened->reserve_sram(320, 640).value();
    card.has_work = true;
    opened->release_sram(address);
    EXPECT_EQ(card.reserved.size(), 1u);
    card.has_work = false;
    opened->retry_releases();
    EXPECT_TRUE(card.reserved.empty());
}

TEST_F(device, buffers_have_the_size_that_was_asked_for) {
    const auto buffer = groq_buffer::create(open(), 100).value();
    EXPECT_EQ(buffer->bytes().size(), 100u);
    EXPECT_EQ(groq_buffer_size(buffer.get()), 100u);
    EXPECT_EQ(groq_buffer_data(buffer.get()), buffer->bytes().data());
}

TEST_F(device, refuses_buffers_of_no_or_of_too_many_bytes) {
    EXPECT_TRUE(groq_buffer::create(open(), 0).error() == errc::invalid);
    EXPECT_TRUE(groq_buffer::create(open(), DRM_GROQ_BO_SIZE_MAX + 1).error() ==
                errc::invalid);
}

TEST_F(device, regions_are_given_back) {
    const auto opened = open();
    {
        const auto region = groq_region::create(opened, 320).value();
        EXPECT_EQ(card.reserved.count(region->address()), 1u);
    }
    EXPECT_TRUE(card.reserved.empty());
}

TEST_F(device, the_interface_refuses_null) {
    EXPECT_EQ(groq_device_open(nullptr, nullptr), GROQ_ERROR_INVALID);
    EXPECT_EQ(groq_device_get_info(nullptr, nullptr), GROQ_ERROR_INVALID);
    EXPECT_EQ(groq_device_read_telemetry(nullptr, nullptr), GROQ_ERROR_INVALID);
    EXPECT_EQ(groq_buffer_create(nullptr, 1, nullptr), GROQ_ERROR_INVALID);
    EXPECT_EQ(groq_region_create(nullptr, 1, nullptr), GROQ_ERROR_INVALID);
}

// Every member after the size is a number, and none is forgotten.
TEST(unknown, is_every_number) {
    const auto telemetry = unknown_telemetry();
    const auto *bytes = reinterpret_cast<const std::byte *>(&telemetry);
    for (std::size_t at = sizeof telemetry.size; at < sizeof telemetry; at += 8) {
        std::int64_t number;
        std::memcpy(&number, bytes + at, sizeof number);
        EXPECT_EQ(number, GROQ_UNKNOWN) << "at byte " << at;
    }
    const auto info = unknown_info();
    for (auto number : {info.serial, info.sram_bytes, info.queues, info.links,
                        info.clock_hz, info.link_mts, info.link_mts_max,
                        info.link_width, info.link_width_max, info.timeout_ms})
        EXPECT_EQ(number, GROQ_UNKNOWN);
}

} // namespace
} // namespace groq
