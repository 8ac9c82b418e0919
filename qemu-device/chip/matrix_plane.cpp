// SPDX-License-Identifier: MIT
#include "matrix_plane.hpp"

#include <bit>
#include <cstring>

#include "floats.hpp"

namespace groq::chip {

constexpr uint8_t sign_bit = 0x80;

using stage = matrix_result::stage;

void matrix_plane::clear() {
    array_.clear();
    for (matrix_result &r : ring_)
        r.at = stage::empty;
    live_.reset();
}

static void copy_flipped(const uint8_t *from, uint8_t flip, matrix_activations &to) {
    for (uint32_t lane = 0; lane < GROQ_LANES; ++lane)
        to.lane[lane] = from[lane] ^ flip;
}

void matrix_plane::activate(uint64_t cycle, uint32_t type,
                            const uint8_t *const *streams, uint32_t powered) {
    uint64_t leaves = cycle + GROQ_DELAY_MXM_MULTIPLY;
    matrix_result &r = ring_[leaves % ring_size];
    r.leaves = leaves;
    r.at = stage::waiting;
    r.type = static_cast<uint8_t>(type);
    r.powered = powered;
    copy_flipped(streams[0], type == GROQ_TYPE_I8 ? sign_bit : 0, r.low);
    if (type == GROQ_TYPE_F16)
        copy_flipped(streams[1], 0, r.high);
}

bool matrix_plane::has_result(uint64_t cycle) const {
    const matrix_result &r = result(cycle);
    return r.at != stage::empty && r.leaves == cycle;
}

const matrix_result &matrix_plane::result(uint64_t cycle) const {
    return ring_[cycle % ring_size];
}

void matrix_plane::multiply_waiting_bytes() {
    std::array<matrix_result *, ring_size> waiting;
    std::array<const matrix_activations *, ring_size> activations;
    std::array<matrix_sums *, ring_size> sums;
    size_t count = 0;
    for (matrix_result &r : ring_) {
        if (!r.waits_for_bytes())
            continue;
        activations[count] = &r.low;
        sums[count] = &r.sums;
        waiting[count++] = &r;
    }
    if (count == 0)
        return;
    multiply_(array_.weights(), activations.data(), sums.data(), count);
    for (size_t n = 0; n < count; ++n) {
        waiting[n]->at = stage::multiplied;
        if (waiting[n]->type == GROQ_TYPE_I8)
            correct_sign(*waiting[n]);
    }
}

// A signed lane went in with 128 added to it.
void matrix_plane::correct_sign(matrix_result &r) {
    const matrix_sums &surplus = row_sums();
    for (uint32_t lane = 0; lane < GROQ_LANES; ++lane)
        r.sums.lane[lane] -= surplus.lane[lane];
}

const matrix_sums &matrix_plane::row_sums() {
    if (row_sums_version_ != array_.version()) {
        matrix_activations surplus;
        surplus.lane.fill(sign_bit);
        const matrix_activations *in = &surplus;
        matrix_sums *out = &row_sums_;
        multiply_(array_.weights(), &in, &out, 1);
        row_sums_version_ = array_.version();
    }
    return row_sums_;
}

// Modulo 2^32.
static uint32_t add_lane(uint32_t a, uint32_t b) {
    return a + b;
}

static float add_lane(float a, float b) {
    return canonical(a + b);
}

template <class T>
static void add_sums(lanes &to, const matrix_sums &sums) {
    for (uint32_t lane = 0; lane < GROQ_LANES; ++lane) {
        T sum;
        std::memcpy(&sum, to.bytes + lane * sizeof(sum), sizeof(sum));
        sum = add_lane(sum, std::bit_cast<T>(sums.lane[lane]));
        std::memcpy(to.bytes + lane * sizeof(sum), &sum, sizeof(sum));
    }
}

static void clear_from(uint32_t powered, void *lanes_of_4) {
    if (powered < GROQ_LANES)
        std::memset(static_cast<uint8_t *>(lanes_of_4) + powered * 4, 0,
                    (GROQ_LANES - powered) * 4);
}

// What no accumulate has touched is zero, and no dot product is -0.
const lanes &matrix_plane::accumulate(uint64_t cycle, const accumulation &how) {
    matrix_result &r = ring_[cycle % ring_size];
    auto entry = static_cast<uint32_t>(how.entry);
    lanes &sum = accumulators_[entry];
    clear_from(r.powered, r.sums.lane.data());
    if (!how.add || !live_[entry])
        std::memcpy(sum.bytes, r.sums.lane.data(), sizeof(sum.bytes));
    else if (r.type == GROQ_TYPE_F16)
        add_sums<float>(sum, r.sums);
    else
        add_sums<uint32_t>(sum, r.sums);
    clear_from(how.powered, sum.bytes);
    live_.set(entry);
    r.at = stage::empty;
    return sum;
}

uint32_t matrix_plane::results_under_way() const {
    uint32_t count = 0;
    for (const matrix_result &r : ring_)
        count += r.at != stage::empty;
    return count;
}

void matrix_plane::serialize(archive &a, uint64_t cycle) {
    array_.serialize(a, cycle);
    serialize_ring(a, cycle);
    serialize_accumulators(a);
}

void matrix_plane::serialize_ring(archive &a, uint64_t cycle) {
    for (uint32_t i = 0; i < ring_size; ++i) {
        matrix_result &r = ring_[i];
        a.value(r.at);
        a.require(r.at <= stage::multiplied);
        if (!a.good() || r.at == stage::empty)
            continue;
        a.values(r.leaves, r.type, r.low.lane);
        a.below(r.powered, GROQ_LANES + 1);
        a.require(r.type == GROQ_TYPE_I8 || r.type == GROQ_TYPE_U8 ||
                  r.type == GROQ_TYPE_F16);
        a.require(r.leaves % ring_size == i && r.leaves >= cycle &&
                  r.leaves - cycle < ring_size);
        if (r.type == GROQ_TYPE_F16)
            a.value(r.high.lane);
        if (r.at == stage::multiplied)
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
