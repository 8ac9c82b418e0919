// SPDX-License-Identifier: MIT
//
// A queue for programs with Boost.Asio.
#pragma once

#include <cerrno>
#include <fcntl.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>

#include <groq/detail/queue_state.hpp>

namespace groq {

template <class Executor = boost::asio::any_io_executor>
class basic_async_queue {
    using state = detail::queue_state<Executor>;

public:
    using executor_type = Executor;
    template <class Other>
    struct rebind_executor {
        using other = basic_async_queue<Other>;
    };
    using signature = void(boost::system::error_code, completion);

    static result<basic_async_queue> create(const Executor &executor,
                                            groq::queue queue) {
        const auto file = queue.fd();
        if (!file)
            return file.error();
        const int own = ::fcntl(*file, F_DUPFD_CLOEXEC, 0);
        if (own < 0)
            return error(errc::system, "cannot duplicate a file descriptor", errno);
        return basic_async_queue(
            std::make_shared<state>(executor, std::move(queue), own));
    }
    basic_async_queue(const Executor &executor, groq::queue queue)
        : basic_async_queue(create(executor, std::move(queue)).value()) {}
    basic_async_queue(basic_async_queue &&) noexcept = default;
    basic_async_queue &operator=(basic_async_queue &&other) noexcept {
        close();
        state_ = std::move(other.state_);
        return *this;
    }
    ~basic_async_queue() { close(); }

    Executor get_executor() const noexcept { return state_->get_executor(); }

    template <boost::asio::completion_token_for<signature> Token =
                  boost::asio::default_completion_token_t<Executor>>
    auto async_run(job &job, Token &&token = Token()) {
        return boost::asio::async_initiate<Token, signature>(initiate_run{state_},
                                                             token, job.native());
    }

    void close() {
        if (state_)
            state_->close();
    }

private:
    struct initiate_run {
        using executor_type = Executor;

        std::shared_ptr<state> state_;

        executor_type get_executor() const noexcept { return state_->get_executor(); }
        template <class Handler>
        void operator()(Handler &&handler, groq_job *job) const {
            using operation =
                detail::operation_of<completion, state, std::decay_t<Handler>>;
            auto *const made = operation::create(
                std::decay_t<Handler>(std::forward<Handler>(handler)), state_);
            made->listen();
            state_->run(*made, job);
        }
    };

    explicit basic_async_queue(std::shared_ptr<state> made) : state_(std::move(made)) {}

    std::shared_ptr<state> state_;
};

using async_queue = basic_async_queue<>;

} // namespace groq
