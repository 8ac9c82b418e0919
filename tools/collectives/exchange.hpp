// SPDX-License-Identifier: MIT
//
// Vectors that go over links, all at the same time: what each card sends whither is
// said shipment by shipment; reads, streams, sends, receives and writes follow from it.
//
//   exchange around(program);
//   for (unsigned card = 0; card < 8; ++card)
//       around.ship({card, 0}, mine, theirs, rows);
//   ready = around.emit(ready);
//
// Vectors go onto a wire one after the other, as fast as it takes them. A link's queue
// does both directions: between two sends it receives up to 20 vectors that have
// come, one in a cycle. They are received when they have surely come, so that no
// latency, no clock and no alignment changes what a program does.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "asm/interval_set.hpp"
#include "collectives/distributed_program.hpp"
#include "ops/transfers.hpp"

namespace groq::collectives {

using ops::word_place;

// One of the ways that a shipment takes.
struct destination {
    unsigned link; // of the sender
    word_place to; // at its other end
};

class exchange {
public:
    explicit exchange(distributed_program &program) : program_(program) {}

    // So many words that follow one another; what is shipped over the same link before
    // goes before. A slice reads for one shipment at a time and is not written
    // meanwhile: those that share one wait for one another.
    void ship(link_end from, word_place words, word_place to, unsigned count) {
        ship(from.card, words, count, std::vector{destination{from.link, to}});
    }
    // To several at once, by links of one edge (all even or all odd): read once.
    void ship(unsigned card, word_place words, unsigned count,
              std::vector<destination> to);

    // Nothing issues before `ready`. Returns the first cycle in which all of it is
    // there, and anything may follow.
    std::uint64_t emit(std::uint64_t ready);

private:
    struct shipment {
        unsigned card;
        word_place words; // of one slice
        unsigned count;
        std::vector<destination> to;
        unsigned interval = 0;
        std::uint64_t sent = 0; // the first of it
    };
    using unit = std::pair<unsigned, unsigned>; // card and queue

    void send(shipment &each, std::uint64_t ready);
    std::uint64_t first_send(const shipment &each, std::uint64_t ready);
    void receive(const shipment &each);
    void receive(const shipment &each, const destination &way);
    void receive(link_end at, word_place to, unsigned count, std::uint64_t come);
    std::uint64_t first_receive(unit link, unit slice, unsigned way,
                                std::uint64_t cycle, unsigned count) const;

    distributed_program &program_;
    std::vector<shipment> shipments_;
    std::map<unit, assembly::interval_set> busy_; // queues, by cycle
    std::map<link_end, std::uint64_t> wires_;     // when they are free
    std::map<link_end, std::uint64_t> received_;  // until then; they keep their order
    std::uint64_t end_ = 0;
};

} // namespace groq::collectives
