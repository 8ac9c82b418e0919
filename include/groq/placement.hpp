// SPDX-License-Identifier: MIT
//
// How cards that were found stand for those of an expected network, and which cables
// are not as they should be.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <groq/detail/card_seats.hpp>
#include <groq/detail/wiring_faults.hpp>
#include <groq/network.hpp>
#include <groq/topology.hpp>

namespace groq {

// Any thread may use it.
struct placement {
    // For each card of the network its place in topology::cards(); nothing: there are
    // too few cards.
    std::vector<std::optional<std::size_t>> cards;
    // A sentence for each cable that is missing, swapped or leads elsewhere, and what
    // to do about it.
    std::vector<std::string> faults;

    bool is_right() const noexcept { return faults.empty(); }
    // The faults, a line each.
    std::string text() const {
        std::string lines;
        for (const auto &fault : faults)
            lines += (lines.empty() ? "" : "\n") + fault;
        return lines;
    }
};

// By following the cables: link numbers must be those of the network, cards may be in
// any order, and what is wired beside it is no matter. Where nothing fits, the
// placement that is wrong in the fewest cables. Takes as long as (cards found) *
// (cables expected).
inline placement place(const topology &found, const network &expected) {
    auto seats = detail::card_seats(found, expected).find();
    auto faults = detail::wiring_faults(found, expected, seats).tell();
    return {std::move(seats), std::move(faults)};
}

} // namespace groq
