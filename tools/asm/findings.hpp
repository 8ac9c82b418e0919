// SPDX-License-Identifier: MIT
//
// What the checks find wrong with one entry point.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "asm/diagnostic.hpp"

namespace groq::assembly {

// "STREAM_EMPTY": a GROQ_FAULT_* of a program as docs/isa.md section 6 calls it.
std::string_view fault_name(std::uint32_t cause);

class findings {
public:
    explicit findings(std::string entry) : entry_(std::move(entry)) {}

    // A fault of what the queue issues in the cycle. If the program stops later, or
    // another queue is blamed, the caller says so in the result.
    diagnostic &fault(std::uint32_t cause, unsigned icu, std::uint64_t cycle,
                      const std::string &message);
    void error(unsigned icu, std::uint64_t cycle, const std::string &message);
    void warn(unsigned icu, std::uint64_t cycle, const std::string &message);

    // The cycle of the first fault; never if there is none.
    std::uint64_t first_fault() const;
    static constexpr std::uint64_t never = ~std::uint64_t{0};

    // Errors in the order in which the program would stop at them (docs/isa.md section
    // 6), then warnings; without those that come after the cycle `end`.
    std::vector<diagnostic> take(std::uint64_t end = never) &&;

private:
    // More than what can be under way at once: the first fault is always among them.
    static constexpr std::size_t most = 100'000;

    diagnostic &add(std::vector<diagnostic> &to, diagnostic each);

    std::string entry_;
    std::vector<diagnostic> errors_;
    std::vector<diagnostic> warnings_;
    diagnostic surplus_; // what no longer counts
};

} // namespace groq::assembly
