// SPDX-License-Identifier: MIT
#include "card_events.hpp"

#include <poll.h>

#include "card_fixture.hpp"

namespace groq {
namespace {

class card_events_of_a_device : public on_fake_card {
protected:
    static bool is_readable(int fd) {
        pollfd poll{fd, POLLIN, 0};
        return ::poll(&poll, 1, 0) == 1;
    }
    // Some call finds the card missing.
    void lose_in_a_call() {
        card.fail_at = card.calls;
        card.failure = error(errc::device_lost, {});
        EXPECT_FALSE(device->reserve_sram({}, 320));
        card.fail_at = -1;
    }

    std::shared_ptr<groq_device> device = open();
};

TEST_F(card_events_of_a_device, are_told_once) {
    const int fd = device->event_file().value();
    EXPECT_EQ(device->event_file().value(), fd);
    EXPECT_FALSE(is_readable(fd));
    EXPECT_EQ(device->read_events().value(), 0u);
    card.befall(GROQ_EVENT_ALARM);
    card.befall(GROQ_EVENT_RESET);
    EXPECT_TRUE(is_readable(fd));
    EXPECT_EQ(device->read_events().value(),
              std::uint32_t{GROQ_EVENT_ALARM | GROQ_EVENT_RESET});
    EXPECT_FALSE(is_readable(fd));
    EXPECT_EQ(device->read_events().value(), 0u);
}

TEST_F(card_events_of_a_device, are_watched_from_the_first_reading_on) {
    EXPECT_EQ(card.watching_file, -1);
    EXPECT_EQ(device->read_events().value(), 0u);
    card.befall(GROQ_EVENT_LINK);
    EXPECT_TRUE(is_readable(device->event_file().value()));
    EXPECT_EQ(device->read_events().value(), std::uint32_t{GROQ_EVENT_LINK});
}

TEST_F(card_events_of_a_device, tell_the_loss_once_and_then_only_as_an_error) {
    const int fd = device->event_file().value();
    card.befall(GROQ_EVENT_LOST | GROQ_EVENT_LINK);
    EXPECT_EQ(device->read_events().value(),
              std::uint32_t{GROQ_EVENT_LOST | GROQ_EVENT_LINK});
    EXPECT_TRUE(device->check_present().error() == errc::device_lost);
    EXPECT_TRUE(device->read_events().error() == errc::device_lost);
    EXPECT_TRUE(device->event_file().error() == errc::device_lost);
    lose_in_a_call();
    EXPECT_FALSE(is_readable(fd));
}

TEST_F(card_events_of_a_device, tell_the_loss_that_only_a_call_has_met) {
    const int fd = device->event_file().value();
    lose_in_a_call();
    EXPECT_TRUE(is_readable(fd));
    card.befall(GROQ_EVENT_LOST);
    EXPECT_EQ(device->read_events().value(), std::uint32_t{GROQ_EVENT_LOST});
    EXPECT_FALSE(is_readable(fd));
    EXPECT_TRUE(device->read_events().error() == errc::device_lost);
}

TEST_F(card_events_of_a_device, tell_of_a_loss_before_anybody_asked) {
    lose_in_a_call();
    EXPECT_TRUE(is_readable(device->event_file().value()));
    EXPECT_EQ(device->read_events().value(), std::uint32_t{GROQ_EVENT_LOST});
    EXPECT_EQ(card.watching_file, -1) << "nobody is asked who has gone";
}

TEST_F(card_events_of_a_device, can_be_asked_for_again_when_watching_has_failed) {
    fail_at_every_call([&] {
        const auto file = device->event_file();
        EXPECT_TRUE(file || card.watching_file == -1);
        return !file;
    });
    card.befall(GROQ_EVENT_RESET);
    EXPECT_EQ(device->read_events().value(), std::uint32_t{GROQ_EVENT_RESET});
}

TEST_F(card_events_of_a_device, pass_through_the_interface) {
    int fd = -1;
    std::uint32_t events = 7;
    ASSERT_EQ(groq_device_event_fd(device.get(), &fd), GROQ_OK);
    EXPECT_GE(fd, 0);
    card.befall(GROQ_EVENT_LOST);
    ASSERT_EQ(groq_device_read_events(device.get(), &events), GROQ_OK);
    EXPECT_EQ(events, std::uint32_t{GROQ_EVENT_LOST});
    events = 7;
    EXPECT_EQ(groq_device_read_events(device.get(), &events), GROQ_ERROR_DEVICE_LOST);
    EXPECT_EQ(events, 7u);
    EXPECT_EQ(groq_device_event_fd(nullptr, &fd), GROQ_ERROR_INVALID);
    EXPECT_EQ(groq_device_read_events(device.get(), nullptr), GROQ_ERROR_INVALID);
}

} // namespace
} // namespace groq
