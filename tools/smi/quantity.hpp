// SPDX-License-Identifier: MIT
//
// Numbers of a card as people read them. What is unknown is "?".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <groq/device.hpp>

namespace groq::smi {

using number = std::optional<std::int64_t>;

std::string or_unknown(const std::string &text);
std::string count(number value);

std::string celsius(number millidegrees);                  // "45.1 C"
std::string watts(number microwatts, number cap);          // "60.0/375.0 W"
std::string megahertz(number hertz);                       // "900 MHz"
std::string mebibytes(number bytes, number total);         // "12.4/220.0 MiB"
std::string used(number value, number total);              // "2/32"
std::string serial_number(number serial);                  // "0000000000c0ffee"
std::string pcie_link(number megatransfers, number width); // "Gen4 x16"
std::string state_name(number state);                      // "ready"
std::vector<std::string> path_names(number bits);          // "ioctl", "io_uring"
// That of these which queues get that ask for none: as GROQ_PATH says, else the best.
// Nothing: there is no such.
std::optional<std::string> default_path(number bits);

// Below what both ends can do.
bool link_degraded(const device_info &card);

} // namespace groq::smi
