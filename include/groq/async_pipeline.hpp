// SPDX-License-Identifier: MIT
//
// A pipeline for programs with Boost.Asio. Not part of <groq/groq.hpp>.
#pragma once

#include <cerrno>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

#include <fcntl.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>

#include <groq/detail/pipeline_state.hpp>

namespace groq {

// Runs of one image whose copies overlap the runs, as groq::pipeline has them. They end
// in the order of their beginnings.
//
// Operations take any completion token, and are first come, first served. Handlers,
// memory, cancellation, threads and the executor's context are as basic_async_queue has
// them; but every type of cancellation ends the operation at once, and takes no part in
// the runs: end_run() ends those.
template <class Executor = boost::asio::any_io_executor>
class basic_async_pipeline {
    using state = detail::pipeline_state<Executor>;

public:
    using executor_type = Executor;
    using push_signature = void(boost::system::error_code, pushed);
    using pop_signature = void(boost::system::error_code, completion);
    template <class Other>
    struct rebind_executor {
        using other = basic_async_pipeline<Other>;
    };

    // errc::system: no file descriptor.
    static result<basic_async_pipeline> create(const Executor &executor,
                                               groq::pipeline pipeline) {
        const auto file = pipeline.fd();
        if (!file)
            return file.error();
        const int own = ::fcntl(*file, F_DUPFD_CLOEXEC, 0);
        if (own < 0)
            return error(errc::system, "cannot duplicate a pipeline's file descriptor",
                         errno);
        return basic_async_pipeline(
            std::make_shared<state>(executor, std::move(pipeline), own));
    }
    // Throw groq::failure.
    basic_async_pipeline(const Executor &executor, groq::pipeline pipeline)
        : basic_async_pipeline(create(executor, std::move(pipeline)).value()) {}
    basic_async_pipeline(const Executor &executor, const image &image,
                         const pipeline_options &options = {})
        : basic_async_pipeline(executor, groq::pipeline(image, options)) {}

    basic_async_pipeline(basic_async_pipeline &&) noexcept = default;
    basic_async_pipeline &operator=(basic_async_pipeline &&other) noexcept {
        basic_async_pipeline taken(std::move(other));
        std::swap(state_, taken.state_);
        return *this;
    }
    // As close().
    ~basic_async_pipeline() { close(); }

    executor_type get_executor() const noexcept { return state_->get_executor(); }

    // Begin a run as soon as there is room. @inputs: row-major data of each input
    // tensor, in the order of the program's tensors; spans and data stay in place until
    // the handler is called. It gets (error_code, groq::pushed). errc::size.
    template <boost::asio::completion_token_for<push_signature> Token =
                  boost::asio::default_completion_token_t<Executor>>
    auto async_push(std::span<const std::span<const std::byte>> inputs,
                    Token &&token = Token()) {
        return initiate<push_signature, pushed>(
            token, [inputs](auto &to, auto operation) {
                to.start_push(std::move(operation), inputs);
            });
    }

    // Take the oldest run when it has ended, or when one has been begun and has ended.
    // @outputs: where its output tensors go; spans and room stay in place until the
    // handler is called. It gets (error_code, groq::completion), whose ticket
    // is the number of the run.
    template <boost::asio::completion_token_for<pop_signature> Token =
                  boost::asio::default_completion_token_t<Executor>>
    auto async_pop(std::span<const std::span<std::byte>> outputs,
                   Token &&token = Token()) {
        return initiate<pop_signature, completion>(
            token, [outputs](auto &to, auto operation) {
                to.start_pop(std::move(operation), outputs);
            });
    }

    // As groq::pipeline::cancel(). errc::canceled: closed.
    result<void> end_run(std::uint64_t number) { return state_->end_run(number); }

    // What is on its way is ended, operations with errc::canceled. Again does nothing.
    void close() {
        if (state_)
            state_->close();
    }

private:
    template <class End, class Start>
    struct initiation {
        using executor_type = Executor;

        std::shared_ptr<state> state_;
        Start start;

        executor_type get_executor() const noexcept { return state_->get_executor(); }
        template <class Handler>
        void operator()(Handler &&handler) const {
            using operation = detail::operation_of<End, state, std::decay_t<Handler>>;
            start(*state_, operation::create(std::forward<Handler>(handler), state_));
        }
    };

    template <class Signature, class End, class Token, class Start>
    auto initiate(Token &token, Start start) {
        return boost::asio::async_initiate<Token, Signature>(
            initiation<End, Start>{state_, std::move(start)}, token);
    }

    explicit basic_async_pipeline(std::shared_ptr<state> made) noexcept
        : state_(std::move(made)) {}

    std::shared_ptr<state> state_;
};

using async_pipeline = basic_async_pipeline<>;

} // namespace groq
