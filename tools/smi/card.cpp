// SPDX-License-Identifier: MIT
#include "card.hpp"

#include <algorithm>

namespace groq::smi {

status status_of(const report &report) {
    if (report.cards.empty())
        return status::no_card;
    const auto complete = [](const card &card) { return card.reason.empty(); };
    return std::ranges::all_of(report.cards, complete) ? status::good
                                                       : status::incomplete;
}

} // namespace groq::smi
