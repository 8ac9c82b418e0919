// SPDX-License-Identifier: MIT
//
// The cards of this machine, with what can be known of them from outside.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <groq/groq.h>

#include "pci.hpp"

namespace groq {

struct found_card {
    pci_card pci;
    std::filesystem::path sysfs;   // of the PCI device
    std::string driver;            // that has it; empty: none
    std::optional<unsigned> accel; // N of /dev/accel/accelN
    std::filesystem::path node;    // that; empty: none
};

// By PCI address.
result<std::vector<found_card>> find_cards(const system_paths &paths = {});

// errc::no_device, or errc::no_driver when it has no node: with what to do.
result<found_card> find_accel(unsigned index, const system_paths &paths = {});
result<found_card> find_address(const std::string &address,
                                const system_paths &paths = {});
result<found_card> find_serial(std::uint64_t serial, const system_paths &paths = {});

// By the URI of a card that anybody may look at. errc::invalid: it has to be open,
// which `opened`, a function of the C interface, is for.
result<found_card> find_uri(const std::string &uri, const char *opened);

groq_device_info describe(const found_card &card, const system_paths &paths = {});

// Why a node cannot be opened, and what to do.
error cannot_open(const std::filesystem::path &node, int os_error);

} // namespace groq
