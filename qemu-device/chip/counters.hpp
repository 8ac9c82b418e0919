// SPDX-License-Identifier: MIT
// The counters of docs/hardware.md sections 4.4 and 4.6: they outlive every
// reset but power-on. Both engines write them; anyone reads.
#ifndef GROQ_CHIP_COUNTERS_HPP
#define GROQ_CHIP_COUNTERS_HPP

#include <array>
#include <atomic>
#include <utility>

#include "archive.hpp"
#include "hw/groq_sram.h"
#include "secded.hpp"

namespace groq::chip {

using counter = std::atomic<uint64_t>;

// What a program counts from cycle to cycle, before everyone may see it.
struct tally {
    uint64_t ecc_corrected = 0;
    uint64_t ecc_uncorrected = 0;
    std::array<uint64_t, GROQ_ICUS_ALL> unit_issues{};

    void count_ecc(soundness s) {
        ecc_corrected += s == soundness::corrected;
        ecc_uncorrected += s == soundness::uncorrectable;
    }
};

struct counters {
    counter ecc_corrected{0};
    counter ecc_uncorrected{0};
    counter programs_done{0};
    counter programs_faulted{0};
    counter bytes_in{0};
    counter bytes_out{0};
    std::array<counter, GROQ_ICUS_ALL> unit_issues{};

    // What the check of a consumer found.
    void count_ecc(soundness s) {
        if (s == soundness::corrected)
            ++ecc_corrected;
        else if (s == soundness::uncorrectable)
            ++ecc_uncorrected;
    }

    // Empties @t.
    void add(tally &t) {
        ecc_corrected += std::exchange(t.ecc_corrected, 0);
        ecc_uncorrected += std::exchange(t.ecc_uncorrected, 0);
        for (size_t icu = 0; icu < unit_issues.size(); ++icu)
            if (t.unit_issues[icu])
                unit_issues[icu] += std::exchange(t.unit_issues[icu], 0);
    }

    void reset() {
        each([](counter &c) { c = 0; });
    }

    void serialize(archive &a) {
        each([&a](counter &c) {
            uint64_t value = c;
            a.value(value);
            if (a.is_loading() && a.good())
                c = value;
        });
    }

private:
    template <class Visit>
    void each(Visit visit) {
        for (counter *c : {&ecc_corrected, &ecc_uncorrected, &programs_done,
                           &programs_faulted, &bytes_in, &bytes_out})
            visit(*c);
        for (counter &c : unit_issues)
            visit(c);
    }
};

} // namespace groq::chip

#endif
