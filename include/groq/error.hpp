// SPDX-License-Identifier: MIT
//
// Errors: a category of boost::system (convertible to std), an error that
// carries its message, and the result that synchronous functions return.
// `function(...).value()` throws groq::failure where that is preferred.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>
#include <boost/system/system_error.hpp>
#include <boost/throw_exception.hpp>

#include <groq/groq.h>

namespace groq {

// GROQ_ERROR_* of groq.h, which says what each means.
enum class errc {
    invalid = GROQ_ERROR_INVALID,
    size = GROQ_ERROR_SIZE,
    not_found = GROQ_ERROR_NOT_FOUND,
    in_use = GROQ_ERROR_IN_USE,
    program = GROQ_ERROR_PROGRAM,
    no_device = GROQ_ERROR_NO_DEVICE,
    no_driver = GROQ_ERROR_NO_DRIVER,
    too_old = GROQ_ERROR_TOO_OLD,
    permission = GROQ_ERROR_PERMISSION,
    held = GROQ_ERROR_HELD,
    no_simulator = GROQ_ERROR_NO_SIMULATOR,
    memory = GROQ_ERROR_MEMORY,
    sram = GROQ_ERROR_SRAM,
    queues = GROQ_ERROR_QUEUES,
    timeout = GROQ_ERROR_TIMEOUT,
    fault = GROQ_ERROR_FAULT,
    access = GROQ_ERROR_ACCESS,
    dma = GROQ_ERROR_DMA,
    hung = GROQ_ERROR_HUNG,
    canceled = GROQ_ERROR_CANCELED,
    reset = GROQ_ERROR_RESET,
    device_lost = GROQ_ERROR_DEVICE_LOST,
    system = GROQ_ERROR_SYSTEM,
    full = GROQ_ERROR_FULL,
    unsupported = GROQ_ERROR_UNSUPPORTED,
    diverged = GROQ_ERROR_DIVERGED,
    link = GROQ_ERROR_LINK,
};

namespace detail {

// An id of its own makes copies of the category in several libraries equal.
class error_category final : public boost::system::error_category {
public:
    constexpr error_category() noexcept
        : boost::system::error_category(0x67726f716c6962e1) {}

    const char *name() const noexcept override { return "groq"; }
    std::string message(int value) const override { return groq_error_text(value); }

    boost::system::error_condition
    default_error_condition(int value) const noexcept override {
        using namespace boost::system::errc;
        switch (static_cast<errc>(value)) {
        case errc::invalid:
            return make_error_condition(invalid_argument);
        case errc::permission:
            return make_error_condition(permission_denied);
        case errc::held:
        case errc::in_use:
            return make_error_condition(device_or_resource_busy);
        case errc::memory:
            return make_error_condition(not_enough_memory);
        case errc::timeout:
            return make_error_condition(timed_out);
        case errc::canceled:
            return make_error_condition(operation_canceled);
        case errc::no_device:
        case errc::device_lost:
            return make_error_condition(no_such_device);
        case errc::full:
            return make_error_condition(resource_unavailable_try_again);
        case errc::unsupported:
            return make_error_condition(operation_not_supported);
        default:
            return {value, *this};
        }
    }
};

inline constexpr error_category category_object{};

} // namespace detail

inline const boost::system::error_category &category() noexcept {
    return detail::category_object;
}

inline boost::system::error_code make_error_code(errc code) noexcept {
    return {static_cast<int>(code), category()};
}

// Where and why a program stopped.
struct fault : groq_fault_info {
    std::string describe() const {
        std::string words(groq_fault_describe(this, nullptr, 0), '\0');
        groq_fault_describe(this, words.data(), words.size() + 1);
        return words;
    }
    // The chip-to-chip link whose queue stopped; nothing: it was another unit. Numbers
    // of units: docs/isa.md section 1, of causes: docs/hardware.md section 11.
    std::optional<std::uint32_t> link() const noexcept {
        constexpr std::uint32_t first = 144, links = 16;
        return unit >= first && unit < first + links ? std::optional(unit - first)
                                                     : std::nullopt;
    }
    // The link was not up, or went down under the program.
    bool is_link_down() const noexcept { return cause == 33; }
    // Nothing came by the link, or the program at its other end has ended.
    bool is_link_empty() const noexcept { return cause == 35; }
    // What came by the link was beyond correction: made again, the run may succeed.
    bool is_link_error() const noexcept { return cause == 37; }
};

// What went wrong: a code for programs, a message for people that says what to
// do, the errno behind it, the pid that holds the card, the fault of a program.
class error {
public:
    // No error.
    error() = default;
    error(errc code, std::string message, int os_error = 0, int holder = 0)
        : code_(make_error_code(code)), message_(std::move(message)),
          os_error_(os_error), holder_(holder) {}
    error(errc code, std::string message, const groq::fault &fault)
        : code_(make_error_code(code)), message_(std::move(message)), fault_(fault) {}

    // Of the last call of the C interface that failed on this thread.
    static error last() {
        groq_error_info info{};
        info.size = sizeof info;
        groq_last_error(&info);
        return {static_cast<errc>(info.error), info.message, info.os_error,
                info.holder};
    }

    boost::system::error_code code() const noexcept { return code_; }
    const std::string &message() const noexcept { return message_; }
    int os_error() const noexcept { return os_error_; }
    int holder() const noexcept { return holder_; }
    const std::optional<groq::fault> &fault() const noexcept { return fault_; }

    friend bool operator==(const error &e, errc code) noexcept {
        return e.code_ == make_error_code(code);
    }

private:
    boost::system::error_code code_;
    std::string message_;
    int os_error_ = 0;
    int holder_ = 0;
    std::optional<groq::fault> fault_;
};

template <class T>
using result = boost::system::result<T, error>;

// Thrown by result<T>::value() and by constructors. what() is the message.
class failure : public boost::system::system_error {
public:
    explicit failure(groq::error error)
        : system_error(error.code()), error_(std::move(error)) {}

    const char *what() const noexcept override { return error_.message().c_str(); }
    const groq::error &error() const noexcept { return error_; }

private:
    groq::error error_;
};

// Found by boost::system::result.
[[noreturn]] inline void
throw_exception_from_error(const error &error, const boost::source_location &location) {
    boost::throw_with_location(failure(error), location);
}

} // namespace groq

template <>
struct boost::system::is_error_code_enum<groq::errc> : std::true_type {};
template <>
struct std::is_error_code_enum<groq::errc> : std::true_type {};
