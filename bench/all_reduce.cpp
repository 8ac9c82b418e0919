// SPDX-License-Identifier: MIT
#include "all_reduce.hpp"

#include <algorithm>
#include <functional>
#include <stdexcept>

namespace bench {

using namespace groq::collectives;

// Different on each card; any order of additions gives the same sums.
static std::vector<float> addends(std::size_t card, std::size_t count) {
    constexpr std::size_t prime = 8191;
    std::vector<float> made(count);
    for (std::size_t i = 0; i < count; ++i)
        made[i] = static_cast<float>((i * (2 * card + 3) + card) % prime);
    return made;
}

all_reduce::all_reduce(wired_cards &cards, std::uint64_t bytes)
    : shape_(shape_of(cards.wires(), operation::ALL_REDUCE, GROQ_TYPE_F32, bytes)),
      made_(make_collective(cards.wires(), shape_)), job_(cards.load(made_.programs)),
      sums_(std::size_t{shape_.rows} * shape_.columns) {
    for (std::size_t card = 0; card < job_.size(); ++card) {
        const auto x = addends(card, sums_.size());
        std::ranges::transform(x, sums_, sums_.begin(), std::plus());
        job_.give(card, "x", std::as_bytes(std::span(x)));
    }
}

void all_reduce::check() const {
    for (std::size_t card = 0; card < job_.size(); ++card)
        if (!std::ranges::equal(job_.take(card, "y"), std::as_bytes(std::span(sums_))))
            throw std::runtime_error("wrong sums on card " + std::to_string(card));
}

} // namespace bench
