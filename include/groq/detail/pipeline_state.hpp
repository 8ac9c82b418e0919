// SPDX-License-Identifier: MIT
//
// Who waits for an asynchronous pipeline: for room, and for the ends of runs.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <utility>

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <groq/detail/operation.hpp>
#include <groq/pipeline.hpp>

namespace groq {

// The beginning of a run.
struct pushed {
    std::uint64_t number; // of the run, from 0
    std::optional<groq::error> failure;
};

namespace detail {

// Any thread may call it; no handler runs under its lock. As long as an operation is
// pending a timer that never expires is waited for: it keeps this object, and the
// executor busy.
template <class Executor>
class pipeline_state : public std::enable_shared_from_this<pipeline_state<Executor>> {
public:
    using executor_type = Executor;
    using inputs = std::span<const std::span<const std::byte>>;
    using outputs = std::span<const std::span<std::byte>>;
    using push_owner = operation_owner<pushed>;
    using pop_owner = operation_owner<completion>;

    // @file: a duplicate of the pipeline's, which it closes.
    pipeline_state(const Executor &executor, groq::pipeline pipeline, int file)
        : executor_(executor), pipeline_(std::move(pipeline)), file_(executor, file),
          anchor_(executor), pushes_(pool_allocator<push>(pool_)),
          pops_(pool_allocator<pop>(pool_)) {}

    const Executor &get_executor() const noexcept { return executor_; }
    memory_pool &pool() noexcept { return pool_; }

    // The spans, and what they point to, stay in place until the end.
    void start_push(push_owner operation, inputs from) {
        ended_ends done;
        const std::lock_guard lock(lock_);
        pushes_.push_back({nullptr, from});
        pushes_.back().waiter = operation.release();
        proceed(done);
    }
    void start_pop(pop_owner operation, outputs to) {
        ended_ends done;
        const std::lock_guard lock(lock_);
        pops_.push_back({nullptr, to});
        pops_.back().waiter = operation.release();
        proceed(done);
    }

    // Of an operation's slot. Nothing has happened for it yet: that is total.
    void cancel(operation<pushed> &operation, boost::asio::cancellation_type_t) {
        ended_ends done;
        const std::lock_guard lock(lock_);
        drop(pushes_, operation, done.pushes);
        wait();
    }
    void cancel(operation<completion> &operation, boost::asio::cancellation_type_t) {
        ended_ends done;
        const std::lock_guard lock(lock_);
        drop(pops_, operation, done.pops);
        wait();
    }

    result<void> end_run(std::uint64_t number) {
        const std::lock_guard lock(lock_);
        if (!pipeline_)
            return error(errc::canceled, "the pipeline was closed");
        return pipeline_->cancel(number);
    }

    void close() {
        ended_ends done;
        const std::lock_guard lock(lock_);
        if (!pipeline_)
            return;
        pipeline_.reset();
        file_.close();
        drop_all(pushes_, done.pushes);
        drop_all(pops_, done.pops);
        wait();
    }

private:
    struct push {
        operation<pushed> *waiter;
        inputs from;
    };
    struct pop {
        operation<completion> *waiter;
        outputs to;
    };
    using pushes = std::list<push, pool_allocator<push>>;
    using pops = std::list<pop, pool_allocator<pop>>;

    struct ended_ends {
        ended_operations<completion> pops;
        ended_operations<pushed> pushes;
    };

    // The handler of the anchor. Destroyed without a call, none will ever be called.
    class held {
    public:
        using allocator_type = pool_allocator<void>;

        explicit held(std::shared_ptr<pipeline_state> state) noexcept
            : state_(std::move(state)) {}
        held(held &&) = default;
        ~held() {
            if (state_)
                state_->abandon();
        }

        allocator_type get_allocator() const noexcept {
            return allocator_type(state_->pool_);
        }
        void operator()(boost::system::error_code) {
            const auto state = std::move(state_);
            const std::lock_guard lock(state->lock_);
            state->is_anchored_ = false;
            state->wait();
        }

    private:
        std::shared_ptr<pipeline_state> state_;
    };

    template <class End>
    static End canceled() {
        End end{};
        end.failure = error(errc::canceled, "the operation was canceled");
        return end;
    }

    template <class List, class End>
    static void drop_all(List &list, ended_operations<End> &done) {
        for (; !list.empty(); list.pop_front())
            done.add(*list.front().waiter, canceled<End>());
    }
    template <class List, class End>
    static void drop(List &list, const operation<End> &wanted,
                     ended_operations<End> &done) {
        for (auto each = list.begin(); each != list.end(); ++each)
            if (each->waiter == &wanted) {
                done.add(*each->waiter, canceled<End>());
                list.erase(each);
                return;
            }
    }

    void awake(boost::system::error_code code) {
        ended_ends done;
        {
            const std::lock_guard lock(lock_);
            is_listening_ = false;
            if (!code || code == boost::asio::error::operation_aborted)
                proceed(done);
        }
        done.pops.dispatch();
        done.pushes.dispatch();
    }

    // What can end ends: a pop makes room for a push, which gives a pop its run.
    void proceed(ended_ends &done) {
        if (!pipeline_) {
            drop_all(pushes_, done.pushes);
            drop_all(pops_, done.pops);
            return;
        }
        while (take_runs(done) + begin_runs(done) > 0) {
        }
        wait();
    }

    std::size_t take_runs(ended_ends &done) {
        std::size_t count = 0;
        for (; !pops_.empty(); pops_.pop_front(), ++count) {
            auto taken = pipeline_->pop(pops_.front().to, now);
            has_runs_ = taken || !(taken.error() == errc::not_found);
            if (!taken && (!has_runs_ || taken.error() == errc::timeout))
                break;
            completion end{};
            if (taken)
                end = std::move(*taken);
            else
                end.failure = taken.error();
            done.pops.add(*pops_.front().waiter, std::move(end));
        }
        return count;
    }

    std::size_t begin_runs(ended_ends &done) {
        std::size_t count = 0;
        for (; !pushes_.empty(); pushes_.pop_front(), ++count) {
            const auto begun = pipeline_->push(pushes_.front().from, now);
            if (!begun && begun.error() == errc::full)
                break;
            pushed end{};
            if (begun)
                end.number = *begun;
            else
                end.failure = begun.error();
            done.pushes.add(*pushes_.front().waiter, std::move(end));
        }
        return count;
    }

    void wait() {
        const bool is_pending = !pushes_.empty() || !pops_.empty();
        if (is_pending && !std::exchange(is_anchored_, true)) {
            anchor_.expires_at(std::chrono::steady_clock::time_point::max());
            anchor_.async_wait(held(this->shared_from_this()));
        } else if (!is_pending && is_anchored_)
            anchor_.cancel();
        const bool can_end = !pops_.empty() && has_runs_;
        if (can_end && !std::exchange(is_listening_, true))
            listen();
        else if (!can_end && is_listening_ && pipeline_)
            file_.cancel();
    }

    void listen() {
        file_.async_wait(
            boost::asio::posix::descriptor_base::wait_read,
            boost::asio::bind_allocator(
                pool_allocator<void>(pool_),
                [state = this->shared_from_this()](boost::system::error_code code) {
                    state->awake(code);
                }));
    }

    void abandon() noexcept {
        pushes left(pushes_.get_allocator());
        pops right(pops_.get_allocator());
        {
            const std::lock_guard lock(lock_);
            is_anchored_ = false;
            left.swap(pushes_);
            right.swap(pops_);
        }
        for (auto &each : left)
            each.waiter->destroy();
        for (auto &each : right)
            each.waiter->destroy();
    }

    const Executor executor_;
    memory_pool pool_; // outlives what lies in it

    std::mutex lock_;                        // all below
    std::optional<groq::pipeline> pipeline_; // none: closed
    boost::asio::posix::basic_stream_descriptor<Executor> file_;
    boost::asio::basic_waitable_timer<
        std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>,
        Executor>
        anchor_;
    pushes pushes_;
    pops pops_;
    bool has_runs_ = false; // when a pop last looked
    bool is_listening_ = false, is_anchored_ = false;
};

} // namespace detail
} // namespace groq
