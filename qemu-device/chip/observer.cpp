// SPDX-License-Identifier: MIT
#include "observer.hpp"

#include <cstring>

namespace groq::chip {

void observer::tell_issued(const instruction_queue &q, uint32_t icu,
                           uint64_t cycle) const {
    groq_issue issue{cycle, icu, q.repetition, q.source.address, {}};
    std::memcpy(issue.instruction, &q.source.word, sizeof(issue.instruction));
    callbacks_.issued(opaque_, &issue);
}

} // namespace groq::chip
