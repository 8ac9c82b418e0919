// SPDX-License-Identifier: MIT
#include "table.hpp"

#include <vector>

#include "grid.hpp"
#include "health.hpp"
#include "quantity.hpp"

namespace groq::smi {
namespace {

// Simulated cards are on no bus.
std::string or_dash(const std::string &text) {
    return text.empty() ? "-" : text;
}

// "groq-run (4321) +1": one process by name, and how many more.
std::string holder(const card &card) {
    const auto holders = card.reading(&telemetry::holders);
    if (!holders || *holders == 0)
        return holders ? "-" : or_unknown({});
    const auto pid = card.reading(&telemetry::holder).value_or(0);
    const auto number = pid ? std::to_string(pid) : "not visible here";
    const auto name =
        card.holder_name.empty() ? number : card.holder_name + " (" + number + ")";
    return *holders > 1 ? name + " +" + std::to_string(*holders - 1) : name;
}

std::vector<std::string> identity(const card &card) {
    const device_info &info = card.info;
    const auto link = pcie_link(known(info.link_mts), known(info.link_width));
    const bool on_bus = info.pci_address[0] != '\0';
    return {info.uri,
            or_unknown(info.board),
            or_dash(info.pci_address),
            on_bus ? link : "-",
            serial_number(known(info.serial)),
            on_bus ? or_unknown(info.driver) : "-",
            known(info.paths) ? default_path(known(info.paths)).value_or("none") : "-",
            or_unknown(info.firmware)};
}

std::vector<std::string> condition(const card &card) {
    const auto reading = [&](auto member) { return card.reading(member); };
    return {card.info.uri,
            state_name(reading(&telemetry::state)),
            celsius(reading(&telemetry::chip_mc)),
            watts(reading(&telemetry::power_uw), reading(&telemetry::power_cap_uw)),
            megahertz(reading(&telemetry::clock_hz)),
            mebibytes(reading(&telemetry::sram_used), known(card.info.sram_bytes)),
            used(reading(&telemetry::queues_used), known(card.info.queues)),
            holder(card)};
}

// What is not well, one line each.
std::string remarks(const card &card) {
    std::string text;
    for (const symptom &symptom : examine(card))
        if (!symptom.good)
            text += std::string(card.info.uri) + " " + symptom.name + ": " +
                    symptom.text + ": " + symptom.advice + "\n";
    return text;
}

} // namespace

std::string table(const report &report) {
    const auto title = "groq-smi " + report.version;
    if (report.cards.empty())
        return title + "\n" + no_card_text + "\n";
    grid identities({"CARD", "BOARD", "PCI ADDRESS", "LINK", "SERIAL", "DRIVER", "PATH",
                     "FIRMWARE"});
    grid conditions(
        {"CARD", "STATE", "CHIP", "POWER", "CLOCK", "SRAM USED", "QUEUES", "HELD BY"});
    std::string notes;
    for (const card &card : report.cards) {
        identities.add(identity(card));
        conditions.add(condition(card));
        notes += remarks(card);
    }
    const auto count = report.cards.size();
    return title + ", " + std::to_string(count) + (count == 1 ? " card" : " cards") +
           "\n\n" + identities.text() + "\n" + conditions.text() +
           (notes.empty() ? "" : "\n" + notes);
}

} // namespace groq::smi
