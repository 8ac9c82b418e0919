// SPDX-License-Identifier: MIT
#include "compiler/pass_plan.hpp"

#include <algorithm>

namespace groq::compiler {
namespace {

constexpr unsigned load_cycles = GROQ_TILES;
// Queues get text in idle cycles, 40 instructions at a time: every load and chain
// leaves one, and so does a plane after this many passes.
constexpr unsigned idle = 1;
constexpr unsigned passes_between_idle = 8;
// Weights that are read in cycle 0 pass the MXM from here on.
constexpr std::uint64_t first_load = GROQ_DELAY_MEM_READ + mxm_hops;

struct plane_state {
    std::deque<pass> waiting;
    std::uint64_t installed = 0; // the IW of the last pass
    bool has_installed = false;
    std::uint64_t end = 0; // of its rows
    unsigned passes = 0;
    std::array<std::uint64_t, group_count>
        written{}; // by group: input of the next layer

    // When the input of a pass is there; within a layer the first pass has waited.
    std::uint64_t ready(const pass &p) const {
        return p.output_tile == 0 && p.input_tile == 0 ? written[p.group.number] : 0;
    }
};

class planner {
public:
    planner(const network &source, const layout &where) : where_(where) {
        for (std::size_t layer = 0; layer < source.size(); ++layer)
            for (const row_group &group : where.groups())
                add_passes(group, source, layer);
    }

    std::vector<pass> plan() && {
        while (true) {
            std::optional<pass> next;
            for (const plane_state &state : planes_)
                if (!state.waiting.empty()) {
                    const pass candidate = schedule(state);
                    if (!next || candidate.start < next->start)
                        next = candidate;
                }
            if (!next)
                return std::move(planned_);
            commit(*next);
        }
    }

private:
    void add_passes(const row_group &group, const network &source, std::size_t number) {
        const unsigned inputs = tiles(source[number].inputs);
        for (unsigned n = 0; n < tiles(source[number].outputs); ++n)
            for (unsigned k = 0; k < inputs; ++k)
                planes_[group.plane].waiting.push_back({group, number, n, k,
                                                        k + 1 == inputs,
                                                        number + 1 == source.size()});
    }

    // The plane's next pass at its earliest.
    pass schedule(const plane_state &state) const {
        pass next = state.waiting.front();
        place_load(next, state);
        const std::uint64_t rows_done =
            state.end < GROQ_DELAY_MXM_INSTALL ? 0 : state.end - GROQ_DELAY_MXM_INSTALL;
        next.install = std::max(next.load + load_cycles, rows_done);
        next.start = std::max(next.install + GROQ_DELAY_MXM_INSTALL, state.ready(next));
        if (next.emits)
            place_chain(next);
        return next;
    }

    // The buffer is free after the IW of the pass before. Weights that are on their way
    // to the other plane are taken along when that costs no time.
    void place_load(pass &next, const plane_state &state) const {
        const std::uint64_t earliest = state.has_installed
                                           ? std::max(state.installed + 1, first_load)
                                           : first_load;
        const hemisphere_loads &loads = loads_[hemisphere(next)];
        next.load = loads.busy.first_free(earliest, load_cycles + idle);
        const std::uint64_t in_time =
            std::max({next.load + load_cycles + GROQ_DELAY_MXM_INSTALL, state.end,
                      state.ready(next)}) -
            load_cycles - GROQ_DELAY_MXM_INSTALL;
        const auto same = loads.of_tile.find(tile(next));
        if (same == loads.of_tile.end())
            return;
        const auto shared = std::ranges::lower_bound(same->second, earliest);
        if (shared != same->second.end() && *shared <= in_time) {
            next.load = *shared;
            next.reads_weights = false;
        }
    }

    // Results of the last layer leave a chain sooner than those of hidden layers, which
    // may still be in it.
    void place_chain(pass &next) const {
        const unsigned margin = next.last_layer ? requantise_delay : 0;
        std::optional<std::uint64_t> best;
        for (unsigned c = 0; c < chain_count; ++c) {
            const std::uint64_t start =
                chains_[c].first_free(next.start - margin,
                                      next.group.rows + margin + idle) +
                margin;
            if (!best || start < *best) {
                best = start;
                next.chain = c;
            }
        }
        next.start = *best;
    }

    void commit(const pass &next) {
        plane_state &state = planes_[next.group.plane];
        const std::uint64_t end = next.start + next.group.rows;
        state.waiting.pop_front();
        state.installed = next.install;
        state.has_installed = true;
        state.end = ++state.passes % passes_between_idle == 0 ? end + idle : end;
        if (next.emits) {
            chains_[next.chain].take(next.start, end + idle);
            state.written[next.group.number] = end - 1 + layer_delay;
        }
        if (next.reads_weights) {
            hemisphere_loads &loads = loads_[hemisphere(next)];
            loads.busy.take(next.load, next.load + load_cycles + idle);
            auto &of_tile = loads.of_tile[tile(next)];
            of_tile.insert(std::ranges::upper_bound(of_tile, next.load), next.load);
        }
        planned_.push_back(next);
    }

    unsigned tile(const pass &p) const {
        return where_.tile(p.layer, p.output_tile, p.input_tile);
    }
    static unsigned hemisphere(const pass &p) {
        return plane{p.group.plane}.hemisphere();
    }

    struct hemisphere_loads {
        assembly::interval_set busy;
        std::map<unsigned, std::vector<std::uint64_t>> of_tile; // first LW, in order
    };

    const layout &where_;
    std::array<plane_state, plane_count> planes_;
    std::array<hemisphere_loads, GROQ_HEMISPHERES> loads_;
    std::array<assembly::interval_set, chain_count> chains_; // by the ABC of their rows
    std::vector<pass> planned_;
};

} // namespace

std::vector<pass> plan_passes(const network &source, const layout &where) {
    return planner(source, where).plan();
}

} // namespace groq::compiler
