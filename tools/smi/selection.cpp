// SPDX-License-Identifier: MIT
#include "selection.hpp"

#include <algorithm>
#include <chrono>
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

// Of the host that the card is next to.
std::optional<int> numa_node(const std::string &pci_address) {
    std::ifstream file("/sys/bus/pci/devices/" + pci_address + "/numa_node");
    int node = -1;
    return file >> node && node >= 0 ? std::optional(node) : std::nullopt;
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

card describe(const device_info &info, const result<telemetry> &readings,
              const result<link_snapshot> &links) {
    card card{.info = info};
    if (links)
        card.links = *links;
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
            report.cards.push_back(
                describe(info, read_telemetry(info.uri), read_links(info.uri)));
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
    report.cards.push_back(
        describe(*info, device.read_telemetry(), device.read_links()));
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

// Of cards that are listed and cards that are open each is asked by itself.
result<topology> selection::look() const {
    std::vector<linked_card> cards;
    if (!uris_.empty() || simulated_.empty()) {
        const auto listed = topology::discover(uris_);
        if (!listed)
            return listed.error();
        cards.assign(listed->cards().begin(), listed->cards().end());
    }
    const auto open = topology::read(simulated_);
    if (!open)
        return open.error();
    cards.insert(cards.end(), open->cards().begin(), open->cards().end());
    return topology(std::move(cards));
}

result<wiring> selection::read_wiring(const std::string &expected) const {
    using namespace std::chrono;
    auto seen = look();
    if (!seen)
        return seen.error();
    wiring wiring{.version = groq_library_version(),
                  .time = floor<milliseconds>(system_clock::now()),
                  .seen = std::move(*seen),
                  .numa_nodes = {}};
    for (const auto &card : wiring.seen.cards())
        wiring.numa_nodes.push_back(numa_node(card.info.pci_address));
    if (expected.empty())
        return wiring;
    const auto network = network::load(expected);
    if (!network)
        return error(errc::invalid, network.error().message());
    wiring.expected = {expected, place(wiring.seen, *network)};
    return wiring;
}

} // namespace groq::smi
