// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include <groq/network.hpp>

namespace groq {

// One that there is.
inline network shape(const std::string &name) {
    return network::by_name(name).value();
}

} // namespace groq
