// SPDX-License-Identifier: MIT
//
// Along the shortest ways from a root: vectors go to one card, or to all; or sums come
// to the root, and go back to all.
#include "collectives/algorithms.hpp"

#include <algorithm>
#include <optional>

#include "collectives/exchange.hpp"
#include "collectives/reduction.hpp"

namespace groq::collectives {
namespace {

using ops::vector_area;

// The cards on the way, and the children among them.
std::vector<bool> cards_on_way(job of, const std::vector<tree_place> &tree) {
    const network &wires = of.program.wires();
    std::vector<bool> on(wires.cards(), of.what == operation::BROADCAST);
    for (unsigned card = of.target; !on[card];) {
        on[card] = true;
        if (card != of.root)
            card = wires.peer_of(card, tree[card].parent.link)->card;
    }
    return on;
}

// Where a card keeps it.
vector_area take_words(job of, unsigned card) {
    const payload &data = of.data;
    const unsigned vectors = data.blocks() * data.rows;
    card_memory memory(of.program.builder(card));
    const vector_area words = memory.take(GROQ_WEST, data.type, vectors);
    std::vector<vector_area> blocks;
    for (unsigned block = 0; block < data.blocks(); ++block)
        blocks.push_back(words + block * data.rows);
    const bool gives = card == of.root;
    const bool gets = of.what == operation::BROADCAST ? !gives : card == of.target;
    if (gives)
        memory.add_tensor("x", GROQ_TENSOR_INPUT, data.type, data.rows, data.columns,
                          blocks);
    else if (gets)
        memory.add_tensor("y", GROQ_TENSOR_OUTPUT, data.type, data.rows, data.columns,
                          blocks);
    else
        for (unsigned byte = 0; byte < words.bytes(); ++byte)
            of.program.builder(card).reserve(
                words.plane(byte).address(),
                static_cast<std::uint32_t>(vectors * GROQ_VECTOR_BYTES));
    return words;
}

// To the children of a card, by links of one edge.
void ship_onward(exchange &around, job of, const tree_place &place, unsigned card,
                 unsigned side, unsigned byte,
                 const std::vector<std::optional<vector_area>> &words) {
    std::vector<destination> ways;
    for (const unsigned link : place.onward) {
        const unsigned peer = of.program.wires().peer_of(card, link)->card;
        if (words[peer] && GROQ_LINK_HEMISPHERE(link) == side)
            ways.push_back({link, words[peer]->plane(byte)});
    }
    if (words[card] && !ways.empty())
        around.ship(card, words[card]->plane(byte), of.data.blocks() * of.data.rows,
                    ways);
}

// Level by level, to all cards that have a place for it.
std::uint64_t pass_down(job of, const std::vector<tree_place> &tree,
                        const std::vector<std::optional<vector_area>> &words,
                        std::uint64_t ready) {
    for (std::uint32_t depth = 0; depth < depth_of(tree); ++depth) {
        ready = of.program.keep_aligned(ready);
        exchange around(of.program);
        for (unsigned byte = 0; byte < of.data.bytes(); ++byte)
            for (unsigned card = 0; card < tree.size(); ++card)
                for (const unsigned side : {GROQ_WEST, GROQ_EAST})
                    if (tree[card].depth == depth)
                        ship_onward(around, of, tree[card], card, side, byte, words);
        ready = around.emit(ready);
    }
    return ready;
}

// Of a card that sums come to.
struct sum_areas {
    vector_area x;
    vector_area sum;               // of itself and all behind it; then of all
    std::vector<vector_area> come; // of the children, as in `onward`
    std::vector<vector_area> partial;
};

class tree_sum {
public:
    explicit tree_sum(job of)
        : of_(of), tree_(spanning_tree(of.program.wires(), of.root)) {
        for (unsigned card = 0; card < tree_.size(); ++card)
            areas_.push_back(take_areas(card));
    }

    std::uint64_t emit(std::uint64_t ready) {
        for (std::uint32_t depth = depth_of(tree_); depth > 0; --depth) {
            ready = hand_up(depth, of_.program.keep_aligned(ready));
            ready = add_up(depth - 1, ready);
        }
        std::vector<std::optional<vector_area>> sums;
        for (const sum_areas &each : areas_)
            sums.emplace_back(each.sum);
        return pass_down(of_, tree_, sums, ready);
    }

private:
    // Terms that are added at once, wherever they are.
    static constexpr std::size_t most_terms = 7;

    unsigned vectors() const { return of_.data.blocks() * of_.data.rows; }

    sum_areas take_areas(unsigned card) {
        const payload &data = of_.data;
        card_memory memory(of_.program.builder(card));
        sum_areas made{memory.take(GROQ_WEST, data.type, vectors()),
                       memory.take(GROQ_EAST, data.type, vectors()),
                       {},
                       {}};
        for (const unsigned link : tree_[card].onward)
            made.come.push_back(
                memory.scratch(GROQ_LINK_HEMISPHERE(link), data.type, vectors()));
        if (made.come.size() >= most_terms)
            made.partial = {memory.scratch(GROQ_WEST, data.type, vectors()),
                            memory.scratch(GROQ_EAST, data.type, vectors())};
        memory.add_tensors(data, made.x, made.sum);
        return made;
    }

    // Where the parent takes it.
    const vector_area &place_at_parent(link_end parent) const {
        const auto &onward = tree_[parent.card].onward;
        const auto child = std::ranges::find(onward, parent.link) - onward.begin();
        return areas_[parent.card].come[static_cast<std::size_t>(child)];
    }

    std::uint64_t hand_up(std::uint32_t depth, std::uint64_t ready) {
        exchange around(of_.program);
        for (unsigned byte = 0; byte < of_.data.bytes(); ++byte)
            for (unsigned card = 0; card < tree_.size(); ++card) {
                const tree_place &place = tree_[card];
                if (place.depth != depth)
                    continue;
                const vector_area &from =
                    place.onward.empty() ? areas_[card].x : areas_[card].sum;
                const link_end up = place.parent;
                const auto parent = *of_.program.wires().peer_of(up.card, up.link);
                around.ship(up, from.plane(byte), place_at_parent(parent).plane(byte),
                            vectors());
            }
        return around.emit(ready);
    }

    std::uint64_t add_up(std::uint32_t depth, std::uint64_t ready) {
        std::uint64_t end = ready;
        for (unsigned card = 0; card < tree_.size(); ++card) {
            const sum_areas &own = areas_[card];
            if (tree_[card].depth != depth || own.come.empty())
                continue;
            reduction sum(vectors(), own.partial);
            sum.add(own.x);
            for (const vector_area &each : own.come)
                sum.add(each);
            sum.store(own.sum);
            end = std::max(end, sum.emit(of_.program, card, ready));
        }
        return end;
    }

    job of_;
    std::vector<tree_place> tree_;
    std::vector<sum_areas> areas_;
};

} // namespace

std::uint64_t emit_along_tree(job of, std::uint64_t ready) {
    const auto tree = spanning_tree(of.program.wires(), of.root);
    const std::vector<bool> on = cards_on_way(of, tree);
    std::vector<std::optional<vector_area>> words(tree.size());
    for (unsigned card = 0; card < tree.size(); ++card)
        if (on[card])
            words[card] = take_words(of, card);
    return pass_down(of, tree, words, ready);
}

std::uint64_t emit_tree(job of, std::uint64_t ready) {
    return tree_sum(of).emit(ready);
}

} // namespace groq::collectives
