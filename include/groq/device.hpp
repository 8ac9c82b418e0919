// SPDX-License-Identifier: MIT
//
// The cards of this machine, and one that is open.
#pragma once

#include <string>
#include <vector>

#include <groq/event.hpp>
#include <groq/handle.hpp>
#include <groq/link.hpp>
#include <groq/telemetry.hpp>

namespace groq {

// Members and units: struct groq_device_info.
using device_info = groq_device_info;

// By PCI address. Works without driver, rights and cards.
inline result<std::vector<device_info>> list_devices() {
    groq_device_list *raw = nullptr;
    if (groq_device_list_create(&raw) != GROQ_OK)
        return error::last();
    detail::handle<groq_device_list, groq_device_list_destroy> list(raw);
    std::vector<device_info> devices(groq_device_list_count(raw),
                                     detail::sized<device_info>());
    for (std::size_t i = 0; i < devices.size(); ++i)
        groq_device_list_get(raw, i, &devices[i]);
    return devices;
}

// An open card, leased whole unless the URI says "?shared". URIs: groq.h.
//
// Any thread may use it. What is made from it keeps it open.
class device {
public:
    // errc::held names who has it; invalid, no_device, no_driver, too_old, permission
    // and no_simulator say what to do.
    static result<device> open(const std::string &uri) {
        return detail::make<device, groq_device>(
            [&](groq_device **out) { return groq_device_open(uri.c_str(), out); });
    }
    // Throws groq::failure.
    explicit device(const std::string &uri) : device(open(uri).value()) {}
    explicit device(groq_device *owned) noexcept : handle_(owned) {}

    result<device_info> info() const {
        auto info = detail::sized<device_info>();
        if (groq_device_get_info(native(), &info) != GROQ_OK)
            return error::last();
        return info;
    }

    result<telemetry> read_telemetry() const {
        auto snapshot = detail::sized<telemetry>();
        if (groq_device_read_telemetry(native(), &snapshot) != GROQ_OK)
            return error::last();
        return snapshot;
    }

    // errc::too_old: the driver knows no links.
    result<link_snapshot> read_links() const {
        return detail::read_links(
            [&](auto... out) { return groq_device_read_links(native(), out...); });
    }

    // How long a link is, in cycles one way, by @samples (1..1,048,575) exchanges with
    // its peer. Blocks as long as these take. errc::link: it is not up; in_use: a
    // program that uses links runs; invalid.
    result<alignment> measure_link(std::uint32_t link, std::uint32_t samples) {
        return align(link, samples, false);
    }
    // The same, and then sets the card's hardware-aligned counter to its peer's.
    result<alignment> align_to(std::uint32_t link, std::uint32_t samples) {
        return align(link, samples, true);
    }

    // What has befallen the card since the last call, by anybody. errc::device_lost:
    // event::lost has been told.
    result<event> read_events() {
        std::uint32_t events = 0;
        if (groq_device_read_events(native(), &events) != GROQ_OK)
            return error::last();
        return event(events);
    }
    // Polls readable while read_events() has something to tell. Owned by the device.
    result<int> event_fd() {
        int fd = -1;
        if (groq_device_event_fd(native(), &fd) != GROQ_OK)
            return error::last();
        return fd;
    }

    groq_device *native() const noexcept { return handle_.get(); }

private:
    result<alignment> align(std::uint32_t link, std::uint32_t samples, bool adjust) {
        auto measured = detail::sized<alignment>();
        if (groq_device_align_link(native(), link, samples, adjust, &measured) !=
            GROQ_OK)
            return error::last();
        return measured;
    }

    detail::handle<groq_device, groq_device_close> handle_;
};

} // namespace groq
