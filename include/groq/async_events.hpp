// SPDX-License-Identifier: MIT
//
// What befalls a card, for programs with Boost.Asio. Not part of <groq/groq.hpp>.
#pragma once

#include <cerrno>
#include <memory>
#include <utility>

#include <fcntl.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <groq/device.hpp>
#include <groq/event.hpp>

namespace groq {

// The events of a device, as they come. One of these per device: what one has told, no
// other tells.
//
// async_next() takes any completion token; its handler gets
//     (boost::system::error_code, groq::event)
// on its associated executor, never inside the call. Every type of cancellation works,
// and loses no event. The executor's context and the device outlive it; one thread at a
// time uses it, and its executor is not to run handlers on several (a strand).
template <class Executor = boost::asio::any_io_executor>
class basic_async_events {
public:
    using executor_type = Executor;
    using signature = void(boost::system::error_code, event);
    template <class Other>
    struct rebind_executor {
        using other = basic_async_events<Other>;
    };

    // errc::system: no file descriptor. errc::device_lost: that has been told already.
    static result<basic_async_events> create(const Executor &executor,
                                             const device &device) {
        int file = -1;
        if (groq_device_event_fd(device.native(), &file) != GROQ_OK)
            return error::last();
        const int own = ::fcntl(file, F_DUPFD_CLOEXEC, 0);
        if (own < 0)
            return error(errc::system, "cannot duplicate a device's file descriptor",
                         errno);
        return basic_async_events(
            std::make_shared<state>(device.native(), executor, own));
    }
    // Throws groq::failure.
    basic_async_events(const Executor &executor, const device &device)
        : basic_async_events(create(executor, device).value()) {}

    basic_async_events(basic_async_events &&) noexcept = default;
    basic_async_events &operator=(basic_async_events &&other) noexcept {
        basic_async_events taken(std::move(other));
        std::swap(state_, taken.state_);
        return *this;
    }
    // What waits ends with errc::canceled.
    ~basic_async_events() {
        if (state_)
            state_->close();
    }

    executor_type get_executor() const noexcept { return state_->file.get_executor(); }

    // Wait for what comes next; several at once are in one event. errc::device_lost:
    // event::lost has been told, nothing comes any more.
    template <boost::asio::completion_token_for<signature> Token =
                  boost::asio::default_completion_token_t<Executor>>
    auto async_next(Token &&token = Token()) {
        return boost::asio::async_compose<Token, signature>(next{state_}, token,
                                                            state_->file);
    }

private:
    struct state {
        state(groq_device *watched, const Executor &executor, int own)
            : device(watched), file(executor, own) {}

        void close() {
            device = nullptr;
            file.close();
        }

        groq_device *device; // null: closed
        boost::asio::posix::basic_stream_descriptor<Executor> file;
    };

    // Waits until the file is readable, then until there is something to tell.
    struct next {
        std::shared_ptr<state> of;
        bool has_waited = false;

        template <class Self>
        void operator()(Self &self, boost::system::error_code code = {}) {
            if (!std::exchange(has_waited, true)) {
                self.reset_cancellation_state(boost::asio::enable_total_cancellation());
                return wait(self);
            }
            if (!of->device || code == boost::asio::error::operation_aborted)
                return self.complete(errc::canceled, event::none);
            if (code)
                return self.complete(code, event::none);
            std::uint32_t events = 0;
            if (groq_device_read_events(of->device, &events) != GROQ_OK)
                return self.complete(error::last().code(), event::none);
            if (events == 0)
                return wait(self);
            self.complete({}, event(events));
        }

        template <class Self>
        void wait(Self &self) {
            auto &file = of->file; // the operation moves away
            file.async_wait(boost::asio::posix::descriptor_base::wait_read,
                            std::move(self));
        }
    };

    explicit basic_async_events(std::shared_ptr<state> made) noexcept
        : state_(std::move(made)) {}

    std::shared_ptr<state> state_;
};

using async_events = basic_async_events<>;

} // namespace groq
