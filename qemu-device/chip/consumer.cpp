// SPDX-License-Identifier: MIT
#include "consumer.hpp"

#include <cstring>

namespace groq::chip {

// A stream that an instruction names twice is consumed once.
const uint8_t *consumer::check(uint32_t stream, const uint8_t *value) {
    for (uint32_t i = 0; i < taken_; ++i)
        if (checked_[i].value == value)
            return checked_[i].bytes;
    checked_operand &taken = checked_[taken_++];
    taken.value = value;
    taken.stream = stream;
    taken.corrected = taken.uncorrectable = 0;
    correct(taken);
    return taken.bytes;
}

void consumer::correct(checked_operand &taken) const {
    std::memcpy(taken.bytes, taken.value, GROQ_VECTOR_BYTES);
    for (uint32_t lane = 0; lane < powered_; lane += GROQ_TILE_LANES) {
        codeword left = streams_.error_of(taken.value + lane);
        soundness s = correct_secded(left);
        taken.corrected += s == soundness::corrected;
        taken.uncorrectable += s == soundness::uncorrectable;
        flip_data(taken.bytes + lane, left);
    }
}

// An instruction that ends so has consumed only what was settled.
static bool precedes_ecc(uint32_t cause) {
    return cause == GROQ_FAULT_POWER || cause == GROQ_FAULT_ILLEGAL ||
           cause == GROQ_FAULT_STREAM_EMPTY;
}

trouble consumer::count(const trouble &t) {
    uint32_t consumed = precedes_ecc(t.cause) ? settled_ : taken_;
    const checked_operand *first = nullptr;
    for (uint32_t i = 0; i < consumed; ++i) {
        tally_.ecc_corrected += checked_[i].corrected;
        tally_.ecc_uncorrected += checked_[i].uncorrectable;
        if (checked_[i].uncorrectable && !first)
            first = &checked_[i];
    }
    return first ? trouble{GROQ_FAULT_ECC, first->stream, no_address} : t;
}

} // namespace groq::chip
