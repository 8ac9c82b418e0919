// SPDX-License-Identifier: MIT
#include "pci.hpp"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <memory>
#include <stdexcept>

extern "C" {
#include <pci/pci.h>
}

namespace groq {
namespace {

constexpr std::uint16_t groq_vendor = 0x1de0, groq_card = 0x0000;

// libpci gives up when a device goes while it is being looked at.
constexpr int attempts = 10;

// libpci would end the process. It is compiled with unwind tables, so that an
// exception passes through it.
__attribute__((noreturn)) void throw_message(char *format, ...) {
    std::va_list arguments;
    va_start(arguments, format);
    auto message = vformat(format, arguments);
    va_end(arguments);
    throw std::runtime_error("cannot scan PCI: " + message);
}

void ignore_message(char *, ...) {}

using pci_access_handle = std::unique_ptr<pci_access, decltype(&pci_cleanup)>;

pci_access_handle open_pci(const system_paths &paths) {
    pci_access_handle access(pci_alloc(), pci_cleanup);
    access->method = PCI_ACCESS_SYS_BUS_PCI;
    access->error = throw_message;
    access->warning = ignore_message;
    auto root = (paths.sys / "bus/pci").string();
    char key[] = "sysfs.path";
    pci_set_param(access.get(), key, root.data());
    pci_init(access.get());
    return access;
}

std::string address_of(const pci_dev &device) {
    char address[32];
    std::snprintf(address, sizeof address, "%04x:%02x:%02x.%x", unsigned(device.domain),
                  device.bus, device.dev, device.func);
    return address;
}

std::optional<std::uint64_t> serial_of(pci_dev *device) {
    const auto *capability = pci_find_cap(device, PCI_EXT_CAP_ID_DSN, PCI_CAP_EXTENDED);
    if (!capability)
        return std::nullopt;
    const std::uint64_t high = pci_read_long(device, int(capability->addr) + 8);
    return high << 32 | pci_read_long(device, int(capability->addr) + 4);
}

// Nothing for devices that are no card of ours.
std::optional<pci_card> read_card(pci_dev *device) {
    pci_fill_info(device, PCI_FILL_IDENT);
    if (device->vendor_id != groq_vendor || device->device_id != groq_card)
        return std::nullopt;
    pci_card card{address_of(*device)};
    pci_fill_info(device, PCI_FILL_CAPS | PCI_FILL_EXT_CAPS);
    card.subsystem_vendor = pci_read_word(device, PCI_SUBSYSTEM_VENDOR_ID);
    card.subsystem = pci_read_word(device, PCI_SUBSYSTEM_ID);
    card.serial = serial_of(device);
    return card;
}

std::vector<pci_card> scan_once(const system_paths &paths) {
    std::vector<pci_card> cards;
    const auto access = open_pci(paths);
    pci_scan_bus(access.get());
    for (auto *device = access->devices; device; device = device->next)
        if (auto card = read_card(device))
            cards.push_back(std::move(*card));
    std::sort(cards.begin(), cards.end(),
              [](const auto &a, const auto &b) { return a.address < b.address; });
    return cards;
}

} // namespace

result<std::vector<pci_card>> scan_pci(const system_paths &paths) {
    if (!std::filesystem::is_directory(paths.sys / "bus/pci/devices"))
        return std::vector<pci_card>(); // a machine without PCI
    for (int attempt = 1;; ++attempt)
        try {
            return scan_once(paths);
        } catch (const std::runtime_error &failure) {
            if (attempt == attempts)
                return error(errc::system, failure.what());
        }
}

} // namespace groq
