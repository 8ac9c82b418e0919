// SPDX-License-Identifier: MIT
#include "selection.hpp"

#include <charconv>
#include <fstream>

#include <unistd.h>

namespace groq::smi {
namespace {

bool all_digits(const std::string &text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

std::string process_name(std::int64_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/comm");
    std::string name;
    std::getline(file, name);
    return name;
}

std::optional<std::uint64_t> parse_serial(const std::string &hex) {
    std::uint64_t serial = 0;
    const auto end = hex.data() + hex.size();
    const auto [stop, error] = std::from_chars(hex.data(), end, serial, 16);
    return error == std::errc() && stop == end ? std::optional(serial) : std::nullopt;
}

// What keeps the readings from being known; empty if nothing does. That the node
// may not be opened does not.
std::string why_unknown(const card &card, const result<telemetry> &readings) {
    if (!readings)
        return card.info.reason[0] != '\0' ? card.info.reason
                                           : readings.error().message();
    if (!card.reading(&telemetry::state))
        return "the driver does not tell: is it older than this tool?";
    return {};
}

card describe(const device_info &info, const result<telemetry> &readings) {
    card card{.info = info};
    if (readings)
        card.readings = *readings;
    card.reason = why_unknown(card, readings);
    if (const auto holder = card.reading(&telemetry::holder); holder && *holder > 0)
        card.holder_name = process_name(*holder);
    if (info.node[0] != '\0')
        card.accessible = access(info.node, R_OK | W_OK) == 0;
    return card;
}

bool is_uri(const std::string &text) {
    return text.starts_with("accel:") || text.starts_with("pci:") ||
           text.starts_with("serial:") || text.starts_with("sim:");
}

error no_such_card(const std::string &uri) {
    return {errc::no_device,
            uri + ": no such card; groq-smi without arguments lists those there are"};
}

result<void> add_listed(const std::vector<std::string> &uris, report &report) {
    const auto devices = list_devices();
    if (!devices)
        return devices.error();
    std::vector<bool> found(uris.size());
    for (const device_info &info : *devices) {
        bool wanted = uris.empty();
        for (std::size_t i = 0; i < uris.size(); ++i)
            if (names(uris[i], info))
                wanted = found[i] = true;
        if (wanted)
            report.cards.push_back(describe(info, read_telemetry(info.uri)));
    }
    for (std::size_t i = 0; i < uris.size(); ++i)
        if (!found[i])
            return no_such_card(uris[i]);
    return {};
}

result<void> add_simulated(const device &device, report &report) {
    const auto info = device.info();
    if (!info)
        return info.error();
    report.cards.push_back(describe(*info, device.read_telemetry()));
    return {};
}

} // namespace

std::string uri_of(const std::string &name) {
    if (all_digits(name))
        return "accel:" + name;
    const bool address =
        name.find('.') != std::string::npos &&
        name.find_first_not_of("0123456789abcdef:.") == std::string::npos;
    return address ? "pci:" + name : name;
}

bool names(const std::string &uri, const device_info &card) {
    if (uri == card.uri || uri == std::string("pci:") + card.pci_address)
        return true;
    if (!uri.starts_with("serial:") || !known(card.serial))
        return false;
    const auto serial = parse_serial(uri.substr(7));
    return serial && *serial == static_cast<std::uint64_t>(card.serial);
}

result<selection> selection::open(const std::vector<std::string> &names) {
    selection selection;
    for (const std::string &name : names) {
        const auto uri = uri_of(name);
        if (!is_uri(uri))
            return error(errc::invalid,
                         "\"" + name +
                             "\" names no card: give N, a PCI "
                             "address, accel:N, pci:ADDRESS, serial:HEX or sim:");
        if (!uri.starts_with("sim:")) {
            selection.uris_.push_back(uri);
            continue;
        }
        auto device = device::open(uri);
        if (!device)
            return device.error();
        selection.simulated_.push_back(std::move(*device));
    }
    return selection;
}

result<report> selection::read() const {
    using namespace std::chrono;
    report report{.version = groq_library_version(),
                  .time = floor<milliseconds>(system_clock::now())};
    if (!uris_.empty() || simulated_.empty())
        if (auto listed = add_listed(uris_, report); !listed)
            return listed.error();
    for (const device &device : simulated_)
        if (auto added = add_simulated(device, report); !added)
            return added.error();
    return report;
}

} // namespace groq::smi
