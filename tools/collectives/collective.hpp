// SPDX-License-Identifier: MIT
//
// Collective operations of all cards of a network, as one program for each card.
// Matrices with `columns` columns are cut into blocks of 320: block i is card i's.
//
//   operation       every card's "x"       every card's "y"
//   SEND            [rows][columns]        of the last card: the first card's x
//   BROADCAST       [rows][columns]        the root's x
//   ALL_GATHER      [rows][320]            [rows][320 * cards]: block i is card i's x
//   REDUCE_SCATTER  [rows][320 * cards]    [rows][320]: its block of the sum
//   ALL_REDUCE      [rows][columns]        the sum
//
// x is an input and y an output; only cards that give have x, only those that get have
// y. I32 is added modulo 2^32. F32 is added from the first to the last term, each sum
// rounded once, and every card gets the same bits. The terms are in the order of
//   DIRECT, EXCHANGE  the cards: 0, 1, 2, ...
//   TREE              a card's own x, then the sums of its children, by links; the
//                     tree is that of spanning_tree(), from the root
//   RING              the ring, from behind the block's owner round to it
//   THREE_STAGE       the nodes of 8 cards; of a node, the cards
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "collectives/card_memory.hpp"
#include "collectives/distributed_program.hpp"

namespace groq::collectives {

enum class operation { SEND, BROADCAST, ALL_GATHER, REDUCE_SCATTER, ALL_REDUCE };

// DIRECT: all to all, one hop. EXCHANGE: each card reduces its block and hands it out,
// two hops. TREE: to the root and back, along the shortest ways, however the cards are
// wired. RING: from neighbour to neighbour. THREE_STAGE: nodes of 8 that are wired with
// one another, three hops. Send and broadcast always go along the shortest ways.
enum class algorithm { BEST, DIRECT, EXCHANGE, TREE, RING, THREE_STAGE };

struct collective_shape {
    operation what = operation::ALL_REDUCE;
    unsigned type = GROQ_TYPE_F32; // GROQ_TYPE_*; I32 or F32 where sums are made
    unsigned rows = 1;
    unsigned columns = GROQ_LANES; // SEND, BROADCAST and ALL_REDUCE alone
    unsigned root = 0;             // that SEND and BROADCAST begin at; of TREE
    unsigned target = 0;           // where SEND ends
    algorithm how = algorithm::BEST;
};

struct collective {
    std::vector<assembly::program> programs; // of the cards
    algorithm how;                           // BEST where there is only one way
    // From the beginning, when all cards are in step, until all of it is done.
    std::uint64_t cycles;
};

// Rows and columns for so many bytes of each card: of x, or of y where that is larger.
// The last row may hold more than that.
collective_shape shape_of(const network &wires, operation what, unsigned type,
                          std::uint64_t bytes);

// Throws std::runtime_error that says why it cannot be done: the network lacks cables
// for it, SRAM is short.
collective make_collective(const network &wires, const collective_shape &shape);

// The cards of a ring, each wired to the next and the last to the first, that begins
// at card 0; empty when there is none or it is not easily found.
std::vector<unsigned> ring_of(const network &wires);
// Whether each card is wired to each.
bool is_fully_connected(const network &wires);
// The link of the card that leads there; the first of several. Throws
// std::runtime_error when none does.
unsigned link_to(const network &wires, unsigned card, unsigned peer);

} // namespace groq::collectives
