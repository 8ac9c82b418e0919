// SPDX-License-Identifier: MIT
//
// Which found card is which of an expected network.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <groq/network.hpp>
#include <groq/topology.hpp>

namespace groq::detail {

// For each card of the network its place in topology::cards().
using seats = std::vector<std::optional<std::size_t>>;

// Where the cable of @expected ends that begins at the seat of @end; nothing: no seat.
inline std::optional<link_end> seat_of(const seats &taken, link_end end) {
    const auto card = taken[end.card];
    return card ? std::optional(link_end{std::uint32_t(*card), end.link})
                : std::nullopt;
}

// Lives no longer than what it is of.
class card_seats {
public:
    card_seats(const topology &found, const network &expected)
        : found_(found), expected_(expected) {}

    // In their order if that fits; else from each card in turn, as each of the first
    // numbers: a swapped cable misleads who begins at its ends.
    seats find() {
        constexpr std::uint32_t starts_max = 8;
        consider(in_order());
        const auto starts = std::min(expected_.cards(), starts_max);
        for (std::uint32_t start = 0; start < starts && wrong_ > 0; ++start)
            for (std::size_t root = 0; root < found_.cards().size() && wrong_ > 0;
                 ++root)
                consider(grown(start, root));
        return best_;
    }

private:
    // Seats that are being taken.
    struct attempt {
        seats taken;
        std::vector<bool> is_used; // by place of the found card

        void take(std::uint32_t number, std::size_t card) {
            taken[number] = card;
            is_used[card] = true;
        }
    };

    attempt empty() const {
        return {seats(expected_.cards()), std::vector<bool>(found_.cards().size())};
    }

    seats in_order() const {
        auto plan = empty();
        fill(plan);
        return plan.taken;
    }

    // What the cables lead to from @start on, then the other parts of the network, then
    // whoever is left.
    seats grown(std::uint32_t start, std::size_t root) const {
        auto plan = empty();
        plan.take(start, root);
        follow(plan, start);
        for (std::uint32_t number = 0; number < expected_.cards(); ++number)
            if (!plan.taken[number] && expected_.degree(number) > 0)
                seat_part(plan, number);
        fill(plan);
        return plan.taken;
    }

    // A part that no cable leads to: where most of it fits.
    void seat_part(attempt &plan, std::uint32_t number) const {
        std::optional<attempt> best;
        for (std::size_t root = 0; root < found_.cards().size(); ++root) {
            if (plan.is_used[root])
                continue;
            auto tried = plan;
            tried.take(number, root);
            follow(tried, number);
            if (!best || wrong_cables(tried.taken) < wrong_cables(best->taken))
                best = std::move(tried);
        }
        if (best)
            plan = std::move(*best);
    }

    void follow(attempt &plan, std::uint32_t from) const {
        std::vector<std::uint32_t> open{from};
        while (!open.empty()) {
            const auto number = open.back();
            open.pop_back();
            for (std::uint32_t link = 0; link < links::per_chip; ++link)
                if (const auto next = step(plan, {number, link}))
                    open.push_back(*next);
        }
    }

    // Seats the card at the other end; nothing: it has a seat, or the cable does not
    // lead to such a link.
    std::optional<std::uint32_t> step(attempt &plan, link_end end) const {
        const auto peer = expected_.peer_of(end.card, end.link);
        if (!peer || plan.taken[peer->card])
            return std::nullopt;
        const auto there = found_.peer_of(*seat_of(plan.taken, end));
        if (!there || there->link != peer->link || plan.is_used[there->card])
            return std::nullopt;
        plan.take(peer->card, there->card);
        return peer->card;
    }

    static void fill(attempt &plan) {
        std::size_t card = 0;
        for (std::uint32_t number = 0; number < plan.taken.size(); ++number) {
            while (card < plan.is_used.size() && plan.is_used[card])
                ++card;
            if (!plan.taken[number] && card < plan.is_used.size())
                plan.take(number, card);
        }
    }

    std::size_t wrong_cables(const seats &taken) const {
        const auto cables = expected_.cables();
        return std::size_t(
            std::count_if(cables.begin(), cables.end(), [&](const cable &cable) {
                const auto a = seat_of(taken, cable.a), b = seat_of(taken, cable.b);
                return !a || !b || found_.peer_of(*a) != *b;
            }));
    }

    void consider(seats taken) {
        const auto wrong = wrong_cables(taken);
        if (best_.empty() || wrong < wrong_) {
            best_ = std::move(taken);
            wrong_ = wrong;
        }
    }

    const topology &found_;
    const network &expected_;
    seats best_;
    std::size_t wrong_ = 0;
};

} // namespace groq::detail
