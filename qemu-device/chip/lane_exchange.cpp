// SPDX-License-Identifier: MIT
#include "lane_exchange.hpp"

#include <bitset>

#include "lane_kernels.hpp"

namespace groq::chip {

constexpr size_t widest = 4; // bytes of a value
constexpr size_t tile_lanes = GROQ_TILE_LANES;

static int32_t position_of(uint32_t icu) {
    return icu < GROQ_ICU_SXM(GROQ_EAST, 0) ? -GROQ_POSITION_SXM : GROQ_POSITION_SXM;
}

static trouble no_such_lane(uint32_t lane) {
    return {GROQ_FAULT_MAP, lane, no_address};
}

trouble lane_exchange::execute(const instruction &i, const issue &at) {
    switch (i.opcode) {
    case GROQ_OPCODE_SELECT:
        return select(i.select, at);
    case GROQ_OPCODE_PERMUTE:
        return permute(i.rearrange, at);
    case GROQ_OPCODE_DISTRIBUTE:
        return distribute(i.rearrange, at);
    case GROQ_OPCODE_ROTATE:
        return rotate(i.rotate, at);
    case GROQ_OPCODE_TRANSPOSE:
        return transpose(i.transpose, at);
    default:
        return shift(i.opcode, i.shift, at);
    }
}

template <size_t most>
trouble lane_exchange::sample(uint32_t first, uint32_t count, const issue &at,
                              operands<most> &bytes) {
    return consumer_.take(first, std::span(bytes).first(count), position_of(at.by.icu),
                          at.cycle);
}

template <size_t most>
lane_exchange::targets<most> lane_exchange::drive(uint32_t first, uint32_t count,
                                                  const issue &at, groq_opcode opcode) {
    targets<most> bytes;
    uint64_t then = at.cycle + delay_of(opcode);
    for (uint32_t i = 0; i < count; ++i)
        bytes[i] = streams_.drive(first + i, position_of(at.by.icu), then, at.by);
    return bytes;
}

trouble lane_exchange::shift(groq_opcode opcode, const shift_fields &f,
                             const issue &at) {
    uint32_t width = width_of(f.type);
    operands<widest> from;
    if (trouble t = sample(f.from, width, at, from))
        return t;
    auto to = drive<widest>(f.to, width, at, opcode);
    auto move = opcode == GROQ_OPCODE_SHIFT_UP ? shift_up : shift_down;
    for (uint32_t i = 0; i < width; ++i)
        move(from[i], f.lanes, at.powered, to[i]);
    return no_trouble;
}

// Looks for the lane only once it is known to be there: almost never.
template <class Condition>
static trouble check_map(const uint8_t *map, uint32_t powered, Condition is_bad) {
    bool any = false;
    for (uint32_t lane = 0; lane < powered; ++lane)
        any |= is_bad(map[lane]);
    uint32_t lane = 0;
    while (any && !is_bad(map[lane]))
        ++lane;
    return any ? no_such_lane(lane) : no_trouble;
}

static bool selects_nothing(uint8_t number) {
    return number > GROQ_SELECT_SOUTH;
}

static bool distributes_nothing(uint8_t number) {
    return number >= GROQ_TILE_LANES && number < GROQ_DISTRIBUTE_ZERO;
}

trouble lane_exchange::select(const select_fields &f, const issue &at) {
    uint32_t width = width_of(f.type);
    operands<widest> from, north, south;
    operands<1> map;
    if (trouble t = sample(f.from, width, at, from))
        return t;
    if (trouble t = sample(f.north, width, at, north))
        return t;
    if (trouble t = sample(f.south, width, at, south))
        return t;
    if (trouble t = sample(f.map, 1, at, map))
        return t;
    if (trouble t = check_map(map[0], at.powered, selects_nothing))
        return t;
    auto to = drive<widest>(f.to, width, at, GROQ_OPCODE_SELECT);
    for (uint32_t i = 0; i < width; ++i)
        select_lanes({from[i], north[i], south[i]}, map[0], at.powered, to[i]);
    return no_trouble;
}

static trouble check_permutation(const lane_numbers &map, uint32_t powered) {
    std::bitset<GROQ_LANES> seen;
    for (uint32_t lane = 0; lane < powered; ++lane) {
        if (map[lane] >= powered || seen[map[lane]])
            return no_such_lane(lane);
        seen[map[lane]] = true;
    }
    return no_trouble;
}

trouble lane_exchange::permute(const rearrange_fields &f, const issue &at) {
    uint32_t width = width_of(f.type);
    operands<widest> from;
    operands<2> map;
    if (trouble t = sample(f.from, width, at, from))
        return t;
    if (trouble t = sample(f.map, 2, at, map))
        return t;
    lane_numbers numbers;
    for (uint32_t lane = 0; lane < GROQ_LANES; ++lane)
        numbers[lane] = static_cast<uint16_t>(map[0][lane] | map[1][lane] << 8);
    if (trouble t = check_permutation(numbers, at.powered))
        return t;
    auto to = drive<widest>(f.to, width, at, GROQ_OPCODE_PERMUTE);
    for (uint32_t i = 0; i < width; ++i)
        permute_lanes(from[i], numbers, at.powered, to[i]);
    return no_trouble;
}

trouble lane_exchange::distribute(const rearrange_fields &f, const issue &at) {
    uint32_t width = width_of(f.type);
    operands<widest> from;
    operands<1> map;
    if (trouble t = sample(f.from, width, at, from))
        return t;
    if (trouble t = sample(f.map, 1, at, map))
        return t;
    if (trouble t = check_map(map[0], at.powered, distributes_nothing))
        return t;
    auto to = drive<widest>(f.to, width, at, GROQ_OPCODE_DISTRIBUTE);
    for (uint32_t i = 0; i < width; ++i)
        distribute_lanes(from[i], map[0], at.powered, to[i]);
    return no_trouble;
}

trouble lane_exchange::rotate(const rotate_fields &f, const issue &at) {
    operands<4> from;
    if (trouble t = sample(f.from, f.n, at, from))
        return t;
    auto to = drive<16>(f.to, f.n * f.n, at, GROQ_OPCODE_ROTATE);
    for (uint32_t i = 0; i < f.n; ++i)
        for (uint32_t by = 0; by < f.n; ++by)
            rotate_lanes(from[i], f.n, by, at.powered, to[f.n * i + by]);
    return no_trouble;
}

trouble lane_exchange::transpose(const transpose_fields &f, const issue &at) {
    operands<tile_lanes> from;
    if (trouble t = sample(f.from, GROQ_TILE_LANES, at, from))
        return t;
    auto to = drive<tile_lanes>(f.to, GROQ_TILE_LANES, at, GROQ_OPCODE_TRANSPOSE);
    transpose_lanes(from, at.powered, to);
    return no_trouble;
}

} // namespace groq::chip
