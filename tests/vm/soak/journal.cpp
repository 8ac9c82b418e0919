// SPDX-License-Identifier: MIT
#include "journal.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include <unistd.h>

namespace groq::soak {
namespace {

constexpr std::int64_t pause_ms = 250;

} // namespace

std::int64_t milliseconds() {
    using namespace std::chrono;
    return duration_cast<std::chrono::milliseconds>(
               steady_clock::now().time_since_epoch())
        .count();
}

void journal::did(const std::string &kind, std::uint64_t bytes) {
    ++counts_[kind];
    bytes_ += bytes;
    if (milliseconds() - told_ >= pause_ms)
        tell();
}

void journal::error(const std::string &name, std::int64_t began,
                    const std::string &what) {
    line("error " + name + ' ' + std::to_string(began) + ' ' +
         std::to_string(milliseconds()) + ' ' + what);
}

void journal::wrong(const std::string &what) {
    line("wrong " + what);
    std::_Exit(1);
}

void journal::stuck(const std::string &what) {
    line("stuck " + what);
    for (;;)
        pause();
}

void journal::tell() {
    told_ = milliseconds();
    std::string text = "did " + std::to_string(told_);
    for (const auto &[kind, count] : counts_)
        text += ' ' + kind + '=' + std::to_string(count);
    line(text + " bytes=" + std::to_string(bytes_));
}

// At once and whole, so that a kill cuts no line in two.
void journal::line(const std::string &text) {
    const std::string whole = text + '\n';
    if (write(STDOUT_FILENO, whole.data(), whole.size()) < 0)
        std::_Exit(1);
}

} // namespace groq::soak
