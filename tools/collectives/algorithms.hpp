// SPDX-License-Identifier: MIT
//
// How collectives are done, each in a file of its own. They place instructions from
// `ready` on, tensors included, and return when all is done.
#pragma once

#include "collectives/collective.hpp"

namespace groq::collectives {

// Of a block that every card has once for itself; the others are scratch.
struct job {
    distributed_program &program;
    operation what;
    payload data; // as ALL_REDUCE sees it: all blocks
    unsigned root = 0;
    unsigned target = 0;
};

std::uint64_t emit_along_tree(job of, std::uint64_t ready); // SEND, BROADCAST
std::uint64_t emit_direct(job of, std::uint64_t ready);     // ALL_REDUCE
std::uint64_t emit_tree(job of, std::uint64_t ready);       // ALL_REDUCE
std::uint64_t emit_exchange(job of, std::uint64_t ready);
std::uint64_t emit_ring(job of, std::uint64_t ready);
std::uint64_t emit_three_stage(job of, std::uint64_t ready); // ALL_REDUCE
bool has_three_stages(const network &wires);

} // namespace groq::collectives
