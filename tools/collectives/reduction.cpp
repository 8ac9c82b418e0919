// SPDX-License-Identifier: MIT
#include "collectives/reduction.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace groq::collectives {

using namespace assembly;
using ops::sweep;
using ops::vector_area;

namespace {

// Of each direction there are 32 streams; results need some in both.
constexpr unsigned streams_for_terms = GROQ_STREAMS - sizeof(std::uint32_t);
// A chain of additions, and copies for what is stored twice.
constexpr std::size_t most_terms = GROQ_VXM_ALUS / 2;

} // namespace

std::uint64_t reduction::emit(distributed_program &program, unsigned card,
                              std::uint64_t ready) const {
    schedule &out = program.plan(card);
    const std::uint64_t origin = program.origin(card);
    ready += origin;
    std::vector<vector_area> left = terms_;
    for (std::size_t turn = 0;; ++turn) {
        const std::size_t count = terms_that_fit(left);
        const std::vector<vector_area> now(
            left.begin(), left.begin() + static_cast<std::ptrdiff_t>(count));
        if (count == left.size())
            return emit(out, ready, now, to_) - origin;
        const vector_area &partial = partial_.at(turn % 2);
        ready = emit(out, ready, now, {partial});
        left.erase(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(count));
        left.insert(left.begin(), partial);
    }
}

// All loads of a sweep are of different slices.
std::size_t reduction::terms_that_fit(const std::vector<vector_area> &terms) {
    std::array<unsigned, GROQ_HEMISPHERES> streams{};
    std::set<unsigned> slices;
    std::size_t count = 0;
    for (; count < terms.size() && count < most_terms; ++count) {
        const vector_area &next = terms[count];
        unsigned &used = streams[next.hemisphere()];
        used += next.bytes();
        if (used > streams_for_terms || !slices.insert(next.place.slice).second)
            break;
    }
    return count;
}

std::uint64_t reduction::emit(schedule &out, std::uint64_t ready,
                              const std::vector<vector_area> &terms,
                              const std::vector<vector_area> &to) const {
    sweep pipeline(vectors_);
    sweep::value sum = pipeline.load(terms.front());
    for (std::size_t i = 1; i < terms.size(); ++i)
        sum = pipeline.apply(GROQ_OPCODE_ADD_MOD, {sum, pipeline.load(terms[i])});
    // A store of its own stream for each hemisphere.
    for (const vector_area &place : to)
        pipeline.store(&place == &to.front() && terms.size() > 1
                           ? sum
                           : pipeline.apply(GROQ_OPCODE_COPY, {sum}),
                       {place});
    return pipeline.emit(out, ready);
}

} // namespace groq::collectives
