// SPDX-License-Identifier: MIT
//
// Each card is wired to each and gets the whole x of all others; then all add up the
// same. One hop, so that little takes the least time.
#include "collectives/algorithms.hpp"

#include <algorithm>
#include <deque>

#include "collectives/exchange.hpp"
#include "collectives/reduction.hpp"

namespace groq::collectives {
namespace {

using ops::vector_area;

// x, and what comes of the others.
struct card_areas {
    std::vector<vector_area> terms; // by card
    vector_area sum;
};

card_areas take_areas(job of, unsigned card) {
    const payload &data = of.data;
    const unsigned vectors = data.blocks() * data.rows;
    card_memory memory(of.program.builder(card));
    card_areas areas{{}, memory.take(GROQ_WEST, data.type, vectors)};
    for (unsigned peer = 0; peer < of.program.cards(); ++peer)
        if (peer == card)
            areas.terms.push_back(memory.take(GROQ_EAST, data.type, vectors));
        else
            areas.terms.push_back(memory.scratch(
                GROQ_LINK_HEMISPHERE(link_to(of.program.wires(), card, peer)),
                data.type, vectors));
    memory.add_tensors(data, areas.terms[card], areas.sum);
    return areas;
}

} // namespace

std::uint64_t emit_direct(job of, std::uint64_t ready) {
    const unsigned cards = of.program.cards();
    const unsigned vectors = of.data.blocks() * of.data.rows;
    std::vector<card_areas> areas;
    for (unsigned card = 0; card < cards; ++card)
        areas.push_back(take_areas(of, card));
    exchange around(of.program);
    for (unsigned byte = 0; byte < of.data.bytes(); ++byte)
        for (unsigned card = 0; card < cards; ++card)
            for (const unsigned side : {GROQ_WEST, GROQ_EAST}) {
                std::vector<destination> ways;
                for (unsigned peer = 0; peer < cards; ++peer)
                    if (peer == card)
                        continue;
                    else if (const unsigned link =
                                 link_to(of.program.wires(), card, peer);
                             GROQ_LINK_HEMISPHERE(link) == side)
                        ways.push_back({link, areas[peer].terms[card].plane(byte)});
                if (!ways.empty())
                    around.ship(card, areas[card].terms[card].plane(byte), vectors,
                                ways);
            }
    ready = around.emit(ready);
    std::uint64_t end = ready;
    for (unsigned card = 0; card < cards; ++card) {
        reduction sum(vectors, {});
        for (const vector_area &term : areas[card].terms)
            sum.add(term);
        sum.store(areas[card].sum);
        end = std::max(end, sum.emit(of.program, card, ready));
    }
    return end;
}

} // namespace groq::collectives
