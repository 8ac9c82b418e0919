// SPDX-License-Identifier: MIT
//
// Each card is wired to each. It gets its block of x from all others, adds, and hands
// the sum out: two hops, in both of which all links are full.
#include "collectives/algorithms.hpp"

#include <deque>
#include <optional>

#include "collectives/exchange.hpp"
#include "collectives/reduction.hpp"

namespace groq::collectives {
namespace {

using ops::vector_area;

// What a card keeps for a peer, of slices that no other link uses.
struct peer_areas {
    vector_area given; // its block of the own x, then, in the words behind it, of y
    std::optional<vector_area> taken; // the own block of its x
};

class card_areas {
public:
    card_areas(job of, unsigned card) : of_(of), card_(card), memory_(builder()) {
        const payload &data = of.data;
        for (unsigned peer = 0; peer < of.program.cards(); ++peer) {
            const unsigned side = GROQ_LINK_HEMISPHERE(link(peer));
            peers_.push_back({memory_.take(side, data.type, 2ULL * data.rows), {}});
            if (peer != card && reduces())
                peers_.back().taken = memory_.scratch(side, data.type, data.rows);
        }
        own_ = memory_.take(GROQ_WEST, data.type, data.rows);
        if (hands_out() && of.program.cards() > 2)
            twin_ = memory_.scratch(GROQ_EAST, data.type, data.rows);
        add_tensors();
    }

    bool reduces() const { return of_.what != operation::ALL_GATHER; }
    bool hands_out() const { return of_.what != operation::REDUCE_SCATTER; }
    bool has_block(unsigned card) const { return card < of_.data.blocks(); }

    // Of an even number where there is none: to itself.
    unsigned link(unsigned peer) const {
        return peer == card_ ? 0 : link_to(of_.program.wires(), card_, peer);
    }
    vector_area given(unsigned peer) const { return peers_[peer].given; }
    vector_area gathered(unsigned peer) const {
        return peer == card_ ? own_ : peers_[peer].given + of_.data.rows;
    }
    vector_area taken(unsigned peer) const {
        return peer == card_ ? given(card_) : *peers_[peer].taken;
    }
    vector_area own() const { return own_; }
    // The same once more, for the links of the other edge.
    const std::optional<vector_area> &twin() const { return twin_; }

private:
    assembly::program_builder &builder() { return of_.program.builder(card_); }

    void add_tensors() {
        const payload &data = of_.data;
        std::vector<vector_area> x, y;
        for (unsigned block = 0; block < data.blocks(); ++block) {
            x.push_back(given(block));
            y.push_back(gathered(block));
        }
        if (reduces())
            memory_.add_tensor("x", GROQ_TENSOR_INPUT, data.type, data.rows,
                               data.columns, x);
        else
            memory_.add_tensor("x", GROQ_TENSOR_INPUT, data.type, data.rows, GROQ_LANES,
                               {given(card_)});
        if (hands_out())
            memory_.add_tensor("y", GROQ_TENSOR_OUTPUT, data.type, data.rows,
                               data.columns, y);
        else
            memory_.add_tensor("y", GROQ_TENSOR_OUTPUT, data.type, data.rows,
                               GROQ_LANES, {own_});
    }

    job of_;
    unsigned card_;
    card_memory memory_;
    std::vector<peer_areas> peers_;
    vector_area own_{};
    std::optional<vector_area> twin_;
};

class exchange_algorithm {
public:
    explicit exchange_algorithm(job of) : of_(of) {
        for (unsigned card = 0; card < of.program.cards(); ++card)
            cards_.emplace_back(of, card);
    }

    std::uint64_t emit(std::uint64_t ready) {
        if (of_.what != operation::ALL_GATHER)
            ready = scatter(ready);
        ready = add_up(ready);
        return of_.what == operation::REDUCE_SCATTER ? ready : gather(ready);
    }

private:
    unsigned cards() const { return of_.program.cards(); }

    std::uint64_t scatter(std::uint64_t ready) {
        exchange around(of_.program);
        for (unsigned byte = 0; byte < of_.data.bytes(); ++byte)
            for (unsigned card = 0; card < cards(); ++card)
                for (unsigned peer = 0; peer < cards(); ++peer)
                    if (peer != card && cards_[card].has_block(peer))
                        around.ship({card, cards_[card].link(peer)},
                                    cards_[card].given(peer).plane(byte),
                                    cards_[peer].taken(card).plane(byte),
                                    of_.data.rows);
        return around.emit(ready);
    }

    // Card after card; where nothing is to be added it is copied.
    std::uint64_t add_up(std::uint64_t ready) {
        std::uint64_t end = ready;
        for (unsigned card = 0; card < cards() && cards_[card].has_block(card);
             ++card) {
            const card_areas &own = cards_[card];
            reduction sum(of_.data.rows, {});
            for (unsigned peer = 0; peer < cards(); ++peer)
                if (own.reduces() || peer == card)
                    sum.add(own.taken(peer));
            sum.store(own.own());
            if (own.twin())
                sum.store(*own.twin());
            end = std::max(end, sum.emit(of_.program, card, ready));
        }
        return end;
    }

    std::uint64_t gather(std::uint64_t ready) {
        ready = of_.program.keep_aligned(ready);
        exchange around(of_.program);
        for (unsigned byte = 0; byte < of_.data.bytes(); ++byte)
            for (unsigned card = 0; card < cards(); ++card)
                for (const unsigned side : {GROQ_WEST, GROQ_EAST})
                    hand_out(around, card, byte, side);
        return around.emit(ready);
    }

    void hand_out(exchange &around, unsigned card, unsigned byte, unsigned side) {
        std::vector<destination> ways;
        for (unsigned peer = 0; peer < cards(); ++peer)
            if (const unsigned link = cards_[card].link(peer);
                peer != card && GROQ_LINK_HEMISPHERE(link) == side)
                ways.push_back({link, cards_[peer].gathered(card).plane(byte)});
        const card_areas &own = cards_[card];
        const vector_area from =
            side == GROQ_EAST && own.twin() ? *own.twin() : own.own();
        if (own.has_block(card) && !ways.empty())
            around.ship(card, from.plane(byte), of_.data.rows, ways);
    }

    job of_;
    std::deque<card_areas> cards_;
};

} // namespace

std::uint64_t emit_exchange(job of, std::uint64_t ready) {
    return exchange_algorithm(of).emit(ready);
}

} // namespace groq::collectives
