// SPDX-License-Identifier: MIT
//
// A completion handler that waits: its type erased, with its executor, allocator
// and cancellation slot.
#pragma once

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/error_code.hpp>

#include <groq/detail/memory_pool.hpp>

namespace groq::detail {

// `End` is what the handler gets beside an error code: that of its optional `failure`.
// Each is called or destroyed, once, and frees itself then.
template <class End>
class operation {
public:
    // The handler on its executor; at once if this runs there already.
    virtual void dispatch() = 0;
    // The same, but later.
    virtual void post() = 0;
    // Its executor has gone: it is never called.
    virtual void destroy() noexcept = 0;

    std::optional<End> end; // set before it is called
    operation *next = nullptr;

protected:
    ~operation() = default;
};

struct destroy_operation {
    template <class Operation>
    void operator()(Operation *operation) const noexcept {
        operation->destroy();
    }
};

template <class End>
using operation_owner = std::unique_ptr<operation<End>, destroy_operation>;

// Operations that have ended, oldest first. They are called when no lock is held.
template <class End>
class ended_operations {
public:
    ended_operations() = default;
    ended_operations(const ended_operations &) = delete;
    ended_operations &operator=(const ended_operations &) = delete;
    // What is left when a handler throws, too.
    ~ended_operations() {
        while (operation<End> *const first = take())
            first->post();
    }

    void add(operation<End> &ended, End end) {
        ended.end.emplace(std::move(end));
        *last_ = &ended;
        last_ = &ended.next;
    }
    void dispatch() {
        while (operation<End> *const first = take())
            first->dispatch();
    }

private:
    operation<End> *take() noexcept {
        operation<End> *const taken = first_;
        if (taken)
            first_ = std::exchange(taken->next, nullptr);
        if (!first_)
            last_ = &first_;
        return taken;
    }

    operation<End> *first_ = nullptr;
    operation<End> **last_ = &first_;
};

// `State` holds the pool that the operation lies in, and is kept by it.
template <class End, class State, class Handler>
class operation_of final : public operation<End> {
    using executor_type =
        boost::asio::associated_executor_t<Handler, typename State::executor_type>;
    using allocator_type =
        typename std::allocator_traits<boost::asio::associated_allocator_t<
            Handler, pool_allocator<void>>>::template rebind_alloc<operation_of>;
    using traits = std::allocator_traits<allocator_type>;

public:
    static operation_owner<End> create(Handler handler, std::shared_ptr<State> state) {
        auto allocator = allocator_for(handler, *state);
        operation_of *const place = traits::allocate(allocator, 1);
        operation_owner<End> made(
            new (place) operation_of(std::move(handler), std::move(state)));
        static_cast<operation_of &>(*made).listen();
        return made;
    }

    void dispatch() override { boost::asio::dispatch(work_.get_executor(), call()); }
    void post() override { boost::asio::post(work_.get_executor(), call()); }

    void destroy() noexcept override {
        // Until all is done: the handler may own the last of the others.
        const auto state = std::move(state_);
        [[maybe_unused]] const Handler handler = take_handler(*state);
    }

private:
    operation_of(Handler &&handler, std::shared_ptr<State> state) noexcept
        : handler_(std::move(handler)),
          work_(boost::asio::get_associated_executor(handler_, state->get_executor())),
          state_(std::move(state)) {}
    ~operation_of() = default;

    // What comes of the slot goes to the state, until the handler is called.
    void listen() {
        auto slot = boost::asio::get_associated_cancellation_slot(handler_);
        if (slot.is_connected())
            slot.assign([state = std::weak_ptr<State>(state_),
                         this](boost::asio::cancellation_type_t type) {
                if (const auto alive = state.lock())
                    alive->cancel(*this, type);
            });
    }

    static allocator_type allocator_for(const Handler &handler, State &state) {
        return allocator_type(boost::asio::get_associated_allocator(
            handler, pool_allocator<void>(state.pool())));
    }

    auto call() {
        return boost::asio::bind_allocator(
            allocator_for(handler_, *state_),
            [self = std::unique_ptr<operation_of, destroy_operation>(this)]() mutable {
                self.release()->invoke();
            });
    }

    // On the handler's executor, where alone the slot may be touched.
    void invoke() {
        auto slot = boost::asio::get_associated_cancellation_slot(handler_);
        if (slot.is_connected())
            slot.clear();
        const auto state = std::move(state_);
        const auto work = std::move(work_);
        End result = std::move(*this->end);
        const auto code =
            result.failure ? result.failure->code() : boost::system::error_code();
        Handler handler = take_handler(*state);
        std::move(handler)(code, std::move(result));
    }

    // Frees the operation first, so that the handler's next one can have its memory.
    Handler take_handler(State &state) {
        auto allocator = allocator_for(handler_, state);
        Handler handler(std::move(handler_));
        this->~operation_of();
        traits::deallocate(allocator, this, 1);
        return handler;
    }

    Handler handler_;
    boost::asio::executor_work_guard<executor_type> work_;
    std::shared_ptr<State> state_;
};

} // namespace groq::detail
