// SPDX-License-Identifier: MIT
//
// What is under way in an asynchronous queue, and what becomes of it.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <groq/detail/operation.hpp>
#include <groq/queue.hpp>

namespace groq::detail {

using job_operation = operation<completion>;
using job_operation_owner = operation_owner<completion>;
using ended_jobs = ended_operations<completion>;

inline completion failed(error why) {
    completion end{};
    end.failure = std::move(why);
    return end;
}

// A job goes from `waiting_` (for room) to `in_work_`, and from there to its
// operation, or to `unclaimed_` while nobody waits for it.
//
// Any thread may call it; the lock is never held while something waits or a handler
// runs. As long as an operation is pending the file is waited for: that keeps this
// object, and the executor busy.
template <class Executor>
class queue_state : public std::enable_shared_from_this<queue_state<Executor>> {
public:
    using executor_type = Executor;
    using job_owner = handle<groq_job, groq_job_destroy>;

    // @file: a duplicate of the queue's, which it closes. @depth: the queue's.
    queue_state(const Executor &executor, groq::queue queue, int file,
                std::size_t depth)
        : executor_(executor), depth_(depth), queue_(std::move(queue)),
          file_(executor, file), timer_(executor),
          waiting_(pool_allocator<flight>(pool_)), in_work_(waiting_.get_allocator()),
          unclaimed_(waiting_.get_allocator()) {}

    const Executor &get_executor() const noexcept { return executor_; }
    memory_pool &pool() noexcept { return pool_; }

    // @limit 0: none.
    void run(job_operation_owner operation, groq_job *job,
             std::chrono::nanoseconds limit) {
        ended_jobs done;
        const std::lock_guard lock(lock_);
        waiting_.push_back({.job = job, .limit = limit});
        attach(waiting_.back(), std::move(operation));
        proceed(done);
    }

    void copy(job_operation_owner operation, bool is_in, const groq_copy &shape) {
        ended_jobs done;
        const std::lock_guard lock(lock_);
        auto job = make_copy_job(is_in, shape);
        if (!job)
            return done.add(*operation.release(), failed(job.error()));
        waiting_.push_back({.job = job->get(), .copies = std::move(*job)});
        attach(waiting_.back(), std::move(operation));
        proceed(done);
    }

    result<ticket> submit(groq_job *job) {
        const std::lock_guard lock(lock_);
        if (is_closed_)
            return closed();
        if (!waiting_.empty() || unclaimed_.size() >= depth_)
            return error(errc::full, "jobs wait for room, or for someone to take "
                                     "their results: async_wait() for them first");
        in_work_.push_back({.job = job, .is_kept = true});
        if (groq_queue_submit(queue_->native(), job, &in_work_.back().ticket) ==
            GROQ_OK)
            return in_work_.back().ticket;
        in_work_.pop_back();
        return error::last();
    }

    void wait(job_operation_owner operation, ticket number) {
        ended_jobs done;
        const std::lock_guard lock(lock_);
        if (const auto ended = find(unclaimed_, number); ended != unclaimed_.end()) {
            done.add(*operation.release(), std::move(ended->end));
            unclaimed_.erase(ended);
            return;
        }
        const auto found = find(in_work_, number);
        if (found == in_work_.end() || found->operation)
            return done.add(*operation.release(), failed(not_to_be_had(number)));
        attach(*found, std::move(operation));
        listen();
    }

    // Of an operation's slot.
    void cancel(job_operation &operation, boost::asio::cancellation_type_t type) {
        using boost::asio::cancellation_type_t;
        constexpr auto none = cancellation_type_t::none;
        ended_jobs done;
        const std::lock_guard lock(lock_);
        if (const auto found = find(waiting_, operation); found != waiting_.end()) {
            finish(*found, failed(canceled()), done);
            waiting_.erase(found);
        } else if (const auto under_way = find(in_work_, operation);
                   under_way == in_work_.end())
            return;
        else if (under_way->is_kept && (type & cancellation_type_t::total) != none)
            finish(*under_way, failed(canceled()), done);
        else if ((type & (cancellation_type_t::terminal |
                          cancellation_type_t::partial)) != none)
            end_early(*under_way);
        listen();
    }

    void cancel_all() {
        ended_jobs done;
        const std::lock_guard lock(lock_);
        drop_waiting(done);
        end_all_early();
        listen();
    }

    void close() {
        ended_jobs done;
        const std::lock_guard lock(lock_);
        if (is_closed_)
            return;
        is_closed_ = true;
        drop_waiting(done);
        if (!end_all_early() || pending_ == 0)
            give_up(canceled(), done);
    }

private:
    struct flight {
        groq_job *job = nullptr;
        job_owner copies = {}; // `job`, if it is one of ours
        std::chrono::nanoseconds limit = {};
        job_operation *operation = nullptr; // none: nobody waits for it
        bool is_kept = false;               // its result, while nobody waits
        bool is_hung = false;
        groq::ticket ticket = 0;
        completion end = {};
    };
    using flights = std::list<flight, pool_allocator<flight>>;

    // The handler of the wait. Destroyed without a call, none will ever be called.
    class wake {
    public:
        using allocator_type = pool_allocator<void>;

        explicit wake(std::shared_ptr<queue_state> state) noexcept
            : state_(std::move(state)) {}
        wake(wake &&) = default;
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

    static error closed() { return {errc::canceled, "the queue is closed"}; }
    static error canceled() { return {errc::canceled, "the operation was canceled"}; }
    static error not_to_be_had(ticket number) {
        return {errc::not_found, "no job with ticket " + std::to_string(number) +
                                     " is in this queue, or another operation waits "
                                     "for it, or has taken its result"};
    }

    static auto find(flights &list, ticket number) {
        return std::find_if(list.begin(), list.end(),
                            [&](const flight &each) { return each.ticket == number; });
    }
    static auto find(flights &list, const job_operation &operation) {
        return std::find_if(list.begin(), list.end(), [&](const flight &each) {
            return each.operation == &operation;
        });
    }

    void attach(flight &to, job_operation_owner operation) noexcept {
        to.operation = operation.release();
        ++pending_;
    }

    void finish(flight &of, completion end, ended_jobs &done) {
        done.add(*std::exchange(of.operation, nullptr), std::move(end));
        --pending_;
    }

    void awake(boost::system::error_code code) {
        ended_jobs done;
        {
            const std::lock_guard lock(lock_);
            is_listening_ = false;
            if (code && code != boost::asio::error::operation_aborted)
                give_up({errc::system, "cannot wait for a queue: " + code.message()},
                        done);
            reap(done);
            proceed(done);
            if (is_closed_ && pending_ == 0)
                give_up(closed(), done);
        }
        done.dispatch();
    }

    // Takes all results that there are.
    void reap(ended_jobs &done) {
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

    void land(const groq_result &result, ended_jobs &done) {
        const auto landed = find(in_work_, result.ticket);
        if (landed == in_work_.end())
            return;
        auto end = queue::completion_of(result);
        if (landed->is_hung && result.error == GROQ_ERROR_CANCELED)
            end.failure = too_long(landed->limit);
        keep_copy_job(std::move(landed->copies));
        if (landed->operation)
            finish(*landed, std::move(end), done);
        else if (landed->is_kept && !is_closed_) {
            landed->end = std::move(end);
            return unclaimed_.splice(unclaimed_.end(), in_work_, landed);
        }
        in_work_.erase(landed);
    }

    void proceed(ended_jobs &done) {
        admit(done);
        watch();
        listen();
    }

    // Submits what waits for room, in order, as far as there is some.
    void admit(ended_jobs &done) {
        if (is_closed_)
            return drop_waiting(done);
        while (!waiting_.empty() && in_work_.size() < depth_) {
            const auto first = waiting_.begin();
            if (groq_queue_submit(queue_->native(), first->job, &first->ticket) ==
                GROQ_OK) {
                in_work_.splice(in_work_.end(), waiting_, first);
                continue;
            }
            auto why = error::last();
            if (why == errc::full && !in_work_.empty())
                return;
            finish(*first, failed(std::move(why)), done);
            waiting_.erase(first);
        }
    }

    void drop_waiting(ended_jobs &done) {
        for (auto &each : waiting_)
            finish(each, failed(canceled()), done);
        waiting_.clear();
    }

    // Its result tells when it has ended. False: the driver cannot do that.
    bool end_early(const flight &of) {
        return groq_queue_cancel(queue_->native(), of.ticket) == GROQ_OK;
    }

    // Newest first: none is to begin because another one ends.
    bool end_all_early() {
        return std::all_of(in_work_.rbegin(), in_work_.rend(),
                           [&](const flight &each) { return end_early(each); });
    }

    // The end of everything: no job is in work without its queue.
    void give_up(const error &why, ended_jobs &done) {
        is_closed_ = true;
        queue_.reset();
        file_.close();
        timer_.cancel();
        drop_waiting(done);
        for (auto &each : in_work_)
            if (each.operation)
                finish(each, failed(why), done);
        in_work_.clear();
        unclaimed_.clear();
    }

    void listen() {
        if (pending_ == 0 && is_listening_)
            file_.cancel();
        if (pending_ == 0 || is_listening_)
            return;
        is_listening_ = true;
        file_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                         wake(this->shared_from_this()));
    }

    // The executor has gone, and with it whatever would call a handler. Those own
    // what they please, this queue too.
    void abandon() noexcept {
        flights waiting(waiting_.get_allocator()), in_work(waiting_.get_allocator());
        {
            const std::lock_guard lock(lock_);
            is_listening_ = false;
            pending_ = 0;
            waiting.swap(waiting_);
            in_work.swap(in_work_);
        }
        for (auto *const list : {&waiting, &in_work})
            for (auto &each : *list)
                if (each.operation)
                    each.operation->destroy();
    }

    // A job's time begins when it is the oldest in work.
    void watch() {
        const bool has_limit = !in_work_.empty() && in_work_.front().limit.count() > 0;
        const ticket oldest = has_limit ? in_work_.front().ticket : 0;
        if (oldest == std::exchange(watched_, oldest))
            return;
        timer_.cancel();
        if (!has_limit)
            return;
        timer_.expires_after(in_work_.front().limit);
        timer_.async_wait(boost::asio::bind_allocator(
            pool_allocator<void>(pool_),
            [state = this->shared_from_this(), oldest](boost::system::error_code code) {
                if (!code)
                    state->time_is_up(oldest);
            }));
    }

    void time_is_up(ticket number) {
        const std::lock_guard lock(lock_);
        if (watched_ != number || in_work_.empty() || in_work_.front().ticket != number)
            return;
        in_work_.front().is_hung = true;
        end_early(in_work_.front());
    }

    static error too_long(std::chrono::nanoseconds limit) {
        using milliseconds = std::chrono::duration<double, std::milli>;
        return {errc::hung, "the job took longer than its watchdog allows, " +
                                std::to_string(milliseconds(limit).count()) + " ms"};
    }

    result<job_owner> make_copy_job(bool is_in, const groq_copy &shape) {
        if (is_closed_)
            return closed();
        groq_job *raw = nullptr;
        if (idle_copies_.empty() &&
            groq_queue_create_job(queue_->native(), &raw) != GROQ_OK)
            return error::last();
        job_owner job(raw);
        if (!idle_copies_.empty()) {
            job = std::move(idle_copies_.back());
            idle_copies_.pop_back();
        }
        const auto append = is_in ? groq_job_copy_in : groq_job_copy_out;
        if (append(job.get(), &shape) == GROQ_OK)
            return job;
        auto why = error::last();
        keep_copy_job(std::move(job));
        return why;
    }

    // Without its steps, so that it keeps no buffer.
    void keep_copy_job(job_owner job) {
        if (job && groq_job_clear(job.get()) == GROQ_OK)
            idle_copies_.push_back(std::move(job));
    }

    const Executor executor_;
    const std::size_t depth_; // most jobs in work
    memory_pool pool_;        // outlives what lies in it

    std::mutex lock_;                  // all below
    std::optional<groq::queue> queue_; // none: closed
    boost::asio::posix::basic_stream_descriptor<Executor> file_;
    boost::asio::basic_waitable_timer<
        std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>,
        Executor>
        timer_;
    flights waiting_, in_work_, unclaimed_; // the latter two by ticket
    std::vector<job_owner> idle_copies_;
    std::size_t pending_ = 0; // operations of flights
    ticket watched_ = 0;      // whose time runs; 0: none's
    bool is_listening_ = false, is_closed_ = false;
};

} // namespace groq::detail
