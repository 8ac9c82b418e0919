// SPDX-License-Identifier: MIT
//
// The card does right, and nothing is left of others.
#pragma once

#include <cstdint>
#include <string>

namespace groq::fuzz {

struct spare {
    std::uint64_t sram = 0, queues = 0;
    bool operator==(const spare &) const = default;
};

// Bytes and queues that no context has.
spare spare_of(const std::string &address);

// Copies there and back, compared. Throws soak::refused when a call is refused.
// Whether all that was reported as done is right; the rest fails only if `strict`.
bool works(const std::string &address, std::uint64_t seed, bool strict);

} // namespace groq::fuzz
