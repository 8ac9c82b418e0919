// SPDX-License-Identifier: MIT
#include "refusal.hpp"

#include <cstdarg>

namespace groq {

error refusal::operator()(const char *format, ...) const {
    std::va_list arguments;
    va_start(arguments, format);
    auto message = file_ + ": " + vformat(format, arguments);
    va_end(arguments);
    return {errc::program, std::move(message)};
}

} // namespace groq
