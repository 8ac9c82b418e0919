// SPDX-License-Identifier: MIT
//
// An all-reduce of f32 numbers on cards that are wired.
#pragma once

#include <cstdint>
#include <string>

#include <collectives/collective.hpp>

#include "wired_cards.hpp"

namespace bench {

class all_reduce {
public:
    // Of so many bytes of each card.
    all_reduce(wired_cards &cards, std::uint64_t bytes);

    // That it was made to take since all have begun.
    std::uint64_t planned() const { return made_.cycles; }
    // Of each card.
    std::vector<std::uint64_t> run() { return job_.run(); }
    // Throws std::runtime_error when a sum on any of them is wrong.
    void check() const;

private:
    groq::collectives::collective_shape shape_;
    groq::collectives::collective made_;
    wired_job job_;
    std::vector<float> sums_;
};

} // namespace bench
