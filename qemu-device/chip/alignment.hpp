// SPDX-License-Identifier: MIT
// The exchange of hardware-aligned counters by a link, docs/hardware.md section 7.3:
// what many samples of the way there and back come to.
#ifndef GROQ_CHIP_ALIGNMENT_HPP
#define GROQ_CHIP_ALIGNMENT_HPP

#include "cable.hpp"

namespace groq::chip {

// The HAC: at fabric time T it is (base + T) mod period.
struct aligned_counter {
    uint32_t base;
    uint32_t period;

    uint32_t at(uint64_t time) const {
        return static_cast<uint32_t>((base % period + time % period) % period);
    }
};

// @there and @back: directions. @samples: not 0.
aligned_body exchange_counters(const cable &by, uint64_t there, uint64_t back,
                               uint32_t samples, const aligned_counter &own);

// How far the peer is ahead of @own, between half a period behind and ahead, as
// @samples that came to @seen tell it: the ways are taken to be equally long.
int32_t offset_of(const aligned_body &seen, uint32_t samples,
                  const aligned_counter &own);

// Whether they can be what @samples come to.
bool is_plausible(const aligned_body &seen, uint32_t samples);

} // namespace groq::chip

#endif
