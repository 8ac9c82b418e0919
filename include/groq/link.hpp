// SPDX-License-Identifier: MIT
//
// The chip-to-chip links of one card.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <groq/handle.hpp>

namespace groq {

// Members and units: struct groq_link, struct groq_alignment.
using link_info = groq_link;
using alignment = groq_alignment;

enum class link_state { down, up, unknown, absent, training, degraded };

inline link_state state_of(const link_info &link) noexcept {
    switch (link.state) {
    case GROQ_LINK_STATE_ABSENT:
        return link_state::absent;
    case GROQ_LINK_STATE_DOWN:
        return link_state::down;
    case GROQ_LINK_STATE_TRAINING:
        return link_state::training;
    case GROQ_LINK_STATE_UP:
        return link_state::up;
    case GROQ_LINK_STATE_DEGRADED:
        return link_state::degraded;
    default:
        return link_state::unknown;
    }
}

inline const char *name_of(link_state state) noexcept {
    constexpr const char *names[] = {"down",   "up",       "unknown",
                                     "absent", "training", "degraded"};
    return names[std::size_t(state)];
}

// That vectors go by it.
inline bool is_up(const link_info &link) noexcept {
    return link.state == GROQ_LINK_STATE_UP || link.state == GROQ_LINK_STATE_DEGRADED;
}

// All links of a card at one time, from link 0 on.
struct link_snapshot {
    std::vector<link_info> links;
    std::uint64_t generation = 0; // grows with every change of a state; 0: not told
};

namespace detail {

// @read(links, capacity, count, generation) as groq_links_read(). No card has more
// links than the first try has room for; the second is for those of later ones.
template <class Read>
result<link_snapshot> read_links(Read read) {
    link_snapshot snapshot{std::vector<link_info>(16, sized<link_info>())};
    std::size_t count = 0;
    for (;;) {
        auto &links = snapshot.links;
        if (read(links.data(), links.size(), &count, &snapshot.generation) != GROQ_OK)
            return error::last();
        const bool had_room = count <= links.size();
        links.resize(count, sized<link_info>());
        if (had_room)
            return snapshot;
    }
}

} // namespace detail

// Without opening the card, without ownership, without rights. A simulated card is seen
// by those alone who have it open: device::read_links().
inline result<link_snapshot> read_links(const std::string &uri) {
    return detail::read_links(
        [&](auto... out) { return groq_links_read(uri.c_str(), out...); });
}

} // namespace groq
