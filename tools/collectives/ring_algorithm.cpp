// SPDX-License-Identifier: MIT
//
// Blocks go round a ring. First each card adds its own x to what comes and hands it on,
// until the block's owner has the sum; then the sums go round. All links are full; it
// takes two steps for each card of the ring but one.
#include "collectives/algorithms.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <stdexcept>

#include "collectives/exchange.hpp"
#include "collectives/reduction.hpp"

namespace groq::collectives {
namespace {

using ops::vector_area;

struct card_areas {
    vector_area x, partial, come;
    // Blocks in turn: while one is sent, the next comes.
    std::array<vector_area, 2> y;
};

class ring_algorithm {
public:
    explicit ring_algorithm(job of) : of_(of), ring_(ring_of(of.program.wires())) {
        if (ring_.empty())
            throw std::runtime_error("the cables make no ring of all cards");
        for (unsigned card = 0; card < cards(); ++card)
            areas_.push_back(take_areas(card));
    }

    std::uint64_t emit(std::uint64_t ready) {
        const bool reduces = of_.what != operation::ALL_GATHER;
        ready = reduces ? scatter(ready) : copy_own(ready);
        return of_.what == operation::REDUCE_SCATTER ? ready : gather(ready);
    }

private:
    unsigned cards() const { return of_.program.cards(); }
    unsigned rows() const { return of_.data.rows; }
    bool has(unsigned block) const { return block < of_.data.blocks(); }
    // The card so many places behind the one at a place of the ring.
    unsigned behind(unsigned place, unsigned by) const {
        return ring_[(place + 2 * cards() - by) % cards()];
    }
    unsigned x_blocks() const {
        return of_.what == operation::ALL_GATHER ? 1 : of_.data.blocks();
    }
    vector_area x(unsigned card, unsigned block) const {
        return of_.what == operation::ALL_GATHER ? areas_[card].x
                                                 : areas_[card].x + block * rows();
    }
    vector_area y(unsigned card, unsigned block) const {
        return y_of(areas_[card], block);
    }
    vector_area y_of(const card_areas &areas, unsigned block) const {
        if (of_.what == operation::REDUCE_SCATTER)
            return areas.y[0];
        return areas.y[block % 2] + block / 2 * rows();
    }

    card_areas take_areas(unsigned card) {
        const payload &data = of_.data;
        card_memory memory(of_.program.builder(card));
        const bool scatters = of_.what == operation::REDUCE_SCATTER;
        const std::uint64_t half = scatters ? 1 : (data.blocks() + 1) / 2;
        card_areas made{};
        made.x = memory.take(GROQ_WEST, data.type, std::uint64_t{x_blocks()} * rows());
        made.partial = memory.scratch(GROQ_WEST, data.type, rows());
        made.come = memory.scratch(GROQ_EAST, data.type, rows());
        made.y = {memory.take(GROQ_EAST, data.type, half * rows()),
                  memory.take(GROQ_WEST, data.type, half * rows())};
        std::vector<vector_area> from, to;
        for (unsigned block = 0; block < x_blocks(); ++block)
            from.push_back(made.x + block * rows());
        for (unsigned block = 0; block < (scatters ? 1 : data.blocks()); ++block)
            to.push_back(y_of(made, block));
        const auto columns = [&](std::size_t blocks) {
            return blocks == 1 && of_.what != operation::ALL_REDUCE
                       ? static_cast<unsigned>(GROQ_LANES)
                       : data.columns;
        };
        memory.add_tensor("x", GROQ_TENSOR_INPUT, data.type, rows(),
                          columns(from.size()), from);
        memory.add_tensor("y", GROQ_TENSOR_OUTPUT, data.type, rows(),
                          columns(to.size()), to);
        return made;
    }

    // Every card sends a block to the next, if it is one.
    template <class Block, class From, class To>
    std::uint64_t pass_on(std::uint64_t ready, Block block, From from, To to) {
        ready = of_.program.keep_aligned(ready);
        exchange around(of_.program);
        for (unsigned byte = 0; byte < of_.data.bytes(); ++byte)
            for (unsigned place = 0; place < cards(); ++place) {
                const unsigned card = ring_[place], next = behind(place, cards() - 1);
                const unsigned number = block(place);
                if (has(number))
                    around.ship({card, link_to(of_.program.wires(), card, next)},
                                from(card, number).plane(byte),
                                to(next, number).plane(byte), rows());
            }
        return around.emit(ready);
    }

    std::uint64_t scatter(std::uint64_t ready) {
        for (unsigned step = 0; step + 1 < cards(); ++step) {
            ready = pass_on(
                ready, [&](unsigned place) { return behind(place, step + 1); },
                [&](unsigned card, unsigned block) {
                    return step == 0 ? x(card, block) : areas_[card].partial;
                },
                [&](unsigned card, unsigned) { return areas_[card].come; });
            ready = add_own(ready, step);
        }
        return ready;
    }

    std::uint64_t add_own(std::uint64_t ready, unsigned step) {
        std::uint64_t end = ready;
        for (unsigned place = 0; place < cards(); ++place) {
            const unsigned card = ring_[place], block = behind(place, step + 2);
            if (!has(block))
                continue;
            reduction sum(rows(), {});
            sum.add(areas_[card].come);
            sum.add(x(card, block));
            sum.store(block == card ? y(card, block) : areas_[card].partial);
            end = std::max(end, sum.emit(of_.program, card, ready));
        }
        return end;
    }

    std::uint64_t copy_own(std::uint64_t ready) {
        std::uint64_t end = ready;
        for (unsigned card = 0; card < cards(); ++card) {
            reduction copy(rows(), {});
            copy.add(x(card, card));
            copy.store(y(card, card));
            end = std::max(end, copy.emit(of_.program, card, ready));
        }
        return end;
    }

    std::uint64_t gather(std::uint64_t ready) {
        const auto sum = [&](unsigned card, unsigned block) { return y(card, block); };
        for (unsigned step = 0; step + 1 < cards(); ++step)
            ready = pass_on(
                ready, [&](unsigned place) { return behind(place, step); }, sum, sum);
        return ready;
    }

    job of_;
    std::vector<unsigned> ring_;
    std::vector<card_areas> areas_;
};

} // namespace

std::uint64_t emit_ring(job of, std::uint64_t ready) {
    return ring_algorithm(of).emit(ready);
}

} // namespace groq::collectives
