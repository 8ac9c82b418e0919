// SPDX-License-Identifier: MIT
#include "topo/routes.hpp"

#include <algorithm>
#include <set>

#include "topo/paths.hpp"

namespace groq::topo {
namespace {

class walk {
public:
    walk(const network &of, std::uint32_t to)
        : of_(of), to_(to), left_(hops_from(of, to)), visited_(of.cards()) {}

    std::uint32_t hops(std::uint32_t from) const { return left_[from]; }

    // All of exactly @hops.
    void go(std::uint32_t card, std::uint32_t hops, routes &into) {
        if (card == to_) {
            if (hops == 0)
                keep(into);
            return;
        }
        visited_[card] = true;
        for (std::uint32_t link = 0; link < links::per_chip && !into.more; ++link) {
            const auto peer = of_.peer_of(card, link);
            if (!peer || visited_[peer->card] || left_[peer->card] + 1 > hops)
                continue;
            so_far_.push_back({card, link});
            go(peer->card, hops - 1, into);
            so_far_.pop_back();
        }
        visited_[card] = false;
    }

private:
    void keep(routes &into) {
        if (into.found.size() == most_routes)
            into.more = true;
        else
            into.found.push_back(so_far_);
    }

    const network &of_;
    std::uint32_t to_;
    std::vector<std::uint32_t> left_;
    std::vector<bool> visited_;
    route so_far_;
};

} // namespace

routes find_routes(const network &of, std::uint32_t from, std::uint32_t to,
                   std::uint32_t extra) {
    routes all;
    walk to_it(of, to);
    const auto least = to_it.hops(from);
    if (least == 0 || least == unreachable)
        return all;
    if (least > most_hops) {
        all.more = true;
        return all;
    }
    for (auto hops = least; hops <= least + extra; ++hops)
        to_it.go(from, hops, all);
    return all;
}

std::vector<std::uint32_t> apart(const std::vector<route> &found) {
    std::vector<std::uint32_t> hops;
    std::set<link_end> taken;
    for (const auto &each : found) {
        if (std::ranges::any_of(each,
                                [&](link_end end) { return taken.contains(end); }))
            continue;
        taken.insert(each.begin(), each.end());
        hops.push_back(std::uint32_t(each.size()));
    }
    return hops;
}

std::string to_string(const network &of, const route &shown) {
    std::string text;
    for (const auto &end : shown)
        text += (text.empty() ? "" : " ") + groq::to_string(end) + '-' +
                groq::to_string(*of.peer_of(end.card, end.link));
    return text;
}

} // namespace groq::topo
