// SPDX-License-Identifier: MIT
#include "error.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <iterator>

#include "structure.hpp"

namespace groq {
namespace {

// Plain data: nothing to destroy when a thread ends.
thread_local groq_error_info last_error{};

struct error_word {
    const char *name;
    const char *text;
};

// By GROQ_ERROR_*.
constexpr error_word words[] = {
    {"ok", "no error"},
    {"invalid", "invalid argument"},
    {"size", "wrong size"},
    {"not_found", "not found"},
    {"in_use", "in use by a job under way"},
    {"program", "not a valid program file"},
    {"no_device", "no such card"},
    {"no_driver", "the card has no driver"},
    {"too_old", "kernel, driver or library is too old"},
    {"permission", "permission denied"},
    {"held", "the card is held by somebody else"},
    {"no_simulator", "the simulator is not installed"},
    {"memory", "out of memory"},
    {"sram", "the card's SRAM is taken or too small"},
    {"queues", "all queues of the card are taken"},
    {"timeout", "not done by the deadline"},
    {"fault", "the program faulted, or the card's memory"},
    {"access", "outside of what is one's own"},
    {"dma", "the card could not reach host memory"},
    {"hung", "the card took too long and was stopped"},
    {"canceled", "canceled"},
    {"reset", "lost in a reset that another job caused: try again"},
    {"device_lost", "the card has gone: open it anew when it is back"},
    {"system", "refused by the system"},
    {"full", "as many jobs are in work as may be: reap some first"},
    {"unsupported", "this back-end cannot do that"},
    {"diverged", "the replay is asked for other than was recorded"},
    {"link", "a chip-to-chip link is not up, or wired otherwise"},
};
static_assert(std::size(words) == GROQ_ERROR_LINK + 1);

bool is_known(int code) {
    return code >= 0 && code < int(std::size(words));
}

} // namespace

std::string vformat(const char *format, std::va_list arguments) {
    std::va_list again;
    va_copy(again, arguments);
    std::string text(std::vsnprintf(nullptr, 0, format, again), '\0');
    va_end(again);
    std::vsnprintf(text.data(), text.size() + 1, format, arguments);
    return text;
}

error fail(errc code, const char *format, ...) {
    std::va_list arguments;
    va_start(arguments, format);
    auto message = vformat(format, arguments);
    va_end(arguments);
    return {code, std::move(message)};
}

error fail(errc code, int os_error, const char *format, ...) {
    std::va_list arguments;
    va_start(arguments, format);
    auto message = vformat(format, arguments);
    va_end(arguments);
    return {code, message + ": " + std::strerror(os_error), os_error};
}

int report(const error &error) noexcept {
    const int code = error.code().value();
    const char *message =
        error.message().empty() ? groq_error_text(code) : error.message().c_str();
    last_error = {};
    last_error.size = sizeof last_error;
    last_error.error = code;
    last_error.os_error = error.os_error();
    last_error.holder = error.holder();
    copy_text(last_error.message, message);
    return code;
}

} // namespace groq

uint32_t groq_api_revision(void) {
    return GROQ_API_REVISION;
}

const char *groq_library_version(void) {
    return GROQ_LIBRARY_VERSION;
}

void groq_last_error(struct groq_error_info *info) {
    if (info && groq::has_size(*info))
        groq::store_checked(info, groq::last_error);
}

const char *groq_error_name(int error) {
    return groq::is_known(error) ? groq::words[error].name : "unknown";
}

const char *groq_error_text(int error) {
    return groq::is_known(error) ? groq::words[error].text : "unknown error";
}
