// SPDX-License-Identifier: MIT
//
// A worker's dealings with a card, between one open and the next.
#pragma once

#include <memory>
#include <random>
#include <stdexcept>
#include <string>

#include "journal.hpp"

namespace groq::soak {

using randomness = std::mt19937_64;

// In [least, most].
inline std::uint64_t pick(randomness &random, std::uint64_t least, std::uint64_t most) {
    return std::uniform_int_distribution<std::uint64_t>(least, most)(random);
}

// A call of the driver was refused; `name` is that of the runtime's error, or
// "unfilled": the chip did not zero SRAM that was asked for.
struct refused : std::runtime_error {
    refused(std::string error_name, const std::string &what)
        : std::runtime_error(what), name(std::move(error_name)) {}
    std::string name;
};

class session {
public:
    virtual ~session() = default;
    // Some jobs, done and their results checked, the journal kept. Jobs may fail;
    // throws `refused` or
    // groq::failure when a call does.
    virtual void step(randomness &random, journal &log) = 0;
};

// `address` is that of the PCI device; workers of one card have different slots.
std::unique_ptr<session> open_runtime_session(const std::string &address, unsigned slot,
                                              randomness &random);
std::unique_ptr<session> open_pipeline_session(const std::string &address,
                                               unsigned slot, randomness &random);
std::unique_ptr<session> open_raw_session(const std::string &address, bool pin);
std::unique_ptr<session> open_uring_session(const std::string &address);

} // namespace groq::soak
