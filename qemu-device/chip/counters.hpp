// SPDX-License-Identifier: MIT
// The counters of docs/hardware.md section 4.4: they outlive every reset but
// power-on. Each has one writer at a time; anyone reads.
#ifndef GROQ_CHIP_COUNTERS_HPP
#define GROQ_CHIP_COUNTERS_HPP

#include <array>
#include <atomic>

#include "archive.hpp"

namespace groq::chip {

using counter = std::atomic<uint64_t>;

struct counters {
    counter ecc_corrected{0};
    counter ecc_uncorrected{0};
    counter programs_done{0};
    counter programs_faulted{0};
    counter bytes_in{0};
    counter bytes_out{0};

    std::array<counter *, 6> all() {
        return {&ecc_corrected,    &ecc_uncorrected, &programs_done,
                &programs_faulted, &bytes_in,        &bytes_out};
    }

    void reset() {
        for (counter *c : all())
            *c = 0;
    }

    void serialize(archive &a) {
        for (counter *c : all()) {
            uint64_t value = *c;
            a.value(value);
            if (a.is_loading() && a.good())
                *c = value;
        }
    }
};

} // namespace groq::chip

#endif
