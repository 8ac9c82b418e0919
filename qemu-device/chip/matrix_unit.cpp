// SPDX-License-Identifier: MIT
#include "matrix_unit.hpp"

namespace groq::chip {

void matrix_unit::clear() {
    for (matrix_plane &p : planes_)
        p.clear();
    taken_until_ = 0;
}

void matrix_unit::load(uint32_t plane, uint32_t block, const uint8_t *const *rows) {
    planes_[plane].array().load(block, rows);
}

trouble matrix_unit::install(uint32_t plane, uint64_t cycle, uint32_t powered) {
    settle(plane, cycle);
    return planes_[plane].array().install(cycle, powered);
}

trouble matrix_unit::install_block(uint32_t plane, uint64_t cycle, uint32_t block,
                                   const uint8_t *const *rows) {
    settle(plane, cycle);
    return planes_[plane].array().install_block(cycle, block, rows);
}

// What was activated before goes with the array of its time.
void matrix_unit::settle(uint32_t plane, uint64_t cycle) {
    matrix_array &array = planes_[plane].array();
    if (!array.is_due(cycle))
        return;
    planes_[plane].multiply_waiting_bytes();
    multiply_waiting_halves();
    array.settle(cycle);
}

trouble matrix_unit::activate(uint32_t plane, uint64_t cycle, uint32_t type,
                              const uint8_t *const *streams, uint32_t powered) {
    if (cycle < taken_until_)
        return {GROQ_FAULT_MXM_CONFLICT, 0, no_address};
    settle(plane, cycle);
    if (type == GROQ_TYPE_F16) {
        settle(plane + 1, cycle);
        taken_until_ = cycle + GROQ_MXM_F16_CYCLES;
    }
    planes_[plane].activate(cycle, type, streams, powered);
    return no_trouble;
}

trouble matrix_unit::accumulate(uint32_t plane, uint64_t cycle, uint32_t type,
                                const accumulation &how, const lanes *&value) {
    matrix_plane &p = planes_[plane];
    const matrix_result &r = p.result(cycle);
    bool is_there = p.has_result(cycle);
    if (is_there && (r.type == GROQ_TYPE_F16) != (type == GROQ_TYPE_F32))
        return {GROQ_FAULT_ILLEGAL, 0, no_address};
    if (how.entry < 0 || how.entry >= GROQ_MXM_ACCUMULATORS)
        return {GROQ_FAULT_ADDRESS, static_cast<uint32_t>(how.entry), no_address};
    if (!is_there)
        return {GROQ_FAULT_MXM_EMPTY, 0, no_address};
    if (r.waits_for_halves())
        multiply_waiting_halves();
    else if (r.waits_for_bytes())
        p.multiply_waiting_bytes();
    value = &p.accumulate(cycle, how);
    return no_trouble;
}

void matrix_unit::multiply_waiting_halves() {
    std::array<half_activations, matrix_plane::ring_size> activations;
    std::array<matrix_sums *, matrix_plane::ring_size> sums;
    size_t count = 0;
    for (matrix_result &r : planes_[0].results()) {
        if (!r.waits_for_halves())
            continue;
        join_halves(r.low, r.high, activations[count]);
        sums[count++] = &r.sums;
        r.at = matrix_result::stage::multiplied;
    }
    if (count)
        multiply_(joined_weights(), activations.data(), sums.data(), count);
}

const half_weights &matrix_unit::joined_weights() {
    matrix_array &low = planes_[0].array(), &high = planes_[1].array();
    const matrix_weights &low_weights = low.weights(), &high_weights = high.weights();
    for (uint32_t b = 0; b < matrix_weights::blocks; ++b) {
        std::array<uint64_t, GROQ_MXM_PLANES> now = {low.version(b), high.version(b)};
        if (joined_version_[b] == now)
            continue;
        join_halves(low_weights.block[b], high_weights.block[b], joined_.block[b]);
        joined_version_[b] = now;
    }
    return joined_;
}

uint32_t matrix_unit::results_under_way() const {
    uint32_t count = 0;
    for (const matrix_plane &p : planes_)
        count += p.results_under_way();
    return count;
}

void matrix_unit::serialize(archive &a, uint64_t cycle) {
    for (matrix_plane &p : planes_)
        p.serialize(a, cycle);
    a.value(taken_until_);
    a.require(taken_until_ < cycle + GROQ_MXM_F16_CYCLES);
}

} // namespace groq::chip
