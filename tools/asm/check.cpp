// SPDX-License-Identifier: MIT
#include "asm/check.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <set>

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

template <class T>
void check_names(const std::vector<T> &all, const char *what,
                 std::vector<diagnostic> &found) {
    std::set<std::string> names;
    for (const T &each : all)
        if (const std::string reason = name_defect(each.name); !reason.empty())
            add_error(found, reason);
        else if (!names.insert(each.name).second)
            add_error(found,
                      std::string("two ") + what + " have the name " + each.name);
}

// Tensors that a loader takes, and no more words of them than SRAM has.
bool check_tensors(const program &source, std::vector<diagnostic> &found) {
    const std::size_t before = found.size();
    std::uint64_t words = 0;
    for (const tensor &t : source.tensors) {
        if (const std::string reason = tensor_defect(t); !reason.empty())
            add_error(found, reason);
        words += std::uint64_t{t.rows} * t.parts.size();
    }
    if (words > GROQ_SRAM_BYTES / GROQ_VECTOR_BYTES)
        add_error(found, "the tensors take more words than the SRAM has");
    return found.size() == before;
}

void check_tables(const program &source, std::vector<diagnostic> &found) {
    for (const entry_point &entry : source.entries) {
        const std::uint64_t end =
            entry.launch + std::uint64_t{entry.launch_count} * sizeof(groq_launch);
        const bool inside = std::ranges::any_of(source.segments, [&](const segment &s) {
            return s.address <= entry.launch && end <= s.end();
        });
        if (!inside || entry.launch_count == 0)
            add_error(found, "entry point " + entry.name +
                                 ": its launch table is empty or in no segment");
        if (entry.launch % sizeof(groq_launch) != 0)
            add_error(found, "entry point " + entry.name +
                                 ": its launch table is not aligned to 16 bytes");
    }
}

// Each entry of a launch table has a queue of its own, instructions, and its text in
// SRAM.
void check_launches(const program &source, std::vector<diagnostic> &found) {
    const sram_image image(source);
    for (const entry_point &entry : source.entries) {
        std::set<unsigned> queues;
        for (const groq_launch &each : image.read_launches(entry))
            if (each.icu >= GROQ_ICUS_ALL || !queues.insert(each.icu).second ||
                each.count == 0 || each.text % GROQ_TEXT_BYTES != 0 ||
                each.text >= GROQ_SRAM_BYTES)
                add_error(found, "entry point " + entry.name +
                                     ": its launch table names a queue twice or "
                                     "none, or has no text for it");
    }
}

std::vector<diagnostic> check_entry(const program &source, const entry_point &entry,
                                    timeline &time, filled_words &filled) {
    findings found(entry.name);
    memory_check memory(source, found);
    stream_check streams(found);
    vector_check vectors(found);
    matrix_check matrices(found);
    link_check links(found);
    const auto run = time.follow(entry, found, [&](const issue &now) {
        const bool is_fed = streams.visit(now);
        memory.visit(now, is_fed);
        vectors.visit(now);
        matrices.visit(now);
        links.visit(now);
        filled.visit(now, found);
    });
    matrices.finish();
    if (!run.complete)
        return std::move(found).take(run.cycles);
    streams.finish();
    return std::move(found).take();
}

} // namespace

void check_layout(const program &source, std::vector<diagnostic> &found) {
    check_ranges(source, found);
    check_entries(source, found);
    check_tables(source, found);
    check_launches(source, found);
    check_names(source.entries, "entry points", found);
    check_names(source.tensors, "tensors", found);
    if (!check_tensors(source, found))
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
    timeline time(source);
    filled_words filled(source);
    for (const entry_point &entry : source.entries)
        std::ranges::move(check_entry(source, entry, time, filled),
                          std::back_inserter(found));
    filled.finish(source, found);
    std::stable_partition(found.begin(), found.end(), std::mem_fn(&diagnostic::error));
    return found;
}

} // namespace groq::assembly
