// SPDX-License-Identifier: MIT
//
// The chip-to-chip links of a card.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include <groq/device.hpp>

namespace groq {

enum class link_state { down, up, unknown };

// How many links a card brings out, and which of them are up. Where they lead to no
// card tells. A snapshot, which never changes: any thread may use it; event::link says
// when there is another.
class topology {
public:
    // Of an open card.
    static result<topology> read(const device &device) {
        const auto info = device.info();
        if (!info)
            return info.error();
        const auto snapshot = device.read_telemetry();
        if (!snapshot)
            return snapshot.error();
        return topology(*info, *snapshot);
    }
    // Of list_devices() and read_telemetry(uri): without opening the card.
    topology(const device_info &info, const telemetry &snapshot) noexcept
        : links_(known(info.links)), up_(known(snapshot.links_up)) {}

    // Nothing: the card does not tell.
    std::optional<std::size_t> link_count() const noexcept {
        return links_ ? std::optional(std::size_t(*links_)) : std::nullopt;
    }
    // @link: from 0. unknown also where there is no such link.
    link_state state(std::size_t link) const noexcept {
        if (!links_ || link >= std::size_t(*links_) || link >= 64 || !up_)
            return link_state::unknown;
        return std::uint64_t(*up_) >> link & 1 ? link_state::up : link_state::down;
    }

private:
    std::optional<std::int64_t> links_, up_;
};

} // namespace groq
