// SPDX-License-Identifier: MIT
//
// The asynchronous queue: every way to wait, every way to stop.
#include "card_under_test.hpp"

#include <groq/async_queue.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace groq::contract {
namespace {

namespace asio = boost::asio;

class asio_queue : public ::testing::Test {
protected:
    // A copy to the card and back.
    job make_job() {
        job made(device);
        made.copy_in({in, 0, region.address(), in.size()}).value();
        made.copy_out({out, 0, region.address(), out.size()}).value();
        return made;
    }

    groq::device device{uri()};
    const groq::region region{device, 3200};
    const buffer in{device, 3200}, out{device, 3200};
    asio::io_context loop;
    async_queue queue{loop.get_executor(), groq::queue(device)};
};

TEST_F(asio_queue, calls_back_when_the_job_has_ended) {
    fill(in.bytes(), 1);
    auto job = make_job();
    int calls = 0;
    queue.async_run(job, [&](boost::system::error_code code, const completion &end) {
        EXPECT_FALSE(code);
        EXPECT_EQ(end.bytes, 6400u);
        ++calls;
    });
    EXPECT_EQ(calls, 0);
    loop.run();
    EXPECT_EQ(calls, 1);
    EXPECT_TRUE(is_filled(out.bytes(), 1));
}

TEST_F(asio_queue, resumes_a_coroutine) {
    std::size_t rounds = 0;
    const auto run = [&]() -> asio::awaitable<void> {
        auto job = make_job();
        for (unsigned seed = 0; seed < 10; ++seed, ++rounds) {
            fill(in.bytes(), seed);
            const auto end = co_await queue.async_run(job, asio::use_awaitable);
            EXPECT_EQ(end.bytes, 6400u);
            EXPECT_TRUE(is_filled(out.bytes(), seed));
        }
    };
    asio::co_spawn(loop, run, asio::detached);
    loop.run();
    EXPECT_EQ(rounds, 10u);
}

} // namespace
} // namespace groq::contract
