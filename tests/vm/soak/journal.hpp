// SPDX-License-Identifier: MIT
//
// What a worker tells, one line each on standard output. Times are milliseconds of
// CLOCK_MONOTONIC; counts are since the worker's start.
//
//   did TIME copy=N program=N ... bytes=N
//   error NAME BEGAN ENDED WHAT    a job that failed, or an attempt to get at the card
//   wrong WHAT                     reported as done and is not; the worker ends
//   stuck WHAT                     nothing came of it; the worker stays as it is
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace groq::soak {

std::int64_t milliseconds();

class journal {
public:
    void did(const std::string &kind, std::uint64_t bytes);
    void error(const std::string &name, std::int64_t began, const std::string &what);
    [[noreturn]] void wrong(const std::string &what);
    [[noreturn]] void stuck(const std::string &what);
    void tell();

private:
    void line(const std::string &text);

    std::map<std::string, std::uint64_t> counts_;
    std::uint64_t bytes_ = 0;
    std::int64_t told_ = 0;
};

} // namespace groq::soak
