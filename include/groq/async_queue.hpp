// SPDX-License-Identifier: MIT
//
// A queue for programs with Boost.Asio. Not part of <groq/groq.hpp>.
#pragma once

#include <cerrno>
#include <memory>
#include <type_traits>
#include <utility>

#include <fcntl.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>

#include <groq/detail/queue_state.hpp>
#include <groq/watchdog.hpp>

namespace groq {

enum class copy_direction { in, out }; // to the card, from the card

// Jobs of one queue run in order, and their operations end in that order.
//
// Operations take any completion token: a callback, use_future, use_awaitable,
// deferred, as_tuple of the last two, ... The handler gets
//     (boost::system::error_code, groq::completion)
// where completion.failure has the message and the fault that an error code has no
// room for: as_tuple(use_awaitable) keeps it. It is called on its associated executor,
// else on the queue's; never inside the function that starts the operation. What the
// operation needs lies in memory of the handler's associated allocator, else in the
// queue's own, which is used again: after the first jobs nothing is allocated.
//
// There is no thread. One file descriptor is waited for while an operation is
// pending, on an io_context with epoll or with io_uring; that is its outstanding work.
// Without operations, io_context::run() returns.
//
// Cancellation, through the handler's slot: an operation ends only when the chip has
// let go of the job's memory, with errc::canceled unless it has just ended otherwise.
// Before its job is submitted every type of cancellation works, and has no effect on
// anything else; later `terminal` and `partial` abort the job, and the queue goes on.
// async_wait() answers to `total`, too: it then waits no longer, and the job goes on.
// With a driver that cannot abort a job, the operation ends when the job does.
//
// Any thread may use it at any time, but for moving, close() and destruction, which
// nothing else may overlap. A handler that may run on several threads wants a strand
// as its associated executor, as everywhere in Asio. The executor's context outlives
// the queue. Operations that are pending when the context is destroyed are never
// called: their handlers are destroyed. A queue that was moved from can be assigned to,
// closed and destroyed, nothing else.
template <class Executor = boost::asio::any_io_executor>
class basic_async_queue {
    using state = detail::queue_state<Executor>;

public:
    using executor_type = Executor;
    using signature = void(boost::system::error_code, completion);
    template <class Other>
    struct rebind_executor {
        using other = basic_async_queue<Other>;
    };

    // @queue: nobody else takes its results. errc::system: no file descriptor.
    static result<basic_async_queue> create(const Executor &executor,
                                            groq::queue queue) {
        const auto file = queue.fd();
        if (!file)
            return file.error();
        const auto info = queue.info();
        if (!info)
            return info.error();
        const int own = ::fcntl(*file, F_DUPFD_CLOEXEC, 0);
        if (own < 0)
            return error(errc::system, "cannot duplicate a queue's file descriptor",
                         errno);
        return basic_async_queue(
            std::make_shared<state>(executor, std::move(queue), own, info->depth));
    }
    // Throw groq::failure.
    basic_async_queue(const Executor &executor, groq::queue queue)
        : basic_async_queue(create(executor, std::move(queue)).value()) {}
    basic_async_queue(const Executor &executor, const device &device,
                      const queue_options &options = {})
        : basic_async_queue(executor, groq::queue(device, options)) {}

    basic_async_queue(basic_async_queue &&) noexcept = default;
    basic_async_queue &operator=(basic_async_queue &&other) noexcept {
        basic_async_queue taken(std::move(other));
        std::swap(state_, taken.state_);
        return *this;
    }
    // As close().
    ~basic_async_queue() { close(); }

    executor_type get_executor() const noexcept { return state_->get_executor(); }

    // Submit a job and wait for its end. While the queue is full it waits for room,
    // first come, first served. @job stays in place until then; errc::in_use: it is
    // in work already.
    template <boost::asio::completion_token_for<signature> Token =
                  boost::asio::default_completion_token_t<Executor>>
    auto async_run(job &job, Token &&token = Token()) {
        return initiate(token, [job = job.native()](auto &to, auto operation) {
            to.run(std::move(operation), job, {});
        });
    }
    // The same; a job that takes longer than it may is ended early, with errc::hung.
    template <boost::asio::completion_token_for<signature> Token =
                  boost::asio::default_completion_token_t<Executor>>
    auto async_run(job &job, const watchdog &watchdog, Token &&token = Token()) {
        return initiate(token, [job = job.native(),
                                limit = watchdog.limit()](auto &to, auto operation) {
            to.run(std::move(operation), job, limit);
        });
    }

    // One copy, in its turn, by a job of the queue's own. The buffer may be destroyed
    // before it ends. errc::invalid: the copy does not fit the buffer.
    template <boost::asio::completion_token_for<signature> Token =
                  boost::asio::default_completion_token_t<Executor>>
    auto async_copy(copy_direction direction, const copy &copy,
                    Token &&token = Token()) {
        return initiate(token, [is_in = direction == copy_direction::in,
                                shape = copy.native()](auto &to, auto operation) {
            to.copy(std::move(operation), is_in, shape);
        });
    }

    // Submit a job and wait for it later: its result is kept for async_wait().
    // errc::full: jobs are in work, or wait to be, or wait to be waited for.
    result<ticket> submit(job &job) { return state_->submit(job.native()); }

    // Wait for a job of submit(). errc::not_found: no such job, or its result has
    // been taken, or another operation waits for it.
    template <boost::asio::completion_token_for<signature> Token =
                  boost::asio::default_completion_token_t<Executor>>
    auto async_wait(ticket number, Token &&token = Token()) {
        return initiate(token, [number](auto &to, auto operation) {
            to.wait(std::move(operation), number);
        });
    }

    // Cancel all there is, submitted or not.
    void cancel() { state_->cancel_all(); }

    // No more jobs. Those under way are canceled; their operations end as the chip
    // lets go of them. Again does nothing.
    void close() {
        if (state_)
            state_->close();
    }

private:
    template <class Start>
    struct initiation {
        using executor_type = Executor;

        std::shared_ptr<state> state_;
        Start start;

        executor_type get_executor() const noexcept { return state_->get_executor(); }
        template <class Handler>
        void operator()(Handler &&handler) const {
            using operation =
                detail::operation_of<completion, state, std::decay_t<Handler>>;
            start(*state_, operation::create(std::forward<Handler>(handler), state_));
        }
    };

    template <class Token, class Start>
    auto initiate(Token &token, Start start) {
        return boost::asio::async_initiate<Token, signature>(
            initiation<Start>{state_, std::move(start)}, token);
    }

    explicit basic_async_queue(std::shared_ptr<state> made) noexcept
        : state_(std::move(made)) {}

    std::shared_ptr<state> state_;
};

using async_queue = basic_async_queue<>;

} // namespace groq
