// SPDX-License-Identifier: MIT
//
// Sensors and counters as the driver shows them in sysfs and hwmon, to anybody.
#pragma once

#include <groq/groq.h>

#include "discovery.hpp"

namespace groq {

// errc::device_lost once the card has left the bus.
result<void> read_telemetry(const found_card &card, groq_telemetry &telemetry);

} // namespace groq
