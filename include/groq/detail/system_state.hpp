// SPDX-License-Identifier: MIT
//
// What a system and its jobs share.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <groq/companions.hpp>
#include <groq/detail/muster.hpp>
#include <groq/queue.hpp>

namespace groq::detail {

// Child and parent of each cable of a spanning tree from card 0, parents first; parts
// that no cable leads to have roots of their own.
inline std::vector<std::pair<link_end, link_end>> spanning_tree(const network &wiring) {
    std::vector<std::pair<link_end, link_end>> tree;
    std::vector<bool> is_reached(wiring.cards());
    std::deque<std::uint32_t> open;
    const auto visit = [&](std::uint32_t card) {
        for (std::uint32_t link = 0; link < links::per_chip; ++link)
            if (const auto child = wiring.peer_of(card, link);
                child && !is_reached[child->card]) {
                is_reached[child->card] = true;
                tree.push_back({*child, {card, link}});
                open.push_back(child->card);
            }
    };
    for (std::uint32_t root = 0; root < wiring.cards(); ++root) {
        if (is_reached[root])
            continue;
        is_reached[root] = true;
        for (open = {root}; !open.empty(); open.pop_front())
            visit(open.front());
    }
    return tree;
}

// Never changes, but for the cards. The same at all companions, but for what is of one
// rank alone.
struct system_state {
    struct chip {
        std::string name;
        std::size_t rank; // whose it is; the rest is of this one's alone
        device card{nullptr};
        queue work{nullptr};
        int file = -1; // that polls readable while results wait

        result<int> take(result<device> opened);
    };

    // @chosen: of each card of the network in the muster. @own(place): that device of
    // this rank; called once for each.
    template <class Own>
    static result<std::shared_ptr<system_state>>
    create(const network &wiring, std::shared_ptr<companions> others,
           const muster &found, const std::vector<std::size_t> &chosen, Own own) {
        auto state = std::make_shared<system_state>(wiring, std::move(others));
        result<int> done = 0;
        for (const auto seat : chosen) {
            auto name = "chip " + std::to_string(state->chips.size()) + " (" +
                        found.cards[seat].name() + ")";
            state->chips.push_back({std::move(name), found.ranks[seat]});
            if (done && state->is_here(state->chips.size() - 1))
                done = state->chips.back().take(own(found.places[seat]));
        }
        const auto all = share(*state->others, done);
        return all ? result<std::shared_ptr<system_state>>(std::move(state))
                   : all.error();
    }
    system_state(const network &wired, std::shared_ptr<companions> with)
        : wiring(wired), others(std::move(with)) {}

    bool is_here(std::size_t number) const {
        return chips[number].rank == others->rank();
    }

    // "chip 3 (accel:5): ", what went wrong, and with whom when it was a link. All
    // companions ask this together.
    error explain(std::size_t number, const error &why) const;

    // " waits for chip 3 (accel:1) by link 4", of one whose cycle 0 has not come.
    std::string wait_text(std::size_t number) const;

    const network wiring;
    const std::shared_ptr<companions> others;
    std::vector<chip> chips; // by number of the network
    std::mutex running;      // one job at a time

private:
    std::vector<linked_card> look() const;
    std::string wires_text() const;
};

inline result<int> system_state::chip::take(result<device> opened) {
    if (!opened)
        return opened.error();
    auto made = queue::create(*opened);
    if (!made)
        return made.error();
    const auto polled = made->fd();
    if (!polled)
        return polled.error();
    card = std::move(*opened);
    work = std::move(*made);
    return file = *polled;
}

// What the links of all chips say now, each at its rank.
inline std::vector<linked_card> system_state::look() const {
    letter said;
    for (std::size_t number = 0; number < chips.size(); ++number) {
        if (!is_here(number))
            continue;
        linked_card card{detail::sized<device_info>()};
        if (const auto info = chips[number].card.info())
            card.info = *info;
        if (auto links = chips[number].card.read_links())
            card.links = std::move(*links);
        else
            card.reason = links.error().message();
        card.owner = others->name();
        said.put(number).put(card);
    }
    std::vector<linked_card> cards(chips.size());
    for (auto &each : exchange(*others, said))
        while (!each.is_read()) {
            const auto number = each.take<std::size_t>();
            cards[number] = each.take<linked_card>();
        }
    return cards;
}

// What is not wired any more as it was when the system was made.
inline std::string system_state::wires_text() const {
    seats places;
    for (std::size_t number = 0; number < chips.size(); ++number)
        places.push_back(number);
    std::string text;
    for (const auto &fault : wiring_faults(topology(look()), wiring, places).tell())
        text += "; " + fault;
    return text;
}

inline std::string system_state::wait_text(std::size_t number) const {
    std::string text;
    const auto seen = chips[number].card.read_links();
    for (std::uint32_t link = 0; seen && link < seen->links.size(); ++link) {
        if (seen->links[link].open != GROQ_LINK_OPEN_HERE)
            continue;
        const auto peer = wiring.peer_of(std::uint32_t(number), link);
        text += (text.empty() ? " waits for " : " and ") +
                (peer ? chips[peer->card].name : "a card that is no chip's") +
                " by link " + std::to_string(link);
    }
    return text;
}

inline error system_state::explain(std::size_t number, const error &why) const {
    auto text = chips[number].name + ": " + why.message();
    const auto link = why.fault() ? why.fault()->link() : std::nullopt;
    if (link)
        if (const auto peer = wiring.peer_of(std::uint32_t(number), *link))
            text += "; at the other end of link " + std::to_string(*link) + " is " +
                    chips[peer->card].name + " link " + std::to_string(peer->link);
    if (why == errc::link || (why.fault() && why.fault()->is_link_down()))
        text += wires_text();
    return why.fault()
               ? error(errc(why.code().value()), text, *why.fault())
               : error(errc(why.code().value()), text, why.os_error(), why.holder());
}

} // namespace groq::detail
