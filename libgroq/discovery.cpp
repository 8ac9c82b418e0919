// SPDX-License-Identifier: MIT
#include "discovery.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cinttypes>

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include "structure.hpp"
#include "unknown.hpp"
#include "uri.hpp"

namespace groq {
namespace {

namespace fs = std::filesystem;

constexpr const char *driver_name = "groq";

std::optional<unsigned> accel_index(const fs::path &device) {
    std::error_code none;
    for (const auto &entry : fs::directory_iterator(device / "accel", none)) {
        const auto name = entry.path().filename().string();
        unsigned index = 0;
        if (name.starts_with("accel") &&
            std::from_chars(name.data() + 5, name.data() + name.size(), index).ec ==
                std::errc{})
            return index;
    }
    return std::nullopt;
}

found_card locate(pci_card pci, const system_paths &paths) {
    found_card card{std::move(pci), {}, {}, {}, {}};
    card.sysfs = paths.sys / "bus/pci/devices" / card.pci.address;
    std::error_code none;
    card.driver = fs::read_symlink(card.sysfs / "driver", none).filename().string();
    card.accel = accel_index(card.sysfs);
    if (card.accel)
        card.node = paths.dev / "accel" / ("accel" + std::to_string(*card.accel));
    return card;
}

// Why a card has no node of our driver, and what to do.
std::string no_driver_reason(const found_card &card, const system_paths &paths) {
    if (!card.driver.empty() && card.driver != driver_name)
        return "it is in the hands of the driver " + card.driver +
               ": unbind that, then sudo modprobe groq";
    if (fs::exists(paths.sys / "module" / driver_name))
        return "the driver is loaded but did not take it: see sudo dmesg";
    return "the driver is not loaded: sudo modprobe groq";
}

result<found_card> with_node(found_card card, const system_paths &paths) {
    if (card.node.empty())
        return fail(errc::no_driver, "the card at %s has no driver: %s",
                    card.pci.address.c_str(), no_driver_reason(card, paths).c_str());
    return card;
}

// What there is instead of a card that was asked for.
error no_such_card(const std::string &wanted, const std::vector<found_card> &cards) {
    std::string there;
    for (const auto &card : cards)
        there += (there.empty() ? "" : ", ") + std::string("pci:") + card.pci.address;
    return fail(errc::no_device, "no card %s; %s", wanted.c_str(),
                there.empty() ? "there is none on PCI" : ("there is " + there).c_str());
}

template <class Wanted>
result<found_card> find_card(const std::string &name, const system_paths &paths,
                             Wanted is_wanted) {
    const auto cards = find_cards(paths);
    if (!cards)
        return cards.error();
    const auto found = std::find_if(cards->begin(), cards->end(), is_wanted);
    if (found == cards->end())
        return no_such_card(name, *cards);
    return with_node(*found, paths);
}

std::optional<std::uint64_t> serial_of(const found_card &card) {
    if (const auto serial = read_number(card.sysfs / "serial", 16))
        return *serial;
    return card.pci.serial;
}

const char *board_name(const pci_card &card) {
    if (card.subsystem_vendor != 0x1de0)
        return nullptr;
    switch (card.subsystem) {
    case 0x0000:
        return "GC1-010X engineering sample";
    case 0xc005:
        return "GC1-010B";
    case 0xc006:
        return "GC1-0109";
    case 0xc007:
        return "GC1-0100";
    default:
        return nullptr;
    }
}

std::string board_text(const pci_card &card) {
    if (const auto *name = board_name(card))
        return name;
    char id[16];
    std::snprintf(id, sizeof id, "%04x:%04x", card.subsystem_vendor, card.subsystem);
    return id;
}

// "16.0 GT/s PCIe" to 16000.
std::int64_t link_mts(const fs::path &file) {
    const auto line = read_line(file);
    double speed = 0;
    if (line)
        std::from_chars(line->data(), line->data() + line->size(), speed);
    return speed > 0 ? std::int64_t(speed * 1000) : GROQ_UNKNOWN;
}

// The kernel shows 0 or 255 lanes when it does not know.
std::int64_t link_width(const fs::path &file) {
    const auto width = read_number(file);
    return width && *width > 0 && *width < 255 ? *width : GROQ_UNKNOWN;
}

void describe_link(const found_card &card, groq_device_info &info) {
    info.link_mts = link_mts(card.sysfs / "current_link_speed");
    info.link_mts_max = link_mts(card.sysfs / "max_link_speed");
    info.link_width = link_width(card.sysfs / "current_link_width");
    info.link_width_max = link_width(card.sysfs / "max_link_width");
}

// Older drivers have a file of the number.
std::optional<std::int64_t> count_links(const found_card &card) {
    const auto folder = card.sysfs / "links";
    if (!fs::is_directory(folder))
        return read_number(folder);
    std::int64_t count = 0;
    while (fs::exists(folder / ("link" + std::to_string(count))))
        ++count;
    return count;
}

void describe_driver(const found_card &card, const system_paths &paths,
                     groq_device_info &info) {
    copy_text(info.node, card.node.string());
    copy_text(info.driver,
              read_line(paths.sys / "module" / driver_name / "version").value_or(""));
    copy_text(info.firmware, read_line(card.sysfs / "firmware_version").value_or(""));
    info.sram_bytes = or_unknown(read_number(card.sysfs / "sram_total"));
    info.queues = or_unknown(read_number(card.sysfs / "queues_total"));
    info.links = or_unknown(count_links(card));
    if (const auto khz = read_number(card.sysfs / "clock_khz"))
        info.clock_hz = *khz * 1000;
    info.timeout_ms = or_unknown(
        read_number(paths.sys / "module" / driver_name / "parameters/timeout_ms"));
    if (::access(card.node.c_str(), R_OK | W_OK) != 0)
        copy_text(info.reason, cannot_open(card.node, errno).message());
}

std::string group_of(const fs::path &node) {
    struct stat status {};
    if (::stat(node.c_str(), &status) != 0 || !(status.st_mode & S_IWGRP))
        return {};
    group entry{}, *found = nullptr;
    char text[4096];
    if (::getgrgid_r(status.st_gid, &entry, text, sizeof text, &found) != 0 || !found)
        return std::to_string(status.st_gid);
    return entry.gr_name;
}

} // namespace

result<std::vector<found_card>> find_cards(const system_paths &paths) {
    auto on_pci = scan_pci(paths);
    if (!on_pci)
        return on_pci.error();
    std::vector<found_card> cards;
    for (auto &card : *on_pci)
        cards.push_back(locate(std::move(card), paths));
    return cards;
}

result<found_card> find_accel(unsigned index, const system_paths &paths) {
    const auto cards = find_cards(paths);
    if (!cards)
        return cards.error();
    for (const auto &card : *cards)
        if (card.accel == index)
            return card;
    if (fs::exists(paths.dev / "accel" / ("accel" + std::to_string(index))))
        return fail(errc::no_device,
                    "accel:%u is not a Groq card; groq-smi lists those", index);
    for (const auto &card : *cards)
        if (card.node.empty())
            return with_node(card, paths);
    return no_such_card("accel:" + std::to_string(index), *cards);
}

result<found_card> find_address(const std::string &address, const system_paths &paths) {
    return find_card("pci:" + address, paths,
                     [&](const auto &card) { return card.pci.address == address; });
}

result<found_card> find_serial(std::uint64_t serial, const system_paths &paths) {
    char name[32];
    std::snprintf(name, sizeof name, "serial:%" PRIx64, serial);
    return find_card(name, paths,
                     [&](const auto &card) { return serial_of(card) == serial; });
}

result<found_card> find_uri(const std::string &uri, const char *opened) {
    const auto parsed = parse_uri(uri);
    if (!parsed)
        return parsed.error();
    if (const auto *accel = std::get_if<accel_name>(&parsed->name))
        return find_accel(accel->index);
    if (const auto *pci = std::get_if<pci_name>(&parsed->name))
        return find_address(pci->address);
    if (const auto *serial = std::get_if<serial_name>(&parsed->name))
        return find_serial(serial->serial);
    if (const auto *record = std::get_if<record_name>(&parsed->name))
        return find_uri(record->uri, opened);
    const bool is_replayed = std::holds_alternative<replay_name>(parsed->name);
    return fail(errc::invalid, "a %s by those alone who have it open: use %s",
                is_replayed ? "recording is read" : "simulated card is seen", opened);
}

groq_device_info describe(const found_card &card, const system_paths &paths) {
    auto info = unknown_info();
    copy_text(info.uri, card.accel ? "accel:" + std::to_string(*card.accel)
                                   : "pci:" + card.pci.address);
    copy_text(info.pci_address, card.pci.address);
    copy_text(info.board, board_text(card.pci));
    if (const auto serial = serial_of(card))
        info.serial = std::int64_t(*serial);
    describe_link(card, info);
    if (card.node.empty())
        copy_text(info.reason, no_driver_reason(card, paths));
    else
        describe_driver(card, paths, info);
    return info;
}

error cannot_open(const std::filesystem::path &node, int os_error) {
    if (os_error == ENODEV || os_error == ENXIO || os_error == ENOENT)
        return fail(errc::no_device, os_error, "no card behind %s", node.c_str());
    if (os_error != EACCES && os_error != EPERM)
        return fail(errc::system, os_error, "cannot open %s", node.c_str());
    const auto group = group_of(node);
    if (group.empty() || group == "root")
        return fail(
            errc::permission, os_error,
            "permission denied on %s: only root may; install udev/60-groq.rules, "
            "which gives it to group render",
            node.c_str());
    return fail(
        errc::permission, os_error,
        "permission denied on %s: add yourself to group %s (sudo usermod -aG %s "
        "$USER) and log in again",
        node.c_str(), group.c_str(), group.c_str());
}

} // namespace groq
