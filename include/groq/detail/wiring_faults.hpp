// SPDX-License-Identifier: MIT
//
// What is not wired as it should be, in sentences that say what to do.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <groq/detail/card_seats.hpp>
#include <groq/network.hpp>
#include <groq/topology.hpp>

namespace groq::detail {

// Lives no longer than what it is of.
class wiring_faults {
public:
    wiring_faults(const topology &found, const network &expected, const seats &taken)
        : found_(found), expected_(expected), taken_(taken) {}

    std::vector<std::string> tell() {
        for (std::uint32_t number = 0; number < expected_.cards(); ++number)
            tell_card(number);
        for (const auto &cable : expected_.cables())
            if (is_known(cable.a.card) && is_known(cable.b.card))
                tell_cable(*seat_of(taken_, cable.a), *seat_of(taken_, cable.b));
        return faults_;
    }

private:
    bool is_known(std::uint32_t number) const {
        return taken_[number] && found_.cards()[*taken_[number]].reason.empty();
    }

    void tell_card(std::uint32_t number) {
        if (!taken_[number])
            faults_.push_back("card " + std::to_string(number) +
                              " of the network is not here: there are " +
                              std::to_string(found_.cards().size()) +
                              " cards, and it wants " +
                              std::to_string(expected_.cards()));
        else if (const auto &card = found_.cards()[*taken_[number]];
                 !card.reason.empty())
            faults_.push_back("the links of " + card.name() +
                              " are not known: " + card.reason);
    }

    void tell_cable(link_end a, link_end b) {
        const auto from_a = found_.peer_of(a), from_b = found_.peer_of(b);
        if (from_a == b)
            return;
        if (from_a)
            tell_astray(a, b, *from_a);
        else if (from_b)
            tell_astray(b, a, *from_b);
        else
            faults_.push_back(missing(a, b));
    }

    // Neither end leads to a card that is here.
    std::string missing(link_end a, link_end b) const {
        for (const auto end : {a, b})
            if (!found_.cards()[end.card].find(end.link))
                return found_.name_of(end) + " is not brought out on that card (" +
                       std::to_string(found_.cards()[end.card].links.links.size()) +
                       " links): another card has to be there";
        for (const auto &[end, other] : {std::pair(a, b), std::pair(b, a)})
            if (const auto half = half_seen(end))
                return found_.name_of(end) + " leads to " + found_.name_of(*half) +
                       ", which is " + state(*half) +
                       ": look again when that card is out of its reset";
            else if (is_up(*found_.cards()[end.card].find(end.link)))
                return found_.name_of(end) + " should lead to " +
                       found_.name_of(other) + ", but leads to " + outside(end) +
                       ": plug it in at " + found_.name_of(other);
        return "no cable leads from " + found_.name_of(a) + " (" + state(a) + ") to " +
               found_.name_of(b) + " (" + state(b) +
               "): plug it in at both ends, or enable the links";
    }

    std::string state(link_end end) const {
        return groq::name_of(state_of(*found_.cards()[end.card].find(end.link)));
    }

    // The other end of a link that is up, on a card that is here, where it is not: it
    // was looked at while it came or went.
    std::optional<link_end> half_seen(link_end end) const {
        const auto &link = *found_.cards()[end.card].find(end.link);
        const auto card =
            is_up(link) ? found_.find(std::uint64_t(link.peer_serial)) : std::nullopt;
        if (!card)
            return std::nullopt;
        const link_end there{std::uint32_t(*card), std::uint32_t(link.peer_link)};
        const auto *other = found_.cards()[*card].find(there.link);
        return other && !is_up(*other) ? std::optional(there) : std::nullopt;
    }

    std::string outside(link_end end) const {
        char text[64];
        const auto &link = *found_.cards()[end.card].find(end.link);
        std::snprintf(text, sizeof text,
                      "link %lld of a card that is not here, serial %016llx",
                      (long long)link.peer_link, (unsigned long long)link.peer_serial);
        return text;
    }

    // The cable at @end leads to @there instead of to @wanted.
    void tell_astray(link_end end, link_end wanted, link_end there) {
        if (was_told(wanted, there))
            return;
        auto text = found_.name_of(end) + " should lead to " + found_.name_of(wanted) +
                    ", but leads to " + found_.name_of(there);
        if (is_swapped(wanted, there)) {
            text += ": swap the plugs in " + found_.name_of(wanted) + " and " +
                    found_.name_of(there);
            told_.push_back(std::minmax(wanted, there));
        } else {
            text += ": move that plug to " + found_.name_of(wanted);
        }
        faults_.push_back(std::move(text));
    }

    // Whether the cable that should be in @there is in @wanted.
    bool is_swapped(link_end wanted, link_end there) const {
        const auto number = std::find(taken_.begin(), taken_.end(), there.card);
        if (number == taken_.end())
            return false;
        const auto begin =
            expected_.peer_of(std::uint32_t(number - taken_.begin()), there.link);
        const auto seat = begin ? seat_of(taken_, *begin) : std::nullopt;
        return seat && found_.peer_of(*seat) == wanted;
    }

    bool was_told(link_end wanted, link_end there) const {
        return std::find(told_.begin(), told_.end(),
                         plugs(std::minmax(wanted, there))) != told_.end();
    }

    using plugs = std::pair<link_end, link_end>;

    const topology &found_;
    const network &expected_;
    const seats &taken_;
    std::vector<std::string> faults_;
    std::vector<plugs> told_; // of which it was said that they are swapped
};

} // namespace groq::detail
