// SPDX-License-Identifier: MIT
//
// Sums of vectors of several cards: ((first + second) + third) + ..., always in the
// order given, so that floats give the same bits wherever they are added up.
#pragma once

#include <cstdint>
#include <vector>

#include "asm/schedule.hpp"
#include "collectives/distributed_program.hpp"
#include "ops/sweep.hpp"

namespace groq::collectives {

class reduction {
public:
    // Of so many vectors, I32 or F32. Sums of many terms are put down in `partial` now
    // and then, two areas of slices that no term has.
    reduction(unsigned vectors, std::vector<ops::vector_area> partial)
        : vectors_(vectors), partial_(std::move(partial)) {}

    void add(const ops::vector_area &term) { terms_.push_back(term); }
    // To one place of each hemisphere at most.
    void store(const ops::vector_area &to) { to_.push_back(to); }

    // On a card, by the program's cycles. Nothing issues before `ready`. Returns when
    // the sums are there.
    std::uint64_t emit(distributed_program &program, unsigned card,
                       std::uint64_t ready) const;

private:
    static std::size_t terms_that_fit(const std::vector<ops::vector_area> &terms);
    std::uint64_t emit(assembly::schedule &out, std::uint64_t ready,
                       const std::vector<ops::vector_area> &terms,
                       const std::vector<ops::vector_area> &to) const;

    unsigned vectors_;
    std::vector<ops::vector_area> partial_;
    std::vector<ops::vector_area> terms_;
    std::vector<ops::vector_area> to_;
};

} // namespace groq::collectives
