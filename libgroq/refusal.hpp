// SPDX-License-Identifier: MIT
//
// Says why a program file is refused: errors that begin with the file's name.
#pragma once

#include <string>
#include <utility>

#include "error.hpp"

namespace groq {

class refusal {
public:
    explicit refusal(std::string file) : file_(std::move(file)) {}

    [[gnu::format(printf, 2, 3)]] error operator()(const char *format, ...) const;

private:
    std::string file_;
};

} // namespace groq
