// SPDX-License-Identifier: MIT
//
// What is wrong, or looks wrong, with a program at one place and cycle.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "hw/groq_queue.h"

namespace groq::assembly {

struct diagnostic {
    bool error = true; // or a warning
    std::string entry; // of the program
    unsigned icu = GROQ_FAULT_NO_UNIT;
    std::uint64_t cycle = 0; // in which the instruction issues
    std::string message;
    std::uint32_t cause = GROQ_FAULT_NONE; // in which the program would end
    unsigned fault_icu = icu;              // and the queue that would be blamed,
    std::uint64_t fault_cycle = cycle;     // in that cycle, if later
};

// "main: mem.e.3, cycle 120: ..."
std::string to_text(const diagnostic &each);

// A program that cannot be built; what() is the first diagnostic.
class build_error : public std::runtime_error {
public:
    explicit build_error(std::vector<diagnostic> all);
    const std::vector<diagnostic> &diagnostics() const { return diagnostics_; }

private:
    std::vector<diagnostic> diagnostics_;
};

} // namespace groq::assembly
