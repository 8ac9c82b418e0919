// SPDX-License-Identifier: MIT
//
// Nodes of 8 cards that are wired all to all, and any two nodes by a cable or more.
// Each card gets the x of its node and adds; then the sums of the nodes go over the
// cables between them; then those that got one hand it to their node, and each card
// adds up the nodes. Three hops, whatever the number of nodes [I22].
#include "collectives/algorithms.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>

#include "collectives/exchange.hpp"
#include "collectives/reduction.hpp"

namespace groq::collectives {
namespace {

using ops::vector_area;

constexpr unsigned node_cards = links::local + 1;

unsigned node_of(unsigned card) {
    return card / node_cards;
}

// The first cable from each node to each other.
using node_cables = std::map<std::pair<unsigned, unsigned>, link_end>;

node_cables cables_between_nodes(const network &wires) {
    node_cables found;
    for (unsigned card = 0; card < wires.cards(); ++card)
        for (unsigned link = 0; link < links::per_chip; ++link)
            if (const auto end = wires.peer_of(card, link);
                end && node_of(end->card) != node_of(card))
                found.emplace(std::pair(node_of(card), node_of(end->card)),
                              link_end{card, link});
    return found;
}

bool joins_all_nodes(const network &wires, const node_cables &cables) {
    const std::size_t nodes = wires.cards() / node_cards;
    return cables.size() == nodes * (nodes - 1);
}

bool is_wired_to_its_node(const network &wires, unsigned card) {
    std::set<unsigned> peers{card};
    for (unsigned link = 0; link < links::per_chip; ++link)
        if (const auto end = wires.peer_of(card, link);
            end && node_of(end->card) == node_of(card))
            peers.insert(end->card);
    return peers.size() == node_cards;
}

struct card_areas {
    std::vector<vector_area> peers; // by place in the node; of the own place x
    vector_area sum;                // of the own node
    vector_area total;
    std::vector<vector_area> partial;
    std::map<unsigned, vector_area> nodes; // sums of other nodes, by node
};

class three_stage_algorithm {
public:
    explicit three_stage_algorithm(job of) : of_(of) {
        find_cables();
        for (unsigned card = 0; card < cards(); ++card)
            areas_.push_back(take_areas(card));
        for (unsigned card = 0; card < cards(); ++card)
            place_nodes(card);
    }

    std::uint64_t emit(std::uint64_t ready) {
        ready = spread(ready, [&](unsigned card) { return own_x(card); });
        ready = add_up(ready, [&](unsigned card, reduction &sum) {
            for (const vector_area &term : areas_[card].peers)
                sum.add(term);
            sum.store(areas_[card].sum);
        });
        ready = cross(ready);
        ready = spread(ready, [&](unsigned card) { return come(card); });
        return add_up(ready, [&](unsigned card, reduction &sum) {
            for (unsigned node = 0; node < nodes(); ++node)
                sum.add(node == node_of(card) ? areas_[card].sum
                                              : areas_[card].nodes.at(node));
            sum.store(areas_[card].total);
        });
    }

private:
    // What a card hands to its node: from where, to where at a peer.
    struct handed {
        vector_area from;
        std::vector<vector_area> to; // by place in the node
    };

    const network &wires() const { return of_.program.wires(); }
    unsigned cards() const { return of_.program.cards(); }
    unsigned nodes() const { return cards() / node_cards; }
    unsigned vectors() const { return of_.data.blocks() * of_.data.rows; }
    unsigned peer(unsigned card, unsigned place) const {
        return node_of(card) * node_cards + place;
    }

    void find_cables() {
        if (cards() % node_cards != 0)
            throw std::runtime_error("three stages take whole nodes of 8 cards");
        cables_ = cables_between_nodes(wires());
        if (!joins_all_nodes(wires(), cables_))
            throw std::runtime_error("not every two nodes of 8 cards have a cable");
        for (const auto &[pair, from] : cables_)
            arrivals_[wires().peer_of(from.card, from.link)->card].push_back(
                pair.first);
    }

    unsigned side(unsigned card, unsigned place) const {
        return place == card % node_cards
                   ? GROQ_EAST
                   : GROQ_LINK_HEMISPHERE(link_to(wires(), card, peer(card, place)));
    }

    card_areas take_areas(unsigned card) {
        const payload &data = of_.data;
        card_memory memory(of_.program.builder(card));
        card_areas made{};
        for (unsigned place = 0; place < node_cards; ++place) {
            const bool is_own = place == card % node_cards;
            const std::size_t come = arrivals_[peer(card, place)].size();
            const std::uint64_t all =
                (is_own ? 1 : 1 + come) * std::uint64_t{vectors()};
            made.peers.push_back(
                is_own ? memory.take(side(card, place), data.type, all)
                       : memory.scratch(side(card, place), data.type, all));
        }
        made.sum = memory.scratch(GROQ_WEST, data.type, vectors());
        made.total = memory.take(GROQ_EAST, data.type, vectors());
        made.partial = {memory.scratch(GROQ_WEST, data.type, vectors()),
                        memory.scratch(GROQ_EAST, data.type, vectors())};
        const auto &come = arrivals_[card];
        if (!come.empty()) {
            const vector_area area =
                memory.scratch(GROQ_EAST, data.type, come.size() * vectors());
            for (unsigned i = 0; i < come.size(); ++i)
                made.nodes.emplace(come[i], area + i * vectors());
        }
        memory.add_tensors(data, made.peers[card % node_cards], made.total);
        return made;
    }

    // The sums that its peers will hand to the card, behind their x.
    void place_nodes(unsigned card) {
        for (unsigned place = 0; place < node_cards; ++place) {
            const auto &come = arrivals_[peer(card, place)];
            for (unsigned i = 0; i < come.size(); ++i)
                areas_[card].nodes.emplace(come[i], areas_[card].peers[place] +
                                                        (1 + i) * vectors());
        }
    }

    std::vector<handed> own_x(unsigned card) const {
        handed own{areas_[card].peers[card % node_cards], {}};
        for (unsigned place = 0; place < node_cards; ++place)
            own.to.push_back(areas_[peer(card, place)].peers[card % node_cards]);
        return {own};
    }

    std::vector<handed> come(unsigned card) const {
        std::vector<handed> all;
        const auto found = arrivals_.find(card);
        if (found == arrivals_.end())
            return all;
        for (const unsigned node : found->second) {
            all.push_back({areas_[card].nodes.at(node), {}});
            for (unsigned place = 0; place < node_cards; ++place)
                all.back().to.push_back(areas_[peer(card, place)].nodes.at(node));
        }
        return all;
    }

    // Each card hands out to its node.
    template <class F>
    std::uint64_t spread(std::uint64_t ready, F what) {
        exchange around(of_.program);
        for (unsigned card = 0; card < cards(); ++card)
            for (const handed &each : what(card))
                for (unsigned byte = 0; byte < of_.data.bytes(); ++byte)
                    for (const unsigned edge : {GROQ_WEST, GROQ_EAST})
                        hand_out(around, card, each, byte, edge);
        return around.emit(ready);
    }

    void hand_out(exchange &around, unsigned card, const handed &each, unsigned byte,
                  unsigned edge) {
        std::vector<destination> ways;
        for (unsigned place = 0; place < node_cards; ++place)
            if (place != card % node_cards && side(card, place) == edge)
                ways.push_back({link_to(wires(), card, peer(card, place)),
                                each.to[place].plane(byte)});
        around.ship(card, each.from.plane(byte), vectors(), ways);
    }

    std::uint64_t cross(std::uint64_t ready) {
        exchange around(of_.program);
        for (const auto &[pair, from] : cables_) {
            const link_end end = *wires().peer_of(from.card, from.link);
            for (unsigned byte = 0; byte < of_.data.bytes(); ++byte)
                around.ship(from, areas_[from.card].sum.plane(byte),
                            areas_[end.card].nodes.at(pair.first).plane(byte),
                            vectors());
        }
        return around.emit(ready);
    }

    template <class F>
    std::uint64_t add_up(std::uint64_t ready, F terms) {
        std::uint64_t end = ready;
        for (unsigned card = 0; card < cards(); ++card) {
            reduction sum(vectors(), areas_[card].partial);
            terms(card, sum);
            end = std::max(end, sum.emit(of_.program, card, ready));
        }
        return end;
    }

    job of_;
    node_cables cables_;
    std::map<unsigned, std::vector<unsigned>> arrivals_; // nodes whose sums a card gets
    std::vector<card_areas> areas_;
};

} // namespace

bool has_three_stages(const network &wires) {
    bool has = wires.cards() % node_cards == 0 &&
               joins_all_nodes(wires, cables_between_nodes(wires));
    for (unsigned card = 0; card < wires.cards() && has; ++card)
        has = is_wired_to_its_node(wires, card);
    return has;
}

std::uint64_t emit_three_stage(job of, std::uint64_t ready) {
    return three_stage_algorithm(of).emit(ready);
}

} // namespace groq::collectives
