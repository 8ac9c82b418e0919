// SPDX-License-Identifier: MIT
#include "compiler/compile.hpp"

#include <optional>
#include <stdexcept>

#include "asm/check.hpp"
#include "asm/program_builder.hpp"
#include "compiler/emitter.hpp"
#include "compiler/layout.hpp"
#include "compiler/pass_plan.hpp"

namespace groq::compiler {
namespace {

struct plan {
    layout where;
    std::vector<pass> passes;

    std::uint64_t end() const {
        std::uint64_t last = 0;
        for (const pass &p : passes)
            last = std::max(last, p.start + p.group.rows);
        return last;
    }
};

plan make_plan(const network &source, unsigned batch, unsigned groups) {
    layout where(source, batch, groups);
    auto passes = plan_passes(source, where);
    return {std::move(where), std::move(passes)};
}

// Two groups of rows hide the way from layer to layer, one needs fewer weights to be
// loaded: whichever ends sooner, of those that fit.
plan best_plan(const network &source, unsigned batch) {
    plan two = make_plan(source, batch, 2);
    try {
        plan one = make_plan(source, batch, 1);
        return one.end() < two.end() ? std::move(one) : std::move(two);
    } catch (const std::runtime_error &) {
        return two; // one group is larger, and may not fit
    }
}

void verify(const assembly::program &image) {
    for (const assembly::diagnostic &each : assembly::check(image))
        throw std::logic_error("the compiled program is wrong: " + to_text(each));
}

} // namespace

compilation compile(const network &source, unsigned batch) {
    const plan chosen = best_plan(source, batch);
    assembly::program_builder builder;
    emit_data(builder, source, chosen.where);
    emit_passes(builder.add_entry("main"), source, chosen.where, chosen.passes);
    compilation result{builder.link(), 0, 0, 1};
    verify(result.image);
    result.cycles = result.image.entries.front().cycles;
    for (const pass &p : chosen.passes) {
        result.row_cycles += p.group.rows;
        result.groups = std::max(result.groups, p.group.number + 1);
    }
    return result;
}

} // namespace groq::compiler
