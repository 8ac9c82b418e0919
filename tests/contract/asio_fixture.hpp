// SPDX-License-Identifier: MIT
//
// A card, a loop, and an asynchronous queue between them.
#pragma once

#include "card_under_test.hpp"

#include <exception>
#include <optional>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <groq/async_queue.hpp>

namespace groq::contract {

namespace asio = boost::asio;

// To wait for a result and its error code, without an exception.
inline constexpr auto as_tuple = asio::as_tuple(asio::use_awaitable);

class asio_card : public ::testing::Test {
protected:
    // To the card and back: what is in `in` comes to be in `out`.
    job make_copies() {
        job made(device);
        made.copy_in({in, 0, region(), in.size()}).value();
        made.copy_out({out, 0, region(), out.size()}).value();
        return made;
    }

    // Runs the loop until the coroutine has returned; what it throws is thrown.
    template <class Coroutine>
    void run(Coroutine coroutine) {
        asio::co_spawn(loop, std::move(coroutine), [](const std::exception_ptr &why) {
            if (why)
                std::rethrow_exception(why);
        });
        loop.restart();
        loop.run();
    }

    // Reserved when it is first wanted: programs go where they must.
    std::uint64_t region() {
        if (!region_)
            region_.emplace(device, in.size());
        return region_->address();
    }

    groq::device device{uri()};
    const buffer in{device, 3200}, out{device, 3200};
    asio::io_context loop;
    async_queue queue{loop.get_executor(), device};

private:
    std::optional<groq::region> region_;
};

} // namespace groq::contract
