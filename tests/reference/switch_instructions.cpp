// SPDX-License-Identifier: MIT
// docs/isa.md 5.4: the units of the SXM.
#include "machine.hpp"

namespace groq::reference {
namespace {

unsigned superlane_of(unsigned lane) {
    return lane / GROQ_TILE_LANES;
}

} // namespace

void machine::execute_switch(const issue &i) {
    switch (i.what.of->opcode) {
    case GROQ_OPCODE_SHIFT_UP:
        return shift(i, +1);
    case GROQ_OPCODE_SHIFT_DOWN:
        return shift(i, -1);
    case GROQ_OPCODE_SELECT:
        return select(i);
    case GROQ_OPCODE_PERMUTE:
        return permute(i);
    case GROQ_OPCODE_DISTRIBUTE:
        return distribute(i);
    case GROQ_OPCODE_ROTATE:
        return rotate(i);
    default:
        return transpose(i);
    }
}

// @north: +1 if values go to higher lanes, -1 if to lower ones.
void machine::shift(const issue &i, int north) {
    unsigned bytes = bytes_of_type(i["type"]);
    need(i, i["from"], bytes);
    lanes32 from = take_typed(i, i["from"], bytes);
    need_correct();
    lanes32 to{};
    for (int lane = 0; lane < GROQ_LANES; ++lane) {
        int source = lane - north * static_cast<int>(i.at("lanes"));
        if (source >= 0 && source < GROQ_LANES)
            to[static_cast<size_t>(lane)] = from[static_cast<size_t>(source)];
    }
    drive_typed(i, i["to"], bytes, to);
}

void machine::select(const issue &i) {
    unsigned bytes = bytes_of_type(i["type"]);
    need(i, i["from"], bytes);
    need(i, i["north"], bytes);
    need(i, i["south"], bytes);
    need(i, i["map"]);
    lanes32 center = take_typed(i, i["from"], bytes);
    lanes32 north = take_typed(i, i["north"], bytes);
    lanes32 south = take_typed(i, i["south"], bytes);
    vector map = take(i, i["map"]);
    need_correct();
    lanes32 to{};
    for (unsigned lane = 0; lane < GROQ_LANES; ++lane) {
        if (!i.powers(lane))
            continue;
        switch (map.lanes[lane]) {
        case GROQ_SELECT_CENTER:
            to[lane] = center[lane];
            break;
        case GROQ_SELECT_NORTH:
            to[lane] = north[lane];
            break;
        case GROQ_SELECT_SOUTH:
            to[lane] = south[lane];
            break;
        default:
            throw trap{GROQ_FAULT_MAP, ~uint64_t{0}, lane};
        }
    }
    drive_typed(i, i["to"], bytes, to);
}

void machine::permute(const issue &i) {
    unsigned bytes = bytes_of_type(i["type"]);
    need(i, i["from"], bytes);
    need(i, i["map"], 2);
    lanes32 from = take_typed(i, i["from"], bytes);
    lanes32 map = take_typed(i, i["map"], 2);
    need_correct();
    lanes32 to{};
    std::set<uint32_t> seen;
    for (unsigned lane = 0; lane < i.superlanes * GROQ_TILE_LANES; ++lane) {
        uint32_t source = map[lane];
        if (source >= i.superlanes * GROQ_TILE_LANES || !seen.insert(source).second)
            throw trap{GROQ_FAULT_MAP, ~uint64_t{0}, lane};
        to[lane] = from[source];
    }
    drive_typed(i, i["to"], bytes, to);
}

void machine::distribute(const issue &i) {
    unsigned bytes = bytes_of_type(i["type"]);
    need(i, i["from"], bytes);
    need(i, i["map"]);
    lanes32 from = take_typed(i, i["from"], bytes);
    vector map = take(i, i["map"]);
    need_correct();
    lanes32 to{};
    for (unsigned lane = 0; lane < GROQ_LANES; ++lane) {
        unsigned source = map.lanes[lane];
        if (!i.powers(lane) || source >= GROQ_DISTRIBUTE_ZERO)
            continue;
        if (source >= GROQ_TILE_LANES)
            throw trap{GROQ_FAULT_MAP, ~uint64_t{0}, lane};
        to[lane] = from[superlane_of(lane) * GROQ_TILE_LANES + source];
    }
    drive_typed(i, i["to"], bytes, to);
}

void machine::rotate(const issue &i) {
    unsigned n = i["n"];
    need(i, i["from"], n);
    std::vector<vector> from, to;
    for (unsigned k = 0; k < n; ++k)
        from.push_back(take(i, i["from"] + k));
    need_correct();
    for (unsigned k = 0; k < n; ++k)
        for (unsigned j = 0; j < n; ++j) {
            vector rotated;
            for (unsigned lane = 0; lane < GROQ_LANES; ++lane) {
                unsigned in_superlane = lane % GROQ_TILE_LANES;
                unsigned group = in_superlane / n, c = in_superlane % n;
                if ((group + 1) * n > GROQ_TILE_LANES)
                    continue; // in no group
                unsigned first = superlane_of(lane) * GROQ_TILE_LANES + group * n;
                rotated.lanes[lane] = from[k].lanes[first + (c + j) % n];
            }
            to.push_back(rotated);
        }
    drive(i, i["to"], std::move(to));
}

void machine::transpose(const issue &i) {
    need(i, i["from"], GROQ_TILE_LANES);
    std::vector<vector> from, to(GROQ_TILE_LANES);
    for (unsigned n = 0; n < GROQ_TILE_LANES; ++n)
        from.push_back(take(i, i["from"] + n));
    need_correct();
    for (unsigned tile = 0; tile < GROQ_TILES; ++tile)
        for (unsigned j = 0; j < GROQ_TILE_LANES; ++j)
            for (unsigned l = 0; l < GROQ_TILE_LANES; ++l)
                to[j].lanes[tile * GROQ_TILE_LANES + l] =
                    from[l].lanes[tile * GROQ_TILE_LANES + j];
    drive(i, i["to"], std::move(to));
}

} // namespace groq::reference
