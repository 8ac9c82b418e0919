// SPDX-License-Identifier: MIT
//
// Cards with 11 links each, all down until they are plugged.
#pragma once

#include <cstdio>
#include <string>

#include <groq/topology.hpp>

namespace groq::test {

inline std::uint64_t serial_of(std::size_t card) {
    return 0xc0ffee00 + card;
}

class wired_cards {
public:
    static constexpr std::size_t links = 11;

    explicit wired_cards(std::size_t count) {
        for (std::size_t number = 0; number < count; ++number)
            cards_.push_back(make(number));
    }

    wired_cards &plug(link_end a, link_end b) {
        lead(a, *card(b.card).serial(), b.link);
        return lead(b, *card(a.card).serial(), a.link);
    }
    // What that end alone says.
    wired_cards &lead(link_end end, std::uint64_t serial, std::uint32_t peer) {
        auto &led = link(end);
        led.state = GROQ_LINK_STATE_UP;
        led.peer_serial = std::int64_t(serial);
        led.peer_link = peer;
        led.lanes = 4;
        led.rate_mbps = 100'000;
        return *this;
    }
    wired_cards &pull(link_end end) {
        const auto peer = look().peer_of(end);
        link(end) = down();
        if (peer)
            link(*peer) = down();
        return *this;
    }

    linked_card &card(std::size_t number) { return cards_[number]; }
    link_info &link(link_end end) { return cards_[end.card].links.links[end.link]; }
    topology look() const { return topology(cards_); }

private:
    static link_info down() {
        auto made = detail::sized<link_info>();
        made.state = GROQ_LINK_STATE_DOWN;
        made.peer_serial = made.peer_link = GROQ_UNKNOWN;
        return made;
    }

    static linked_card make(std::size_t number) {
        linked_card card{detail::sized<device_info>()};
        auto &info = card.info;
        std::snprintf(info.uri, sizeof info.uri, "accel:%zu", number);
        std::snprintf(info.pci_address, sizeof info.pci_address, "0000:%02x:00.0",
                      unsigned(number + 1) & 0xff);
        info.serial = std::int64_t(serial_of(number));
        info.links = links;
        card.links = {std::vector<link_info>(links, down()), 1};
        return card;
    }

    std::vector<linked_card> cards_;
};

} // namespace groq::test
