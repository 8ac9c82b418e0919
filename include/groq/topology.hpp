// SPDX-License-Identifier: MIT
//
// Which cards there are, and who is wired to whom: what their links say.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <groq/cable.hpp>
#include <groq/device.hpp>

namespace groq {

// A card and its links. It is known by its serial number, wherever it is plugged in.
struct linked_card {
    device_info info;
    link_snapshot links = {}; // empty: not known
    std::string reason = {};  // why; else empty
    std::string owner = {};   // the process that has it, if it is another; for messages

    // 64 bits; nothing: the card does not tell.
    std::optional<std::uint64_t> serial() const noexcept {
        const auto serial = known(info.serial);
        return serial ? std::optional(std::uint64_t(*serial)) : std::nullopt;
    }
    // Its URI without options, and whose it is, for messages.
    std::string name() const {
        const std::string uri = info.uri;
        return uri.substr(0, uri.find('?')) + (owner.empty() ? "" : " of " + owner);
    }
    // nullptr: no such link, or not known.
    const link_info *find(std::size_t link) const noexcept {
        return link < links.links.size() ? &links.links[link] : nullptr;
    }
};

// Whether @uri (accel:, pci: or serial:) is of this card.
inline bool names(const std::string &uri, const device_info &card) {
    if (uri == card.uri || uri == std::string("pci:") + card.pci_address)
        return true;
    if (!uri.starts_with("serial:") || !known(card.serial))
        return false;
    std::uint64_t serial = 0;
    const auto *end = uri.data() + uri.size();
    const auto [stop, wrong] = std::from_chars(uri.data() + 7, end, serial, 16);
    return stop == end && wrong == std::errc{} && serial == std::uint64_t(card.serial);
}

// Asked of every card; no file is believed. A link leads to another one when both say
// so. Systems are often partial: a card may be off, or another host's; a cable may be
// out. All that is no error, but can be looked at: outside(), linked_card::reason.
//
// A snapshot, which never changes: any thread may use it; event::link says when there
// is another.
class topology {
public:
    // Of these cards, or of all that are found. Takes and opens none, needs no rights.
    // A card whose links cannot be read has a reason instead. errc::no_device: one of
    // @uris (accel:, pci: or serial:) names none. Blocks on sysfs.
    static result<topology> discover(const std::vector<std::string> &uris = {});
    // Of open cards, simulated ones too.
    static result<topology> read(std::span<const device> devices);
    // Of one alone: what it leads to is outside.
    static result<topology> read(const device &device);
    // Of cards that were asked otherwise.
    explicit topology(std::vector<linked_card> cards) : cards_(std::move(cards)) {}
    // Of list_devices() and read_telemetry(uri): which links are up is all it knows.
    topology(const device_info &info, const telemetry &snapshot)
        : cards_{{info, {}, {}}}, up_(known(snapshot.links_up)) {}

    std::span<const linked_card> cards() const noexcept { return cards_; }
    // By serial number; nothing: no such card here.
    std::optional<std::size_t> find(std::uint64_t serial) const noexcept;

    // The other end of a link's cable: cards by their place in cards(). Nothing: it is
    // not up, or leads outside.
    std::optional<link_end> peer_of(link_end end) const noexcept;
    // Where both ends are here, the lesser one first; in their order.
    std::vector<std::pair<link_end, link_end>> cables() const;
    // Links that are up, and lead to no card here.
    std::vector<link_end> outside() const;

    // "accel:2 link 5"
    std::string name_of(link_end end) const {
        return cards_[end.card].name() + " link " + std::to_string(end.link);
    }

    // Of the first card. Nothing: the card does not tell.
    std::optional<std::size_t> link_count() const noexcept {
        const auto links = cards_.empty() ? std::nullopt : known(cards_[0].info.links);
        return links ? std::optional(std::size_t(*links)) : std::nullopt;
    }
    // Of the first card: up, even if degraded, or down, for whatever reason. unknown
    // also where there is no such link. @link: from 0.
    link_state state(std::size_t link) const noexcept {
        if (!link_count() || link >= *link_count() || link >= 64)
            return link_state::unknown;
        if (const auto *asked = cards_[0].find(link))
            return is_up(*asked) ? link_state::up : link_state::down;
        if (!up_)
            return link_state::unknown;
        return std::uint64_t(*up_) >> link & 1 ? link_state::up : link_state::down;
    }

private:
    static linked_card ask(device_info info, const result<link_snapshot> &links) {
        linked_card card{info};
        if (links)
            card.links = *links;
        else
            card.reason = links.error().message();
        return card;
    }
    // Whether the link at @end says that it leads to @serial, @link.
    bool leads_to(link_end end, std::uint64_t serial,
                  std::uint32_t link) const noexcept;
    bool is_settled() const noexcept;
    template <class Look>
    static result<topology> settle(Look look);

    std::vector<linked_card> cards_;
    std::optional<std::int64_t> up_ = {}; // of the first card, where that is all
};

inline std::optional<std::size_t> topology::find(std::uint64_t serial) const noexcept {
    for (std::size_t card = 0; card < cards_.size(); ++card)
        if (cards_[card].serial() == serial)
            return card;
    return std::nullopt;
}

inline bool topology::leads_to(link_end end, std::uint64_t serial,
                               std::uint32_t link) const noexcept {
    const auto *asked = cards_[end.card].find(end.link);
    return asked && is_up(*asked) && std::uint64_t(asked->peer_serial) == serial &&
           asked->peer_link == std::int64_t{link};
}

// Of several cards with one serial number it is the one that leads back.
inline std::optional<link_end> topology::peer_of(link_end end) const noexcept {
    const auto *own =
        end.card < cards_.size() ? cards_[end.card].find(end.link) : nullptr;
    if (!own || !is_up(*own) || !cards_[end.card].serial())
        return std::nullopt;
    const auto link = std::uint32_t(own->peer_link);
    for (std::uint32_t card = 0; card < cards_.size(); ++card) {
        const link_end there{card, link};
        if (cards_[card].serial() == std::uint64_t(own->peer_serial) && there != end &&
            leads_to(there, *cards_[end.card].serial(), end.link))
            return there;
    }
    return std::nullopt;
}

inline std::vector<std::pair<link_end, link_end>> topology::cables() const {
    std::vector<std::pair<link_end, link_end>> cables;
    for (std::uint32_t card = 0; card < cards_.size(); ++card)
        for (std::uint32_t link = 0; link < cards_[card].links.links.size(); ++link)
            if (const auto peer = peer_of({card, link});
                peer && link_end{card, link} < *peer)
                cables.push_back({{card, link}, *peer});
    return cables;
}

inline std::vector<link_end> topology::outside() const {
    std::vector<link_end> ends;
    for (std::uint32_t card = 0; card < cards_.size(); ++card)
        for (std::uint32_t link = 0; link < cards_[card].links.links.size(); ++link)
            if (is_up(cards_[card].links.links[link]) && !peer_of({card, link}))
                ends.push_back({card, link});
    return ends;
}

// Cards are asked one after the other: a cable that is plugged or pulled meanwhile is
// seen at one end alone.
inline bool topology::is_settled() const noexcept {
    for (const auto end : outside()) {
        const auto &own = cards_[end.card].links.links[end.link];
        const auto card = find(std::uint64_t(own.peer_serial));
        if (card && cards_[*card].reason.empty())
            return false;
    }
    return true;
}

// @look at all cards, a few times while ends do not agree: what is still so is taken
// as it is, and leads outside.
template <class Look>
result<topology> topology::settle(Look look) {
    for (int tries = 0;; ++tries) {
        topology seen(look());
        if (seen.is_settled() || tries == 3)
            return seen;
    }
}

inline result<topology> topology::discover(const std::vector<std::string> &uris) {
    const auto listed = list_devices();
    if (!listed)
        return listed.error();
    std::vector<device_info> wanted;
    for (const auto &uri : uris) {
        const auto found = std::find_if(listed->begin(), listed->end(),
                                        [&](auto &info) { return names(uri, info); });
        if (found == listed->end())
            return error(errc::no_device,
                         uri + ": no such card; groq-smi lists those there are");
        wanted.push_back(*found);
    }
    return settle([&] {
        std::vector<linked_card> cards;
        for (const auto &info : uris.empty() ? *listed : wanted)
            cards.push_back(ask(info, read_links(info.uri)));
        return cards;
    });
}

inline result<topology> topology::read(std::span<const device> devices) {
    std::vector<device_info> infos;
    for (const auto &device : devices) {
        const auto info = device.info();
        if (!info)
            return info.error();
        infos.push_back(*info);
    }
    return settle([&] {
        std::vector<linked_card> cards;
        for (std::size_t i = 0; i < devices.size(); ++i)
            cards.push_back(ask(infos[i], devices[i].read_links()));
        return cards;
    });
}

// An old driver tells at least which are up.
inline result<topology> topology::read(const device &device) {
    auto seen = read(std::span(&device, 1));
    if (!seen || seen->cards_[0].reason.empty())
        return seen;
    const auto snapshot = device.read_telemetry();
    if (!snapshot)
        return snapshot.error();
    seen->up_ = known(snapshot->links_up);
    return seen;
}

} // namespace groq
