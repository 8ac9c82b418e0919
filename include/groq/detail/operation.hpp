// SPDX-License-Identifier: MIT
//
// A completion handler that waits for the end of a job: its type erased, with its
// executor, its allocator and its cancellation slot.
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

#include <groq/detail/memory_pool.hpp>

namespace groq::detail {

// `End` is what the handler gets beside the error code that it tells of:
// error_code code_of(const End &), found by its argument.
//
// Each is either completed or destroyed, once; it frees itself then.
template <class End>
class operation {
public:
    // Calls the handler on its executor; at once if this runs there already.
    virtual void dispatch(End end) = 0;
    // Calls it there, later.
    virtual void post(End end) = 0;
    // It is never called: its executor has gone.
    virtual void destroy() noexcept = 0;

protected:
    ~operation() = default;
};

// `Owner` has the pool that the operation lies in, and is kept by it.
template <class End, class Owner, class Handler>
class operation_of final : public operation<End> {
    using executor_type =
        boost::asio::associated_executor_t<Handler, typename Owner::executor_type>;
    using any_allocator =
        boost::asio::associated_allocator_t<Handler, pool_allocator<void>>;
    using allocator_type = typename std::allocator_traits<
        any_allocator>::template rebind_alloc<operation_of>;
    using traits = std::allocator_traits<allocator_type>;

public:
    static operation_of *create(Handler &&handler, std::shared_ptr<Owner> owner) {
        auto allocator = allocator_for(handler, *owner);
        operation_of *const memory = traits::allocate(allocator, 1);
        try {
            return new (memory) operation_of(std::move(handler), std::move(owner));
        } catch (...) {
            traits::deallocate(allocator, memory, 1);
            throw;
        }
    }

    // What comes of the slot goes to owner.cancel(operation, type).
    void listen() {
        auto slot = boost::asio::get_associated_cancellation_slot(handler_);
        if (slot.is_connected())
            slot.assign([owner = std::weak_ptr<Owner>(owner_),
                         this](boost::asio::cancellation_type type) {
                if (const auto alive = owner.lock())
                    alive->cancel(*this, type);
            });
    }

    void dispatch(End end) override {
        end_.emplace(std::move(end));
        boost::asio::dispatch(work_.get_executor(), call());
    }
    void post(End end) override {
        end_.emplace(std::move(end));
        boost::asio::post(work_.get_executor(), call());
    }
    void destroy() noexcept override {
        // The handler may own the last of the owner.
        const auto keep = owner_;
        auto allocator = allocator_for(handler_, *owner_);
        const Handler last(std::move(handler_));
        this->~operation_of();
        traits::deallocate(allocator, this, 1);
    }

private:
    struct destroyer {
        void operator()(operation_of *operation) const noexcept {
            operation->destroy();
        }
    };

    operation_of(Handler &&handler, std::shared_ptr<Owner> owner)
        : handler_(std::move(handler)),
          work_(boost::asio::get_associated_executor(handler_, owner->get_executor())),
          owner_(std::move(owner)) {}
    ~operation_of() = default;

    static allocator_type allocator_for(const Handler &handler, Owner &owner) {
        return allocator_type(boost::asio::get_associated_allocator(
            handler, pool_allocator<void>(owner.pool())));
    }

    auto call() {
        return boost::asio::bind_allocator(
            allocator_for(handler_, *owner_),
            [self = std::unique_ptr<operation_of, destroyer>(this)]() mutable {
                self.release()->invoke();
            });
    }

    // On the handler's executor, which alone touches the slot.
    void invoke() {
        auto slot = boost::asio::get_associated_cancellation_slot(handler_);
        if (slot.is_connected())
            slot.clear();
        Handler handler(std::move(handler_));
        End end(std::move(*end_));
        const auto work = std::move(work_);
        const auto owner = std::move(owner_);
        auto allocator = allocator_for(handler, *owner);
        // Before the call, so that the next operation finds it.
        this->~operation_of();
        traits::deallocate(allocator, this, 1);
        const auto code = code_of(end);
        std::move(handler)(code, std::move(end));
    }

    Handler handler_;
    boost::asio::executor_work_guard<executor_type> work_;
    std::shared_ptr<Owner> owner_;
    std::optional<End> end_;
};

} // namespace groq::detail
