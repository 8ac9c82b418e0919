// SPDX-License-Identifier: MIT
//
// Sensors and counters of a card. Members and units: struct groq_telemetry;
// known() turns a number into an optional.
#pragma once

#include <string>

#include <groq/handle.hpp>

namespace groq {

using telemetry = groq_telemetry;

// Without opening the card, without ownership, without rights.
inline result<telemetry> read_telemetry(const std::string &uri) {
    auto snapshot = detail::sized<telemetry>();
    if (groq_telemetry_read(uri.c_str(), &snapshot) != GROQ_OK)
        return error::last();
    return snapshot;
}

} // namespace groq
