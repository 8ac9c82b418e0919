// SPDX-License-Identifier: MIT
#include "topo/paths.hpp"

#include <algorithm>
#include <span>

namespace groq::topo {
namespace {

bool is_shift(const network &of, std::uint32_t by) {
    const auto shifted = [&](link_end end) {
        return link_end{(end.card + by) % of.cards(), end.link};
    };
    return std::ranges::all_of(of.cables(), [&](const cable &each) {
        const auto a = shifted(each.a);
        return of.peer_of(a.card, a.link) == shifted(each.b);
    });
}

// Where the cables of each card lead, close together: searches are quick by that.
class neighbours {
public:
    struct neighbour {
        std::uint32_t card;
        std::uint32_t link; // of its, by which it sends here
    };

    explicit neighbours(const network &of) : first_(of.cards() + 1) {
        for (std::uint32_t card = 0; card < of.cards(); ++card) {
            for (std::uint32_t link = 0; link < links::per_chip; ++link)
                if (const auto peer = of.peer_of(card, link))
                    all_.push_back({peer->card, peer->link});
            first_[card + 1] = std::uint32_t(all_.size());
        }
    }

    std::span<const neighbour> of(std::uint32_t card) const {
        return std::span(all_).subspan(first_[card], first_[card + 1] - first_[card]);
    }
    std::uint32_t cards() const { return std::uint32_t(first_.size()) - 1; }

private:
    std::vector<std::uint32_t> first_;
    std::vector<neighbour> all_;
};

// One search from a card, and what it found: cards by distance, routes to each.
class search {
public:
    explicit search(const network &of)
        : near_(of), routes_(of.cards()), onward_(of.cards()) {}

    void run(std::uint32_t from) {
        hops_.assign(near_.cards(), unreachable);
        order_.assign(1, from);
        routes_[from] = 1;
        hops_[from] = 0;
        for (std::size_t next = 0; next < order_.size(); ++next)
            visit(order_[next]);
    }

    // Adds to @loads, by card and link, what goes by them: one unit to each card, the
    // nearer ones sending on what is for the farther ones.
    void add_loads(std::vector<double> &loads, std::uint32_t period) {
        for (const auto card : order_)
            onward_[card] = 0;
        for (std::size_t i = order_.size(); i-- > 1;) {
            const auto card = order_[i];
            const auto each_route = (1 + onward_[card]) / routes_[card];
            for (const auto &peer : near_.of(card)) {
                if (hops_[peer.card] + 1 != hops_[card])
                    continue;
                const auto share = each_route * routes_[peer.card];
                onward_[peer.card] += share;
                loads[std::size_t(peer.card % period) * links::per_chip + peer.link] +=
                    share;
            }
        }
    }

    std::vector<std::uint32_t> &hops() { return hops_; }
    // Of the card found last, which is one of the farthest.
    std::uint32_t farthest() const { return hops_[order_.back()]; }

private:
    void visit(std::uint32_t card) {
        for (const auto &peer : near_.of(card)) {
            if (hops_[peer.card] == unreachable) {
                hops_[peer.card] = hops_[card] + 1;
                routes_[peer.card] = 0;
                order_.push_back(peer.card);
            }
            if (hops_[peer.card] == hops_[card] + 1)
                routes_[peer.card] += routes_[card];
        }
    }

    neighbours near_;
    std::vector<std::uint32_t> hops_, order_;
    std::vector<double> routes_, onward_;
};

void count(all_hops &into, search &from, std::uint32_t card, std::uint64_t alike) {
    if (from.farthest() < into.radius) {
        into.radius = from.farthest();
        into.root = card;
    }
    if (from.farthest() >= into.pairs.size())
        into.pairs.resize(from.farthest() + 1);
    for (const auto hops : from.hops())
        (hops == unreachable ? into.without_route : into.pairs[hops]) += alike;
}

} // namespace

std::uint32_t period(const network &of) {
    for (std::uint32_t by = 1; by < of.cards(); ++by)
        if (of.cards() % by == 0 && is_shift(of, by))
            return by;
    return of.cards();
}

std::vector<std::uint32_t> hops_from(const network &of, std::uint32_t card) {
    search from(of);
    from.run(card);
    return std::move(from.hops());
}

double all_hops::mean() const {
    double hops = 0, count = 0;
    for (std::size_t i = 1; i < pairs.size(); ++i) {
        hops += double(i) * double(pairs[i]);
        count += double(pairs[i]);
    }
    return count == 0 ? 0 : hops / count;
}

survey look_at(const network &of) {
    survey seen;
    seen.period = period(of);
    seen.hops.radius = unreachable;
    std::vector<double> loads(std::size_t(seen.period) * links::per_chip);
    search from(of);
    for (std::uint32_t card = 0; card < seen.period; ++card) {
        from.run(card);
        count(seen.hops, from, card, of.cards() / seen.period);
        from.add_loads(loads, seen.period);
    }
    seen.greatest_load = *std::ranges::max_element(loads);
    return seen;
}

} // namespace groq::topo
