// SPDX-License-Identifier: MIT
// docs/isa.md 5.2: the planes of the MXM.
#include <algorithm>

#include "machine.hpp"
#include "numbers.hpp"

namespace groq::reference {
namespace {

unsigned plane_number(unsigned icu) {
    return (icu - GROQ_ICU_MXM(GROQ_WEST, 0)) % GROQ_MXM_ICUS / 3;
}

constexpr unsigned block_rows = 16;

bool within_two_cycles(const std::optional<uint64_t> &before, uint64_t cycle) {
    return before && cycle - *before <= 2;
}

} // namespace

machine::plane &machine::plane_of(unsigned icu, unsigned number) {
    unsigned hemisphere = icu >= GROQ_ICU_MXM(GROQ_EAST, 0) ? GROQ_EAST : GROQ_WEST;
    return planes_[hemisphere * GROQ_MXM_PLANES + number];
}

void machine::execute_matrix(const issue &i) {
    plane &p = plane_of(i.icu, plane_number(i.icu));
    switch (i.what.of->opcode) {
    case GROQ_OPCODE_LW:
        return load_weights(i, p);
    case GROQ_OPCODE_IW:
        return install(i, p);
    case GROQ_OPCODE_IW_STREAM:
        return stream_weights(i, p);
    case GROQ_OPCODE_ABC:
        return activate(i, p);
    default:
        return accumulate(i, p);
    }
}

void machine::load_weights(const issue &i, plane &p) {
    int64_t block = i.stepped("block", "step");
    if (block >= GROQ_TILES)
        throw trap{GROQ_FAULT_ADDRESS, ~uint64_t{0}, static_cast<uint32_t>(block)};
    std::vector<vector> rows = take_rows(i);
    schedule(i, delay_of(i), [&p, rows, block] {
        for (unsigned n = 0; n < block_rows; ++n)
            p.buffer[static_cast<size_t>(block * block_rows + n)] = rows[n].lanes;
    });
}

std::vector<vector> machine::take_rows(const issue &i) {
    need(i, i["stream"], block_rows);
    std::vector<vector> rows;
    for (unsigned n = 0; n < block_rows; ++n)
        rows.push_back(take(i, i["stream"] + n));
    need_correct();
    return rows;
}

void machine::install(const issue &i, plane &p) {
    if (within_two_cycles(p.installed, cycle_) || within_two_cycles(p.streamed, cycle_))
        throw trap{GROQ_FAULT_MXM_CONFLICT};
    p.installed = cycle_;
    plane::rows weights = p.buffer;
    for (auto &row : weights)
        for (unsigned lane = 0; lane < GROQ_LANES; ++lane)
            if (!i.powers(lane))
                row[lane] = 0;
    schedule(i, delay_of(i), [&p, weights = std::move(weights)] { p.array = weights; });
}

void machine::stream_weights(const issue &i, plane &p) {
    int64_t block = i.stepped("block", "step");
    if (block >= GROQ_TILES)
        throw trap{GROQ_FAULT_ADDRESS, ~uint64_t{0}, static_cast<uint32_t>(block)};
    std::vector<vector> rows = take_rows(i);
    if (within_two_cycles(p.installed, cycle_))
        throw trap{GROQ_FAULT_MXM_CONFLICT};
    p.streamed = cycle_;
    schedule(i, delay_of(i), [&p, rows, block] {
        for (unsigned n = 0; n < block_rows; ++n)
            p.array[static_cast<size_t>(block * block_rows + n)] = rows[n].lanes;
    });
}

void machine::activate(const issue &i, plane &p) {
    unsigned type = i["type"];
    unsigned bytes = bytes_of_type(type);
    plane &low = plane_of(i.icu, 0), &high = plane_of(i.icu, 1);
    need(i, i["stream"], bytes);
    lanes32 activations = take_typed(i, i["stream"], bytes);
    need_correct();
    if (low.half_activated && cycle_ - *low.half_activated < GROQ_MXM_F16_CYCLES)
        throw trap{GROQ_FAULT_MXM_CONFLICT};
    lanes32 sums{};
    for (unsigned n = 0; n < GROQ_LANES; ++n) {
        if (!i.powers(n))
            continue;
        if (type == GROQ_TYPE_F16) {
            std::vector<uint16_t> a, b;
            for (unsigned lane = 0; lane < GROQ_LANES; ++lane) {
                a.push_back(static_cast<uint16_t>(activations[lane]));
                b.push_back(static_cast<uint16_t>(low.array[n][lane] |
                                                  high.array[n][lane] << 8));
            }
            sums[n] = dot_of_halves(a, b);
            continue;
        }
        int64_t sum = 0;
        for (unsigned lane = 0; lane < GROQ_LANES; ++lane)
            sum += integer_of(type, activations[lane]) *
                   integer_of(GROQ_TYPE_I8, p.array[n][lane]);
        sums[n] = low_bits(GROQ_TYPE_I32, sum);
    }
    if (type == GROQ_TYPE_F16)
        low.half_activated = cycle_;
    unsigned result = type == GROQ_TYPE_F16 ? GROQ_TYPE_F32 : GROQ_TYPE_I32;
    schedule(i, delay_of(i), [&p, i, sums, result] {
        p.leaving = product{sums, result, i};
    });
}

void machine::accumulate(const issue &i, plane &p) {
    std::optional<product> taken;
    std::swap(taken, p.leaving);
    unsigned type = i["type"];
    if (taken && taken->type != type)
        throw trap{GROQ_FAULT_ILLEGAL};
    int64_t entry = i.stepped("entry", "step");
    if (entry < 0 || entry >= GROQ_MXM_ACCUMULATORS)
        throw trap{GROQ_FAULT_ADDRESS, ~uint64_t{0}, static_cast<uint32_t>(entry)};
    if (!taken)
        throw trap{GROQ_FAULT_MXM_EMPTY};
    lanes32 &sums = p.accumulators[static_cast<unsigned>(entry)];
    bool adds = i.at("add") || wrong_.accumulators_always_add;
    for (unsigned lane = 0; lane < GROQ_LANES; ++lane) {
        if (!i.powers(lane))
            sums[lane] = 0;
        else if (adds)
            sums[lane] =
                compute(GROQ_OPCODE_ADD_MOD, type, sums[lane], taken->values[lane], 0);
        else
            sums[lane] = taken->values[lane];
    }
    if (i.at("emit"))
        drive_typed(i, i["stream"], 4, sums);
}

} // namespace groq::reference
