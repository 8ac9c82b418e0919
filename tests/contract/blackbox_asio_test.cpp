// SPDX-License-Identifier: MIT
//
// The asynchronous queue as somebody meets it who knows Asio and its header: every
// completion token, and what is associated with a handler. Written from the headers
// alone.
#include "asio_fixture.hpp"

#include <atomic>
#include <future>
#include <memory_resource>
#include <thread>

#include <boost/asio/append.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/consign.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prepend.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/system_executor.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_future.hpp>

namespace groq::contract {
namespace {

using boost::system::error_code;

// Counts what is taken from it and given back.
class counting_memory : public std::pmr::memory_resource {
public:
    std::size_t taken() const { return taken_; }
    std::size_t held() const { return held_; }

private:
    void *do_allocate(std::size_t bytes, std::size_t alignment) override {
        ++taken_;
        ++held_;
        return std::pmr::new_delete_resource()->allocate(bytes, alignment);
    }
    void do_deallocate(void *block, std::size_t bytes, std::size_t alignment) override {
        --held_;
        std::pmr::new_delete_resource()->deallocate(block, bytes, alignment);
    }
    bool do_is_equal(const memory_resource &other) const noexcept override {
        return this == &other;
    }

    std::atomic<std::size_t> taken_ = 0, held_ = 0;
};

using allocator = std::pmr::polymorphic_allocator<std::byte>;

class token : public asio_card {
protected:
    void loop_again() {
        loop.restart();
        loop.run();
    }

    groq::job copies = make_copies();
};

TEST_F(token, detached) {
    fill(in.bytes(), 1);
    queue.async_run(copies, asio::detached);
    loop.run();
    EXPECT_TRUE(is_filled(out.bytes(), 1));
}

TEST_F(token, deferred_begins_nothing_until_it_is_called_and_may_be_kept) {
    auto later = queue.async_run(copies, asio::deferred);
    loop.run();
    EXPECT_TRUE(copies.clear()) << "it is not in work";
    copies = make_copies();
    auto kept = queue.async_run(copies, asio::deferred);
    unsigned calls = 0;
    std::move(kept)([&](error_code code, const completion &) { calls += !code; });
    loop_again();
    EXPECT_EQ(calls, 1u);
}

TEST_F(token, deferred_leads_to_the_next_operation) {
    auto second = make_copies();
    ticket one = 0, two = 0;
    queue.async_run(copies, asio::deferred([&](error_code, const completion &end) {
                        one = end.ticket;
                        return queue.async_run(second, asio::deferred);
                    }))([&](error_code, const completion &end) { two = end.ticket; });
    loop.run();
    EXPECT_EQ(two, one + 1);
}

TEST_F(token, tuple_of_a_deferred_operation) {
    job empty(device);
    unsigned calls = 0;
    queue.async_run(empty, asio::as_tuple(asio::deferred))(
        [&](const std::tuple<error_code, completion> &end) {
            const auto &[code, told] = end;
            EXPECT_EQ(code, errc::invalid);
            ASSERT_TRUE(told.failure);
            EXPECT_FALSE(told.failure->message().empty());
            ++calls;
        });
    loop.run();
    EXPECT_EQ(calls, 1u);
}

TEST_F(token, redirected_error) {
    job empty(device);
    error_code code;
    run([&]() -> asio::awaitable<void> {
        co_await queue.async_run(empty,
                                 asio::redirect_error(asio::use_awaitable, code));
    });
    EXPECT_EQ(code, errc::invalid);
}

TEST_F(token, with_more_arguments_and_things_to_keep) {
    auto kept = std::make_shared<int>();
    const std::weak_ptr<int> seen = kept;
    unsigned calls = 0;
    const auto handler = [&](int first, error_code, const completion &, int last) {
        calls += unsigned(first + last);
        EXPECT_FALSE(seen.expired());
    };
    queue.async_run(copies, asio::consign(asio::prepend(asio::append(handler, 2), 1),
                                          std::move(kept)));
    loop.run();
    EXPECT_EQ(calls, 3u);
    EXPECT_TRUE(seen.expired());
}

TEST_F(token, that_can_only_be_moved) {
    auto own = std::make_unique<unsigned>(0);
    auto *const calls = own.get();
    unsigned total = 0;
    queue.async_run(copies,
                    [&, own = std::move(own)](error_code, const completion &) mutable {
                        total = ++*calls;
                    });
    loop.run();
    EXPECT_EQ(total, 1u);
}

TEST_F(token, parallel_group_waits_for_all) {
    auto second = make_copies();
    unsigned calls = 0;
    asio::experimental::make_parallel_group(queue.async_run(copies, asio::deferred),
                                            queue.async_run(second, asio::deferred))
        .async_wait(asio::experimental::wait_for_all(),
                    [&](std::array<std::size_t, 2> order, error_code one,
                        const completion &, error_code two, const completion &) {
                        EXPECT_EQ(order[0], 0u);
                        EXPECT_FALSE(one || two);
                        ++calls;
                    });
    loop.run();
    EXPECT_EQ(calls, 1u);
}

TEST_F(token, handler_may_begin_the_next_operation_or_destroy_the_queue) {
    std::optional<async_queue> brief(std::in_place, loop.get_executor(), device);
    unsigned calls = 0;
    brief->async_run(copies, [&](error_code, const completion &) {
        ++calls;
        brief->async_run(copies, [&](error_code code, const completion &) {
            EXPECT_FALSE(code) << "in work no more when its handler is called";
            ++calls;
            brief.reset();
        });
    });
    loop.run();
    EXPECT_EQ(calls, 2u);
}

TEST_F(token, that_throws_leaves_the_queue_usable) {
    auto second = make_copies();
    unsigned calls = 0;
    queue.async_run(copies, [](error_code, const completion &) { throw 5; });
    queue.async_run(second, [&](error_code, const completion &) { ++calls; });
    EXPECT_THROW(loop.run(), int);
    loop_again();
    EXPECT_EQ(calls, 1u);
}

TEST_F(token, executor_of_the_handler_is_where_it_is_called) {
    asio::io_context elsewhere;
    bool is_called = false;
    queue.async_run(copies,
                    asio::bind_executor(elsewhere, [&](auto, const completion &) {
                        is_called = true;
                        EXPECT_TRUE(elsewhere.get_executor().running_in_this_thread());
                    }));
    loop.run();
    EXPECT_FALSE(is_called);
    elsewhere.run();
    EXPECT_TRUE(is_called);
}

TEST_F(token, is_never_called_inside_of_what_begins_it) {
    job empty(device);
    for (auto *each : {&copies, &empty}) {
        bool is_inside = true;
        unsigned calls = 0;
        asio::post(loop, [&, each] {
            queue.async_run(*each, [&](auto, const completion &) {
                EXPECT_FALSE(is_inside);
                ++calls;
            });
            is_inside = false;
        });
        loop_again();
        EXPECT_EQ(calls, 1u);
    }
}

TEST_F(token, on_the_system_executor_is_not_called_inside_either) {
    job empty(device);
    std::promise<std::thread::id> called;
    queue.async_run(empty, asio::bind_executor(
                               asio::system_executor(), [&](auto, const completion &) {
                                   called.set_value(std::this_thread::get_id());
                               }));
    // While this thread waits: whoever calls is another one.
    EXPECT_NE(called.get_future().get(), std::this_thread::get_id());
}

TEST_F(token, allocator_of_the_handler_is_used_and_empty_before_the_call) {
    counting_memory memory;
    unsigned calls = 0;
    const auto handler = [&](error_code, const completion &) {
        ++calls;
        EXPECT_EQ(memory.held(), 0u) << "freed before the call";
    };
    const auto with_memory = [&] {
        return asio::bind_allocator(allocator(&memory), handler);
    };
    auto second = make_copies();
    queue.async_run(copies, with_memory());
    EXPECT_GT(memory.taken(), 0u);
    loop.run();
    auto taken = memory.taken();
    queue.async_copy(copy_direction::in, {in, 0, region(), 320}, with_memory());
    EXPECT_GT(memory.taken(), taken);
    loop_again();
    const auto number = queue.submit(second).value();
    taken = memory.taken();
    queue.async_wait(number, with_memory());
    EXPECT_GT(memory.taken(), taken);
    loop_again();
    EXPECT_EQ(calls, 3u);
    EXPECT_EQ(memory.held(), 0u);
}

TEST_F(token, allocator_gets_back_what_is_never_called) {
    counting_memory memory;
    {
        asio::io_context brief;
        async_queue doomed(brief.get_executor(), device);
        doomed.async_run(copies,
                         asio::bind_allocator(
                             allocator(&memory),
                             [](error_code, const completion &) { ADD_FAILURE(); }));
        EXPECT_GT(memory.held(), 0u);
        doomed.close();
    }
    EXPECT_EQ(memory.held(), 0u);
}

TEST_F(token, is_of_a_queue_with_a_plain_executor) {
    basic_async_queue<asio::io_context::executor_type> plain(loop.get_executor(),
                                                             device);
    EXPECT_EQ(plain.get_executor(), loop.get_executor());
    unsigned calls = 0;
    plain.async_run(copies,
                    [&](error_code code, const completion &) { calls += !code; });
    loop.run();
    EXPECT_EQ(calls, 1u);
}

TEST_F(token, is_of_a_queue_on_a_strand) {
    const auto strand = asio::make_strand(loop);
    basic_async_queue<asio::strand<asio::io_context::executor_type>> ordered(strand,
                                                                             device);
    unsigned calls = 0;
    ordered.async_run(copies, [&](error_code, const completion &) {
        EXPECT_TRUE(strand.running_in_this_thread());
        ++calls;
    });
    loop.run();
    EXPECT_EQ(calls, 1u);
}

TEST_F(token, watched_job_takes_every_one_too) {
    const watchdog dog(ample);
    auto second = make_copies();
    auto future = queue.async_run(copies, dog, asio::use_future);
    unsigned calls = 0;
    queue.async_run(second, dog, asio::deferred)(
        [&](error_code code, const completion &) { calls += !code; });
    loop.run();
    EXPECT_EQ(future.get().bytes, 6400u);
    EXPECT_EQ(calls, 1u);
}

class stopped : public token {
protected:
    auto note(std::optional<error_code> &where, asio::cancellation_signal &by) {
        return asio::bind_cancellation_slot(
            by.slot(), [&](error_code told, const completion &) { where = told; });
    }

    const groq::image image{device, load_program(lengthy(20))};
    groq::job endless{image};
    asio::cancellation_signal signal, other;
    std::optional<error_code> code, second_code;
};

// Before it is submitted, an operation answers to each kind; it had no effect.
TEST_F(stopped, kinds_of_cancellation_end_what_waits_for_room) {
    const groq::queue_options small{.depth = 1};
    for (const auto kind :
         {asio::cancellation_type::terminal, asio::cancellation_type::partial,
          asio::cancellation_type::total, asio::cancellation_type::all}) {
        async_queue narrow(loop.get_executor(), device, small);
        code.reset();
        second_code.reset();
        narrow.async_run(endless, note(code, signal));
        narrow.async_run(copies, note(second_code, other));
        other.emit(kind);
        loop.restart();
        while (!second_code)
            loop.run_one();
        EXPECT_EQ(second_code, make_error_code(errc::canceled));
        EXPECT_FALSE(code) << "the other one goes on";
        signal.emit(asio::cancellation_type::terminal);
        loop.run();
        EXPECT_EQ(code, make_error_code(errc::canceled));
        EXPECT_TRUE(copies.clear()) << "it is not in work";
        copies = make_copies();
    }
}

// A job that has begun has effects: total cancellation promises none, so it is deaf.
TEST_F(stopped, total_cancellation_does_not_end_a_job_that_was_submitted) {
    queue.async_run(endless, note(code, signal));
    signal.emit(asio::cancellation_type::total);
    loop.run_for(std::chrono::milliseconds(20));
    EXPECT_FALSE(code);
    signal.emit(asio::cancellation_type::partial);
    loop_again();
    EXPECT_EQ(code, make_error_code(errc::canceled));
}

TEST_F(stopped, waiting_answers_to_the_stronger_kinds_by_ending_the_job) {
    const auto number = queue.submit(endless).value();
    queue.async_wait(number, note(code, signal));
    signal.emit(asio::cancellation_type::terminal);
    loop.run();
    EXPECT_EQ(code, make_error_code(errc::canceled));
    EXPECT_TRUE(endless.run(image, "main")) << "it is the caller's again";
}

TEST_F(stopped, one_ticket_has_one_who_waits) {
    const auto number = queue.submit(endless).value();
    queue.async_wait(number, note(code, signal));
    queue.async_wait(number, note(second_code, other));
    while (!second_code)
        loop.run_one();
    EXPECT_EQ(second_code, make_error_code(errc::not_found));
    signal.emit(asio::cancellation_type::terminal);
    loop_again();
    EXPECT_EQ(code, make_error_code(errc::canceled));
}

TEST_F(stopped, coroutine_that_is_canceled_ends_its_job) {
    bool is_canceled = false;
    asio::co_spawn(
        loop,
        [&]() -> asio::awaitable<void> {
            try {
                co_await queue.async_run(endless, asio::use_awaitable);
            } catch (const boost::system::system_error &error) {
                is_canceled = error.code() == errc::canceled;
            }
        },
        asio::bind_cancellation_slot(signal.slot(), asio::detached));
    loop.poll();
    signal.emit(asio::cancellation_type::terminal);
    loop_again();
    EXPECT_TRUE(is_canceled);
}

TEST_F(stopped, slot_is_left_alone_once_the_operation_has_ended) {
    queue.async_run(copies, note(code, signal));
    loop.run();
    EXPECT_FALSE(signal.slot().has_handler());
    signal.emit(asio::cancellation_type::all);
    queue.async_run(copies, note(code, signal));
    loop_again();
    EXPECT_EQ(code, error_code());
}

TEST_F(stopped, queue_cancels_all_there_is) {
    queue.async_run(endless, note(code, signal));
    queue.async_run(copies, note(second_code, other));
    queue.cancel();
    loop.run();
    EXPECT_EQ(code, make_error_code(errc::canceled));
    EXPECT_EQ(second_code, make_error_code(errc::canceled));
    queue.async_run(copies, note(code, signal));
    loop_again();
    EXPECT_EQ(code, error_code()) << "cancel() is not close()";
}

TEST_F(stopped, closed_queue_refuses_and_says_so) {
    queue.close();
    queue.close();
    queue.async_run(copies, note(code, signal));
    queue.async_wait(1, note(second_code, other));
    loop.run();
    EXPECT_EQ(code, make_error_code(errc::canceled));
    EXPECT_TRUE(second_code && second_code->failed());
    EXPECT_FALSE(queue.submit(copies));
    EXPECT_TRUE(copies.clear()) << "it is not in work";
}

TEST_F(stopped, full_queue_refuses_what_is_submitted_and_keeps_the_rest) {
    async_queue narrow(loop.get_executor(), device, groq::queue_options{.depth = 1});
    const auto first = narrow.submit(endless).value();
    const auto refused = narrow.submit(copies);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error() == errc::full) << refused.error().message();
    narrow.async_wait(first, note(code, signal));
    narrow.async_run(copies, note(second_code, other));
    signal.emit(asio::cancellation_type::terminal);
    loop.run();
    EXPECT_EQ(code, make_error_code(errc::canceled));
    EXPECT_EQ(second_code, error_code()) << "it waited for room";
}

TEST_F(token, queue_that_was_moved_goes_on) {
    unsigned calls = 0;
    async_queue one(loop.get_executor(), device);
    auto second = make_copies();
    one.async_run(copies, [&](error_code code, const completion &) { calls += !code; });
    async_queue two(std::move(one));
    two.async_run(second, [&](error_code code, const completion &) { calls += !code; });
    one.close();
    one = async_queue(loop.get_executor(), device);
    loop.run();
    EXPECT_EQ(calls, 2u);
}

} // namespace
} // namespace groq::contract
