// SPDX-License-Identifier: MIT
//
// The names of devices, as groq.h defines them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "error.hpp"

namespace groq {

class trace;

struct accel_name {
    unsigned index;
};
struct pci_name {
    std::string address; // "0000:01:00.0"
};
struct serial_name {
    std::uint64_t serial;
};
struct sim_name {
    unsigned card = 0;
    unsigned cards = 1; // 0: as many as the topology has
    std::optional<std::uint64_t> sram_bytes = {};
    std::optional<std::uint64_t> links = {};
    std::optional<std::uint64_t> serial = {};
    std::optional<std::string> topology = {};    // file or shape
    std::optional<std::string> trace = {};       // file
    std::shared_ptr<groq::trace> time_line = {}; // of host and chip; not in the name
};

struct record_name {
    std::string file;
    std::string uri; // of the card, well formed
};
struct replay_name {
    std::string file;
};

struct device_uri {
    std::variant<accel_name, pci_name, serial_name, sim_name, record_name, replay_name>
        name;
    bool shared = false;
};

// errc::invalid says what is wrong with it.
result<device_uri> parse_uri(std::string_view text);

} // namespace groq
