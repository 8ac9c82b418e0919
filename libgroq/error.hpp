// SPDX-License-Identifier: MIT
//
// How failures are made, and how they leave through the C interface.
#pragma once

#include <cstdarg>
#include <exception>
#include <new>
#include <string>

#include <groq/error.hpp>

namespace groq {

// An error with a printf-like message.
[[gnu::format(printf, 2, 3)]] error fail(errc code, const char *format, ...);
// The same with the errno behind it, whose text is appended.
[[gnu::format(printf, 3, 4)]] error fail(errc code, int os_error, const char *format,
                                         ...);

std::string vformat(const char *format, std::va_list arguments);

// Keep `error` for groq_last_error() of this thread; returns its GROQ_ERROR_*.
int report(const error &error) noexcept;

// The body of a function of the C interface: what it returns or throws becomes a
// status.
template <class Body>
int guarded(Body body) noexcept {
    try {
        const result<void> done = body();
        return done ? GROQ_OK : report(done.error());
    } catch (const std::bad_alloc &) {
        return report({errc::memory, {}});
    } catch (const std::exception &failure) {
        return report({errc::system, failure.what()});
    }
}

inline error missing_argument() {
    return fail(errc::invalid, "an argument is NULL");
}

} // namespace groq
