// SPDX-License-Identifier: MIT
//
// An event loop, and what its handlers were told, over the fake card.
#pragma once

#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <groq/async_queue.hpp>

#include "card_fixture.hpp"

namespace groq {

class async_on_fake_card : public on_fake_card {
protected:
    groq::queue make_queue(unsigned depth = 0) {
        return groq::queue(device, {.depth = depth});
    }

    job make_job() {
        job made(device);
        made.copy_in({buffer, 0, 0, 320}).value();
        return made;
    }

    // A handler that notes its number when it is called, and how its job ended.
    auto note(int number) {
        return [this, number](boost::system::error_code code, const completion &end) {
            EXPECT_EQ(bool(code), end.failure.has_value());
            called.push_back(number);
            codes.push_back(code);
        };
    }
    auto note(int number, boost::asio::cancellation_signal &signal) {
        return boost::asio::bind_cancellation_slot(signal.slot(), note(number));
    }

    void end_one() {
        card.end_one();
        poll();
    }
    void poll() {
        loop.restart();
        loop.poll();
    }

    groq::device device{groq_device::publish(open())};
    groq::buffer buffer{device, 320};
    boost::asio::io_context loop;
    std::vector<int> called;
    std::vector<boost::system::error_code> codes;
};

} // namespace groq
