// SPDX-License-Identifier: MIT
//
// What is known of a card at one moment: the model that every view renders.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <groq/device.hpp>

namespace groq::smi {

struct card {
    device_info info;
    std::optional<telemetry> readings = {};
    link_snapshot links = {};            // empty: not known, or there are none
    std::string holder_name = {};        // of the process info.holder; empty: unknown
    std::string reason = {};             // why something is unknown; empty: nothing is
    std::optional<bool> accessible = {}; // the caller may open the node

    // A number of the telemetry, if it is known.
    std::optional<std::int64_t> reading(std::int64_t telemetry::*member) const {
        return readings ? known((*readings).*member) : std::nullopt;
    }
};

// The cards as one call saw them.
struct report {
    std::string version; // of the library
    std::chrono::sys_time<std::chrono::milliseconds> time;
    std::vector<card> cards = {};
};

// The process exit status that tells of a report.
enum class status {
    good = 0,
    failure = 1,    // the system refused something
    usage = 2,      // wrong arguments
    no_card = 3,    // none found, or not the one asked for
    incomplete = 4, // less than everything is known of a card
    unhealthy = 5,  // `groq-smi doctor` found something
    miswired = 6,   // cables are not as expected
};

status status_of(const report &report);

} // namespace groq::smi
