// SPDX-License-Identifier: MIT
//
// The cards on the PCI buses, found without a driver and without rights.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "error.hpp"
#include "sysfs.hpp"

namespace groq {

struct pci_card {
    std::string address; // "0000:01:00.0"
    std::uint16_t subsystem_vendor = 0;
    std::uint16_t subsystem = 0;
    std::optional<std::uint64_t> serial = {}; // only root can read it there
};

// By address.
result<std::vector<pci_card>> scan_pci(const system_paths &paths);

} // namespace groq
