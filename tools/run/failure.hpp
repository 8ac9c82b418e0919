// SPDX-License-Identifier: MIT
//
// What an error of the runtime is to groq-run.
#pragma once

#include <string>
#include <type_traits>
#include <utility>

#include <groq/error.hpp>

#include "run/options.hpp"

namespace groq::run {

status status_of(const error &error);

// With the instruction in words, where the runtime has its bytes.
std::string failure_text(const error &error);

[[noreturn]] void refuse(const std::string &text);

// Throws problem.
template <class T>
T value_of(result<T> done) {
    if (!done)
        throw problem{status_of(done.error()), done.error().message()};
    if constexpr (!std::is_void_v<T>)
        return std::move(*done);
}

// Of a run.
template <class T>
T end_of(result<T> done) {
    if (!done)
        throw problem{done.error() == errc::device_lost ? status::device
                                                        : status::run_failed,
                      failure_text(done.error())};
    return std::move(*done);
}

} // namespace groq::run
