// SPDX-License-Identifier: MIT
//
// What is under way in an asynchronous queue, and what happens to it.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include <unistd.h>

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <groq/detail/operation.hpp>
#include <groq/queue.hpp>

namespace groq {

inline boost::system::error_code code_of(const completion &end) noexcept {
    return end.failure ? end.failure->code() : boost::system::error_code();
}

namespace detail {

using job_operation = operation<completion>;

inline completion failed(error why) {
    completion end{};
    end.failure = std::move(why);
    return end;
}

inline completion canceled() {
    return failed({errc::canceled, "canceled before it was submitted"});
}

// Operations that have ended, and how; told when the lock is no longer held.
class ended_operations {
public:
    explicit ended_operations(memory_pool &pool) : list_(pool_allocator<ended>(pool)) {}
    // After a handler has thrown: the others are called nevertheless.
    ~ended_operations() { post(); }

    void add(job_operation &operation, completion end) {
        list_.push_back({&operation, std::move(end)});
    }
    // In order, at once where a handler's executor allows it.
    void dispatch() {
        while (!list_.empty()) {
            auto first = take();
            first.operation->dispatch(std::move(first.end));
        }
    }
    void post() {
        while (!list_.empty()) {
            auto first = take();
            first.operation->post(std::move(first.end));
        }
    }

private:
    struct ended {
        job_operation *operation;
        completion end;
    };

    ended take() {
        ended first = std::move(list_.front());
        list_.pop_front();
        return first;
    }

    std::list<ended, pool_allocator<ended>> list_;
};

// A job goes from `waiting` (for room) to `in work`, and from there to its
// operation, or, while nobody waits for it, to `unclaimed`.
//
// Any thread may call it; none waits while it holds the lock, and no handler is
// called under it. While an operation is pending, the descriptor is waited on: that
// wait keeps the object, and the executor busy.
template <class Executor>
class queue_state : public std::enable_shared_from_this<queue_state<Executor>> {
public:
    using executor_type = Executor;

    // @file: a duplicate of the queue's, which it closes.
    queue_state(const Executor &executor, groq::queue queue, int file)
        : executor_(executor), queue_(std::move(queue)), file_(executor, file),
          waiting_(pool_allocator<flight>(pool_)), in_work_(waiting_.get_allocator()),
          unclaimed_(waiting_.get_allocator()) {}

    const Executor &get_executor() const noexcept { return executor_; }
    memory_pool &pool() noexcept { return pool_; }

    void run(job_operation &operation, groq_job *job) {
        ended_operations done(pool_);
        const std::lock_guard lock(lock_);
        waiting_.push_back({.job = job, .operation = &operation});
        admit(done);
        listen();
    }

    void close() {
        ended_operations done(pool_);
        const std::lock_guard lock(lock_);
        if (is_closed_)
            return;
        is_closed_ = true;
        admit(done);
        unclaimed_.clear();
        give_up({errc::canceled, "the queue was closed"}, done);
    }

    void cancel(job_operation &operation, boost::asio::cancellation_type) {
        ended_operations done(pool_);
        const std::lock_guard lock(lock_);
        if (const auto found = find(waiting_, operation); found != waiting_.end()) {
            done.add(operation, canceled());
            waiting_.erase(found);
        }
    }

private:
    struct flight {
        groq_job *job;
        job_operation *operation = nullptr; // none: nobody waits for it
        groq::ticket ticket = 0;
    };
    using flights = std::list<flight, pool_allocator<flight>>;

    // The handler of a wait. Destroyed without a call, nobody will ever call again.
    class wake {
    public:
        using allocator_type = pool_allocator<void>;

        explicit wake(std::shared_ptr<queue_state> state) : state_(std::move(state)) {}
        wake(wake &&) = default;
        wake &operator=(wake &&) = delete;
        ~wake() {
            if (state_)
                state_->abandon();
        }

        allocator_type get_allocator() const noexcept {
            return allocator_type(state_->pool_);
        }
        void operator()(boost::system::error_code code) {
            const auto state = std::move(state_);
            state->awake(code);
        }

    private:
        std::shared_ptr<queue_state> state_;
    };

    static typename flights::iterator find(flights &list, const job_operation &wanted) {
        return std::find_if(list.begin(), list.end(), [&](const flight &each) {
            return each.operation == &wanted;
        });
    }

    void awake(boost::system::error_code code) {
        ended_operations done(pool_);
        {
            const std::lock_guard lock(lock_);
            is_listening_ = false;
            if (code && !is_closed_)
                give_up({errc::system, "cannot wait for the queue: " + code.message()},
                        done);
            reap(done);
            admit(done);
            listen();
        }
        done.dispatch();
    }

    // Takes all results that there are.
    void reap(ended_operations &done) {
        std::array<groq_result, 16> ends;
        std::size_t count = ends.size();
        while (queue_ && count == ends.size()) {
            ends[0].size = sizeof ends[0];
            if (groq_queue_reap(queue_->native(), ends.data(), ends.size(), &count) !=
                GROQ_OK)
                return give_up(error::last(), done);
            for (std::size_t i = 0; i < count; ++i)
                land(ends[i], done);
        }
    }

    void land(const groq_result &end, ended_operations &done) {
        const auto found =
            std::find_if(in_work_.begin(), in_work_.end(),
                         [&](const auto &each) { return each.ticket == end.ticket; });
        if (found == in_work_.end())
            return;
        done.add(*found->operation, queue::completion_of(end));
        in_work_.erase(found);
    }

    // Submits those that wait for room, in order, as far as there is some.
    void admit(ended_operations &done) {
        while (!waiting_.empty()) {
            const auto first = waiting_.begin();
            if (is_closed_)
                done.add(*first->operation, canceled());
            else if (groq_queue_submit(queue_->native(), first->job, &first->ticket) ==
                     GROQ_OK) {
                in_work_.splice(in_work_.end(), waiting_, first);
                continue;
            } else if (auto why = error::last(); why == errc::full && !in_work_.empty())
                return;
            else
                done.add(*first->operation, failed(std::move(why)));
            waiting_.erase(first);
        }
    }

    // The end of everything: without its queue, a job is not in work any more.
    void give_up(const error &why, ended_operations &done) {
        is_closed_ = true;
        queue_.reset();
        file_.close();
        for (auto &each : in_work_)
            done.add(*each.operation, failed(why));
        in_work_.clear();
        admit(done);
    }

    void listen() {
        if (is_listening_ || in_work_.empty())
            return;
        is_listening_ = true;
        file_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                         wake(this->shared_from_this()));
    }

    // The executor has gone, and with it all that would call a handler. Those may
    // own this queue.
    void abandon() {
        flights waiting(waiting_.get_allocator()), in_work(waiting_.get_allocator());
        {
            const std::lock_guard lock(lock_);
            is_listening_ = false;
            waiting.swap(waiting_);
            in_work.swap(in_work_);
        }
        for (auto *list : {&waiting, &in_work})
            for (auto &each : *list)
                each.operation->destroy();
    }

    Executor executor_;
    memory_pool pool_; // outlives what lies in it

    std::mutex lock_;                  // all below
    std::optional<groq::queue> queue_; // none: closed
    boost::asio::posix::basic_stream_descriptor<Executor> file_;
    flights waiting_, in_work_, unclaimed_; // the latter two by ticket
    bool is_listening_ = false, is_closed_ = false;
};

} // namespace detail
} // namespace groq
