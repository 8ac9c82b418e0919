// SPDX-License-Identifier: MIT
//
// The calls by their fields: what is sensible in each, and each wrong at times.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "dice.hpp"
#include "memory.hpp"

namespace groq::fuzz {

enum class meaning : std::uint8_t {
    zero, // must be: reserved, flags that there are none of
    id,   // of a context, a queue, a buffer, a syncobj; they are small
    bit,  // 0 or 1
    one,
    link,
    param,
    priority,
    bytes,    // of host memory
    pages,    // of host memory, whole
    pages_at, // user pointer to those
    fixed_at, // user pointer to what is registered with the ring
    sram,     // address
    vectors,  // bytes of SRAM
    row,      // bytes of a piece
    offset,   // in a buffer
    stride,
    point,
    count,    // of an array that comes next
    few,      // the same, mostly none
    commands, // user pointer to an array
    links,    // the same, to be filled
    syncs,    // the same
    copy_type,
    run_type,
    cycles,
    tag,
    events,
    output,
};

struct field {
    std::size_t offset, size;
    meaning what;
};

struct call {
    unsigned long request; // of the ioctl, or opcode of io_uring
    std::size_t size;
    std::span<const field> fields;
    int weight;
};

std::span<const call> ioctls();
std::span<const call> uring_calls();

// One of them, by weight.
const call &choose(dice &roll, std::span<const call> calls);

// The argument of a call: most fields sensible, each of the rest anything.
std::vector<std::byte> fill(dice &roll, const call &which, memory &own);

} // namespace groq::fuzz
