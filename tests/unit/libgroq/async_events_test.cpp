// SPDX-License-Identifier: MIT
#include <groq/async_events.hpp>

#include <optional>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include "card_fixture.hpp"

namespace groq {
namespace {

namespace asio = boost::asio;

class async_events_test : public on_fake_card {
protected:
    auto note() {
        return [this](boost::system::error_code how, event what) {
            code = how;
            events = what;
        };
    }
    void poll() {
        loop.restart();
        loop.poll();
    }

    groq::device device{groq_device::publish(open())};
    asio::io_context loop;
    std::optional<boost::system::error_code> code;
    event events = event::none;
};

TEST_F(async_events_test, tells_what_befalls_the_card_from_now_on) {
    async_events told(loop.get_executor(), device);
    told.async_next(note());
    poll();
    EXPECT_FALSE(code);
    card.befall(GROQ_EVENT_RESET | GROQ_EVENT_ALARM);
    EXPECT_FALSE(code);
    poll();
    EXPECT_EQ(code, boost::system::error_code());
    EXPECT_EQ(events, event::reset | event::alarm);
}

TEST_F(async_events_test, keeps_what_comes_while_nobody_waits) {
    async_events told(loop.get_executor(), device);
    card.befall(GROQ_EVENT_LINK);
    told.async_next(note());
    EXPECT_FALSE(code);
    poll();
    EXPECT_EQ(events, event::link);
}

TEST_F(async_events_test, cancellation_loses_nothing) {
    async_events told(loop.get_executor(), device);
    asio::cancellation_signal signal;
    told.async_next(asio::bind_cancellation_slot(signal.slot(), note()));
    signal.emit(asio::cancellation_type::total);
    poll();
    EXPECT_EQ(code, make_error_code(errc::canceled));
    card.befall(GROQ_EVENT_ALARM);
    told.async_next(note());
    poll();
    EXPECT_EQ(events, event::alarm);
}

TEST_F(async_events_test, ends_what_waits_when_it_is_destroyed) {
    {
        async_events told(loop.get_executor(), device);
        told.async_next(note());
        poll();
    }
    poll();
    EXPECT_EQ(code, make_error_code(errc::canceled));
}

TEST_F(async_events_test, moves_with_what_waits) {
    async_events one(loop.get_executor(), device);
    one.async_next(note());
    const async_events two(std::move(one));
    card.befall(GROQ_EVENT_RESET);
    poll();
    EXPECT_EQ(events, event::reset);
}

TEST_F(async_events_test, failure_of_a_call_is_told) {
    card.fail_at = card.calls;
    EXPECT_FALSE(async_events::create(loop.get_executor(), device));
    card.fail_at = -1;
    EXPECT_TRUE(async_events::create(loop.get_executor(), device));
}

} // namespace
} // namespace groq
