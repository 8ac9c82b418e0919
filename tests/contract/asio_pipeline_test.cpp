// SPDX-License-Identifier: MIT
//
// The asynchronous pipeline.
#include "asio_fixture.hpp"

#include <array>
#include <optional>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>

#include <groq/async_pipeline.hpp>

namespace groq::contract {
namespace {

using namespace asio::experimental::awaitable_operators;

constexpr std::size_t bytes = 10 * 320;

class asio_pipeline : public asio_card {
protected:
    using data = std::vector<std::byte>;

    static data sum(data addends) {
        for (auto &each : addends)
            each = std::byte(std::to_integer<unsigned>(each) + 1);
        return addends;
    }

    auto note(std::optional<boost::system::error_code> &where,
              asio::cancellation_signal &of) {
        return asio::bind_cancellation_slot(
            of.slot(),
            [&](boost::system::error_code code, const auto &) { where = code; });
    }

    const groq::image image{device, load_program(split_adder(10, 1))};
    async_pipeline pipeline{loop.get_executor(), image, {.depth = 3}};
    std::optional<boost::system::error_code> one, two;
    asio::cancellation_signal signal, other;
    const data zeroes = data(bytes);
    const std::array<std::span<const std::byte>, 1> inputs{zeroes};
    data room = data(bytes);
    const std::array<std::span<std::byte>, 1> outputs{room};
};

// Whoever begins first waits for the other.
TEST_F(asio_pipeline, carries_from_one_coroutine_to_another) {
    constexpr unsigned runs = 40;
    unsigned popped = 0;
    const auto push = [&]() -> asio::awaitable<void> {
        for (unsigned i = 0; i < runs; ++i) {
            const auto in_data = filled(bytes, i);
            const std::array<std::span<const std::byte>, 1> spans{in_data};
            const auto begun = co_await pipeline.async_push(spans, asio::use_awaitable);
            EXPECT_EQ(begun.number, i);
        }
    };
    const auto pop = [&]() -> asio::awaitable<void> {
        for (; popped < runs; ++popped) {
            const auto end = co_await pipeline.async_pop(outputs, asio::use_awaitable);
            EXPECT_EQ(end.ticket, popped);
            EXPECT_EQ(room, sum(filled(bytes, popped)));
        }
    };
    run([&]() -> asio::awaitable<void> { co_await (pop() && push()); });
    EXPECT_EQ(popped, runs);
}

TEST_F(asio_pipeline, push_waits_for_room_until_it_is_canceled) {
    for (int i = 0; i < 3; ++i)
        pipeline.async_push(inputs, note(one, signal));
    pipeline.async_push(inputs, note(two, other));
    loop.poll();
    EXPECT_EQ(one, boost::system::error_code());
    EXPECT_FALSE(two);
    other.emit(asio::cancellation_type::total);
    EXPECT_FALSE(two);
    loop.run();
    EXPECT_EQ(two, make_error_code(errc::canceled));
    one.reset();
    pipeline.async_pop(outputs, note(one, signal));
    loop.restart();
    loop.run();
    EXPECT_EQ(one, boost::system::error_code());
}

TEST_F(asio_pipeline, pop_waits_for_a_run_until_it_is_canceled) {
    pipeline.async_pop(outputs, note(one, signal));
    loop.poll();
    EXPECT_FALSE(one);
    EXPECT_FALSE(loop.stopped());
    signal.emit(asio::cancellation_type::terminal);
    loop.run();
    EXPECT_EQ(one, make_error_code(errc::canceled));
}

TEST_F(asio_pipeline, ends_a_run_early_that_has_begun) {
    const auto hangs = load_program(lengthy(20));
    const groq::image endless(device, hangs);
    async_pipeline of_endless(loop.get_executor(), endless);
    EXPECT_TRUE(of_endless.end_run(0).error() == errc::not_found);
    run([&]() -> asio::awaitable<void> {
        const auto begun = co_await of_endless.async_push({}, asio::use_awaitable);
        EXPECT_TRUE(of_endless.end_run(begun.number));
        const auto [code, end] = co_await of_endless.async_pop({}, as_tuple);
        EXPECT_EQ(code, errc::canceled);
        EXPECT_EQ(end.ticket, begun.number);
    });
    of_endless.close();
    EXPECT_TRUE(of_endless.end_run(0).error() == errc::canceled);
}

TEST_F(asio_pipeline, refuses_what_is_not_of_the_tensors_size) {
    const std::array<std::span<const std::byte>, 1> small{
        std::span(zeroes).first(bytes - 1)};
    run([&]() -> asio::awaitable<void> {
        const auto [code, end] = co_await pipeline.async_push(small, as_tuple);
        EXPECT_EQ(code, errc::size);
        EXPECT_TRUE(end.failure);
    });
}

TEST_F(asio_pipeline, ends_what_waits_when_it_is_closed) {
    pipeline.async_pop(outputs, note(one, signal));
    pipeline.close();
    pipeline.async_push(inputs, note(two, other));
    EXPECT_FALSE(one);
    loop.run();
    EXPECT_EQ(one, make_error_code(errc::canceled));
    EXPECT_EQ(two, make_error_code(errc::canceled));
}

TEST_F(asio_pipeline, goes_with_its_loop_even_if_a_handler_owns_it) {
    std::weak_ptr<async_pipeline> trace;
    {
        pipeline.close(); // it has the image for itself
        asio::io_context brief;
        const auto mine = std::make_shared<async_pipeline>(brief.get_executor(), image);
        trace = mine;
        mine->async_pop(outputs, [mine](auto, const completion &) { FAIL(); });
        brief.poll();
    }
    EXPECT_TRUE(trace.expired());
}

} // namespace
} // namespace groq::contract
