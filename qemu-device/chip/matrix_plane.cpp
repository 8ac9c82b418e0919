// SPDX-License-Identifier: MIT
#include "matrix_plane.hpp"

#include <cstring>

namespace groq::chip {

constexpr uint8_t sign_bit = 0x80;

void matrix_plane::clear() {
    loaded_.reset();
    is_stale_ = {true, true};
    active_ = 0;
    installing_ = has_row_sums_ = false;
    for (result &r : ring_)
        r.stage = result_stage::empty;
    live_.reset();
}

void matrix_plane::load(uint32_t block, const uint8_t *const *rows) {
    pack_block(rows, buffer_.block[block]);
    loaded_.set(block);
}

trouble matrix_plane::install(uint64_t cycle) {
    if (installing_ && cycle < installed_at_)
        return {GROQ_FAULT_MXM_CONFLICT, 0, no_address};
    finish_install(cycle);
    for (uint32_t b = 0; b < blocks; ++b) {
        if (loaded_[b])
            next_array().block[b] = buffer_.block[b];
        else
            next_array().block[b].fill(0);
    }
    is_stale_[1 - active_] = false;
    installing_ = true;
    installed_at_ = cycle + GROQ_DELAY_MXM_INSTALL;
    return no_trouble;
}

// What was activated before goes with the array of its time.
void matrix_plane::finish_install(uint64_t cycle) {
    if (!installing_ || cycle < installed_at_)
        return;
    multiply_waiting();
    active_ = 1 - active_;
    installing_ = has_row_sums_ = false;
}

void matrix_plane::activate(uint64_t cycle, uint32_t type, const uint8_t *activations) {
    finish_install(cycle);
    uint64_t leaves = cycle + GROQ_DELAY_MXM_MULTIPLY;
    result &r = ring_[leaves % ring_size];
    r.leaves = leaves;
    r.stage = result_stage::waiting;
    r.is_signed = type == GROQ_TYPE_I8;
    uint8_t flip = r.is_signed ? sign_bit : 0;
    for (uint32_t lane = 0; lane < GROQ_LANES; ++lane)
        r.activations.lane[lane] = activations[lane] ^ flip;
}

bool matrix_plane::has_result(uint64_t cycle) const {
    const result &r = ring_[cycle % ring_size];
    return r.stage != result_stage::empty && r.leaves == cycle;
}

const matrix_weights &matrix_plane::fresh_array() {
    if (is_stale_[active_])
        arrays_[active_].block = {};
    is_stale_[active_] = false;
    return arrays_[active_];
}

void matrix_plane::multiply_waiting() {
    std::array<const matrix_activations *, ring_size> activations;
    std::array<matrix_sums *, ring_size> sums;
    size_t count = 0;
    for (result &r : ring_) {
        if (r.stage != result_stage::waiting)
            continue;
        activations[count] = &r.activations;
        sums[count++] = &r.sums;
    }
    if (count == 0)
        return;
    multiply_(fresh_array(), activations.data(), sums.data(), count);
    for (result &r : ring_) {
        if (r.stage == result_stage::waiting && r.is_signed)
            correct_sign(r);
        r.stage = r.stage == result_stage::waiting ? result_stage::multiplied : r.stage;
    }
}

// A signed lane went in with 128 added to it.
void matrix_plane::correct_sign(result &r) {
    const matrix_sums &surplus = row_sums();
    for (uint32_t lane = 0; lane < GROQ_LANES; ++lane)
        r.sums.lane[lane] -= surplus.lane[lane];
}

const matrix_sums &matrix_plane::row_sums() {
    if (!has_row_sums_) {
        matrix_activations surplus;
        surplus.lane.fill(sign_bit);
        const matrix_activations *in = &surplus;
        matrix_sums *out = &row_sums_;
        multiply_(fresh_array(), &in, &out, 1);
        has_row_sums_ = true;
    }
    return row_sums_;
}

// Modulo 2^32.
static void add_sums(lanes &to, const matrix_sums &sums) {
    for (uint32_t lane = 0; lane < GROQ_LANES; ++lane) {
        uint32_t sum;
        std::memcpy(&sum, to.bytes + lane * sizeof(sum), sizeof(sum));
        sum += static_cast<uint32_t>(sums.lane[lane]);
        std::memcpy(to.bytes + lane * sizeof(sum), &sum, sizeof(sum));
    }
}

trouble matrix_plane::accumulate(uint64_t cycle, int32_t entry, bool add,
                                 const lanes *&value) {
    if (entry < 0 || entry >= GROQ_MXM_ACCUMULATORS)
        return {GROQ_FAULT_ADDRESS, static_cast<uint32_t>(entry), no_address};
    if (!has_result(cycle))
        return {GROQ_FAULT_MXM_EMPTY, 0, no_address};
    result &r = ring_[cycle % ring_size];
    if (r.stage == result_stage::waiting)
        multiply_waiting();
    r.stage = result_stage::empty;
    auto at = static_cast<uint32_t>(entry);
    lanes &sum = accumulators_[at];
    if (add && live_[at])
        add_sums(sum, r.sums);
    else
        std::memcpy(sum.bytes, r.sums.lane.data(), sizeof(sum.bytes));
    live_.set(at);
    value = &sum;
    return no_trouble;
}

uint32_t matrix_plane::results_under_way() const {
    uint32_t count = 0;
    for (const result &r : ring_)
        count += r.stage != result_stage::empty;
    return count;
}

void matrix_plane::serialize(archive &a, uint64_t cycle) {
    auto loaded = static_cast<uint32_t>(loaded_.to_ulong());
    a.below(loaded, 1u << blocks);
    loaded_ = loaded;
    a.below(active_, 2);
    a.values(is_stale_[0], is_stale_[1], installing_, installed_at_);
    for (uint32_t b = 0; b < blocks; ++b)
        if (loaded_[b])
            a.value(buffer_.block[b]);
    for (uint32_t i = 0; i < arrays_.size(); ++i)
        if (!is_stale_[i])
            a.value(arrays_[i].block);
    if (a.is_loading())
        has_row_sums_ = false;
    serialize_ring(a, cycle);
    serialize_accumulators(a);
}

void matrix_plane::serialize_ring(archive &a, uint64_t cycle) {
    for (uint32_t i = 0; i < ring_size; ++i) {
        result &r = ring_[i];
        a.value(r.stage);
        a.require(r.stage <= result_stage::multiplied);
        if (!a.good() || r.stage == result_stage::empty)
            continue;
        a.values(r.leaves, r.is_signed, r.activations.lane);
        a.require(r.leaves % ring_size == i && r.leaves >= cycle &&
                  r.leaves - cycle < ring_size);
        if (r.stage == result_stage::multiplied)
            a.value(r.sums.lane);
    }
}

void matrix_plane::serialize_accumulators(archive &a) {
    for (uint32_t entry = 0; entry < GROQ_MXM_ACCUMULATORS; ++entry) {
        bool is_live = live_[entry];
        a.value(is_live);
        live_[entry] = is_live;
        if (is_live)
            a.value(accumulators_[entry].bytes);
    }
}

} // namespace groq::chip
