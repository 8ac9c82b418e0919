// SPDX-License-Identifier: MIT
//
// A card as sessions of libgroq open it.
#pragma once

#include <chrono>
#include <string>

#include <groq/groq.hpp>

#include "session.hpp"

namespace groq::soak {

constexpr std::chrono::minutes patience{3}; // against hanging

// Its queues take any of the ways to the driver.
inline device open_card(const std::string &address, randomness &random) {
    constexpr path paths[] = {path::automatic, path::ioctl, path::ioctl, path::io_uring,
                              path::sqpoll};
    const context made(context_options{.path = paths[pick(random, 0, 4)]});
    return made.open("pci:" + address + "?shared").value();
}

} // namespace groq::soak
