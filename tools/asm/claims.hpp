// SPDX-License-Identifier: MIT
//
// Who takes which bytes of SRAM.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "asm/program.hpp"

namespace groq::assembly {

struct claim {
    std::uint64_t from;
    std::uint64_t to;
    std::string owner;
};

class claims {
public:
    void add(std::uint64_t from, std::uint64_t to, std::string owner);
    // The words of every part of a tensor, row by row.
    void add(const tensor &source);

    const std::vector<claim> &all() const { return all_; }
    // "a and b overlap at e.3[17]", for each pair of neighbours that do.
    std::vector<std::string> overlaps() const;

private:
    std::vector<claim> all_;
};

} // namespace groq::assembly
