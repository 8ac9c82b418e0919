// SPDX-License-Identifier: MIT
//
// The cards of all companions, and how they stand for those of a network.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <groq/detail/letter.hpp>
#include <groq/placement.hpp>

namespace groq::detail {

// By rank, and of a rank in its order.
struct muster {
    std::vector<linked_card> cards;
    std::vector<std::size_t> ranks;  // whose each of them is
    std::vector<std::size_t> places; // its number at that rank

    void add(std::size_t rank, std::size_t place, linked_card card) {
        cards.push_back(std::move(card));
        ranks.push_back(rank);
        places.push_back(place);
    }
};

// Those of one process are looked at together, and are known to be different ones.
inline std::optional<error> twins(const muster &all) {
    std::map<std::uint64_t, std::size_t> known;
    for (std::size_t card = 0; card < all.cards.size(); ++card)
        if (const auto serial = all.cards[card].serial())
            if (const auto &[there, is_new] = known.emplace(*serial, card);
                !is_new && all.ranks[there->second] != all.ranks[card])
                return error(errc::invalid,
                             all.cards[there->second].name() + " and " +
                                 all.cards[card].name() +
                                 " have one serial number: give simulated cards "
                                 "others by serial= in their URI");
    return std::nullopt;
}

inline letter letter_of(const std::vector<linked_card> &cards) {
    letter said;
    said.put(cards.size());
    for (const auto &card : cards)
        said.put(card);
    return said;
}

// @own: of this one.
inline result<muster> call_roll(companions &others, const result<topology> &own) {
    std::vector<linked_card> cards;
    if (own)
        cards.assign(own->cards().begin(), own->cards().end());
    for (auto &card : cards)
        card.owner = others.name();
    const auto said = own ? result<std::string>(letter_of(cards).text())
                          : signed_by(others, own.error());
    const auto all = share(others, said);
    if (!all)
        return all.error();
    muster found;
    for (std::size_t rank = 0; rank < all->size(); ++rank) {
        letter heard((*all)[rank]);
        const auto count = heard.take<std::size_t>();
        for (std::size_t place = 0; place < count; ++place)
            found.add(rank, place, heard.take<linked_card>());
    }
    if (const auto same = twins(found))
        return *same;
    return found;
}

// For each card of @required its place in the muster. errc::link: they are wired
// otherwise. Cables between processes are there when both are: they get some seconds.
template <class Look>
result<std::pair<muster, std::vector<std::size_t>>>
seat_all(const network &required, companions &others, Look look) {
    constexpr int tries = 50;
    for (int left = others.size() > 1 ? tries : 1;;) {
        auto all = call_roll(others, look());
        if (!all)
            return all.error();
        const auto placed = place(topology(all->cards), required);
        if (placed.is_right()) {
            std::vector<std::size_t> chosen;
            for (const auto seat : placed.cards)
                chosen.push_back(*seat);
            return std::pair(std::move(*all), std::move(chosen));
        }
        if (--left == 0)
            return error(errc::link, placed.text());
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
}

} // namespace groq::detail
