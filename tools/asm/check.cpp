// SPDX-License-Identifier: MIT
#include "asm/check.hpp"

#include <algorithm>
#include <tuple>

#include "asm/claims.hpp"
#include "asm/interval_set.hpp"
#include "asm/queue.hpp"

namespace groq::assembly {
namespace {

void add_error(std::vector<diagnostic> &found, const std::string &message) {
    found.push_back({true, "", GROQ_FAULT_NO_UNIT, 0, message});
}

void check_ranges(const program &source, std::vector<diagnostic> &found) {
    std::uint64_t end = 0;
    for (const groq_note_sram &range : source.ranges) {
        if (range.address < end || range.address % GROQ_VECTOR_BYTES != 0 ||
            range.size % GROQ_VECTOR_BYTES != 0 || range.size == 0)
            add_error(found, "SRAM ranges must be whole words, in order, disjoint");
        end = std::uint64_t{range.address} + range.size;
    }
    if (source.ranges.empty() || source.ranges.size() > GROQ_SRAM_RANGES_MAX)
        add_error(found, "there must be 1..16 SRAM ranges");
    if (end > source.sram_bytes || source.sram_bytes > GROQ_SRAM_BYTES)
        add_error(found, "SRAM ranges end beyond the SRAM that the card must have");
}

void check_inside(const program &source, const claims &taken,
                  std::vector<diagnostic> &found) {
    interval_set ranges;
    for (const groq_note_sram &range : source.ranges)
        ranges.take(range.address, std::uint64_t{range.address} + range.size);
    for (const claim &each : taken.all()) {
        auto span = ranges.spans().upper_bound(each.from);
        if (span == ranges.spans().begin() || std::prev(span)->second < each.to)
            add_error(found, each.owner + " lies outside the SRAM ranges");
    }
}

void check_entries(const program &source, std::vector<diagnostic> &found) {
    unsigned kinds = 0; // a bit each
    for (const entry_point &entry : source.entries)
        kinds |= 1U << entry.kind;
    const bool pipelined = kinds == (1U << GROQ_ENTRY_INPUT | 1U << GROQ_ENTRY_COMPUTE |
                                     1U << GROQ_ENTRY_OUTPUT);
    if (!(pipelined && source.entries.size() == 3) &&
        !(kinds == 1U << GROQ_ENTRY_MONOLITHIC && source.entries.size() == 1))
        add_error(found, "there must be one monolithic entry point, or one of each of "
                         "input, compute and output");
}

// Parts that are words at all, and no more of them than SRAM has.
bool check_parts(const program &source, std::vector<diagnostic> &found) {
    std::uint64_t words = 0;
    for (const tensor &t : source.tensors)
        for (const groq_tensor_part &part : t.parts) {
            words += t.rows;
            if (part.sram % GROQ_VECTOR_BYTES != 0 || part.stride == 0 ||
                part.stride % GROQ_VECTOR_BYTES != 0 || part.lanes == 0 ||
                part.lanes > GROQ_LANES || t.rows == 0) {
                add_error(found, "tensor " + t.name + ": a part is not of whole words");
                return false;
            }
        }
    if (words > GROQ_SRAM_BYTES / GROQ_VECTOR_BYTES)
        add_error(found, "the tensors take more words than the SRAM has");
    return words <= GROQ_SRAM_BYTES / GROQ_VECTOR_BYTES;
}

} // namespace

void check_layout(const program &source, std::vector<diagnostic> &found) {
    check_ranges(source, found);
    check_entries(source, found);
    if (!check_parts(source, found))
        return;
    claims taken;
    for (const segment &s : source.segments)
        taken.add(s.address, s.end(), s.name);
    for (const tensor &t : source.tensors) {
        if (end_of(t) > GROQ_SRAM_BYTES)
            add_error(found, "tensor " + t.name + " reaches beyond the SRAM");
        taken.add(t);
    }
    for (const std::string &overlap : taken.overlaps())
        add_error(found, overlap);
    check_inside(source, taken, found);
}

std::vector<diagnostic> check(const program &source) {
    std::vector<diagnostic> found;
    check_layout(source, found);
    if (!found.empty())
        return found; // the rest would go by a layout that is not one
    filled_words filled(source);
    for (const entry_point &entry : source.entries) {
        const timeline run = make_timeline(source, entry);
        found.insert(found.end(), run.faults.begin(), run.faults.end());
        check_memory(source, run, entry.name, found);
        check_streams(run, entry.name, found);
        check_vector_unit(run, entry.name, found);
        check_matrix_units(run, entry.name, found);
        filled.run(run, entry.name, found);
    }
    filled.finish(source, found);
    std::ranges::stable_sort(found, {}, [](const diagnostic &each) {
        return std::tuple(!each.error, each.fault_cycle, each.icu);
    });
    return found;
}

} // namespace groq::assembly
