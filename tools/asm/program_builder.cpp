// SPDX-License-Identifier: MIT
#include "asm/program_builder.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

#include "asm/bytes.hpp"
#include "asm/diagnostic.hpp"
#include "asm/effect.hpp"
#include "asm/queue.hpp"
#include "asm/queue_text.hpp"
#include "asm/timeline.hpp"

namespace groq::assembly {
namespace {

constexpr unsigned text_words = GROQ_TEXT_BYTES / GROQ_VECTOR_BYTES;

[[noreturn]] void fail(const std::string &message) {
    throw build_error({{true, "", GROQ_FAULT_NO_UNIT, 0, message}});
}

// When each slice is read or written by the entry point's own instructions.
std::vector<interval_set> busy_ports(const schedule &plan) {
    std::vector<interval_set> ports(slice_count);
    for (const unsigned icu : plan.queues()) {
        if (kind_of(icu) != queue_kind::MEM)
            continue;
        for (const burst &b : plan.bursts(icu))
            if (b.code.find_operation()->queue == queue_kind::ANY)
                continue;
            else if (b.again.interval == 1)
                ports[icu].take(b.cycle, b.last() + 1);
            else
                for (std::uint64_t cycle = b.cycle; cycle <= b.last();
                     cycle += b.again.interval)
                    ports[icu].take(cycle, cycle + 1);
    }
    return ports;
}

std::vector<std::byte> bytes_of(const queue_text &text, std::uint32_t address) {
    std::vector<instruction> instructions = text.instructions;
    for (const text_fetch &fetch : text.fetches)
        set(instructions[fetch.index], "text",
            std::int64_t{address} + std::int64_t{fetch.chunk} * GROQ_TEXT_BYTES);
    std::vector<std::byte> bytes;
    for (const instruction &code : instructions)
        append(bytes, to_bytes(code));
    bytes.resize(std::size_t{text.chunks()} * GROQ_TEXT_BYTES);
    return bytes;
}

} // namespace

void program_builder::claim(std::uint64_t from, std::uint64_t to,
                            const std::string &owner) {
    if (to > GROQ_SRAM_BYTES)
        fail(owner + " at " + address_text(static_cast<std::uint32_t>(from)) +
             " reaches beyond the SRAM");
    claims_.add(from, to, owner);
    used_.take(from / GROQ_VECTOR_BYTES,
               (to + GROQ_VECTOR_BYTES - 1) / GROQ_VECTOR_BYTES);
}

void program_builder::add_data(std::string name, std::uint32_t address,
                               std::vector<std::byte> bytes, bool writable) {
    const auto size = static_cast<std::uint32_t>(bytes.size());
    image_.symbols.push_back({std::move(name), address, size, false});
    add_segment({".data", address, std::move(bytes), size, false, writable});
}

void program_builder::add_segment(segment section) {
    claim(section.address, section.end(), section.name);
    image_.segments.push_back(std::move(section));
}

void program_builder::reserve(std::uint32_t address, std::uint32_t bytes) {
    claim(address, std::uint64_t{address} + bytes, "reserved SRAM");
}

void program_builder::add_tensor(tensor description) {
    if (end_of(description) > GROQ_SRAM_BYTES)
        fail("tensor " + description.name + " reaches beyond the SRAM");
    claims_.add(description);
    for_each_word(description, [&](std::uint64_t address) {
        used_.take(address / GROQ_VECTOR_BYTES, address / GROQ_VECTOR_BYTES + 1);
    });
    image_.tensors.push_back(std::move(description));
}

schedule &program_builder::add_entry(std::string name, std::uint32_t kind) {
    return scheduled_.emplace_back(scheduled_entry{schedule(std::move(name)), kind})
        .plan;
}

program program_builder::link() {
    if (const auto overlaps = claims_.overlaps(); !overlaps.empty())
        fail(overlaps.front());
    for (const scheduled_entry &entry : scheduled_)
        link_entry(entry);
    if (image_.ranges.empty())
        image_.ranges = ranges();
    if (image_.sram_bytes == 0 && !image_.ranges.empty())
        image_.sram_bytes =
            std::uint64_t{image_.ranges.back().address} + image_.ranges.back().size;
    count_cycles();
    return std::move(image_);
}

void program_builder::count_cycles() {
    timeline time(image_);
    for (entry_point &entry : image_.entries) {
        findings found(entry.name);
        const followed run = time.follow(entry, found);
        if (entry.cycles == 0 && run.complete && !run.aligns)
            entry.cycles = run.cycles;
    }
}

void program_builder::link_entry(const scheduled_entry &entry) {
    const schedule &plan = entry.plan;
    std::vector<interval_set> ports = busy_ports(plan);
    const std::vector<unsigned> slices = text_slices(ports);
    std::vector<std::byte> table;
    for (const unsigned icu : plan.queues())
        append(table, link_queue(plan, icu, slices, ports));
    if (table.empty())
        fail("entry point " + plan.entry() + " has no instruction");
    const auto size = static_cast<std::uint32_t>(table.size());
    const std::uint32_t address = place_table(size, slices);
    image_.symbols.push_back({plan.entry() + ".launch", address, size, false});
    image_.segments.push_back(
        {".launch", address, std::move(table), size, true, false});
    image_.entries.push_back({plan.entry(), entry.kind, address,
                              size / static_cast<std::uint32_t>(sizeof(groq_launch)),
                              0});
}

// The first slice in which the queue's text can lie and be fetched in time.
groq_launch program_builder::link_queue(const schedule &plan, unsigned icu,
                                        const std::vector<unsigned> &slices,
                                        std::vector<interval_set> &ports) {
    const std::vector<burst> bursts = plan.bursts(icu);
    feeding_trouble trouble{bursts.front().cycle, "no room for its text"};
    for (const unsigned slice : slices) {
        const auto text = write_queue(bursts, plan, ports[slice], trouble);
        const auto address = text ? place(text->chunks() * text_words, slice)
                                  : std::optional<std::uint32_t>();
        if (!address)
            continue;
        for (const text_fetch &fetch : text->fetches)
            ports[slice].take(fetch.cycle, fetch.cycle + text_words);
        return add_text(plan, icu, *text, *address);
    }
    plan.fail(icu, trouble.cycle, trouble.reason);
}

groq_launch program_builder::add_text(const schedule &plan, unsigned icu,
                                      const queue_text &text, std::uint32_t address) {
    auto bytes = bytes_of(text, address);
    const auto size = static_cast<std::uint32_t>(bytes.size());
    const auto count = static_cast<std::uint32_t>(text.instructions.size());
    image_.symbols.push_back({plan.entry() + "." + queue_name(icu), address,
                              count * GROQ_INSTRUCTION_BYTES, true});
    image_.segments.push_back(
        {".text." + queue_name(icu), address, std::move(bytes), size, true, false});
    return {static_cast<std::uint16_t>(icu), 0, address, count, 0};
}

std::vector<unsigned>
program_builder::text_slices(const std::vector<interval_set> &ports) const {
    if (!text_slices_.empty())
        return text_slices_;
    std::vector<unsigned> slices(slice_count);
    std::iota(slices.begin(), slices.end(), 0U);
    std::stable_partition(slices.begin(), slices.end(),
                          [&](unsigned slice) { return ports[slice].spans().empty(); });
    return slices;
}

// Free words of a slice, the first one even.
std::optional<std::uint32_t> program_builder::place(unsigned words, unsigned slice) {
    const std::uint64_t begin = std::uint64_t{slice} * GROQ_SLICE_WORDS;
    const std::uint64_t end = limit_words(begin + GROQ_SLICE_WORDS);
    std::uint64_t word = used_.first_free(begin, words);
    while (word % text_words != 0)
        word = used_.first_free(word + 1, words);
    if (word + words > end)
        return {};
    used_.take(word, word + words);
    return static_cast<std::uint32_t>(word * GROQ_VECTOR_BYTES);
}

// Words of the slice's end that the card is said to have.
std::uint64_t program_builder::limit_words(std::uint64_t end) const {
    if (image_.sram_bytes == 0)
        return end;
    return std::min(end, image_.sram_bytes / GROQ_VECTOR_BYTES);
}

std::uint32_t program_builder::place_table(std::uint32_t bytes,
                                           const std::vector<unsigned> &slices) {
    const unsigned words = (bytes + GROQ_VECTOR_BYTES - 1) / GROQ_VECTOR_BYTES;
    for (const unsigned slice : slices)
        if (const auto address = place(words, slice))
            return *address;
    fail("no room for a launch table");
}

// All words in use, in at most 16 ranges: between them are the widest gaps.
std::vector<groq_note_sram> program_builder::ranges() const {
    using span = std::pair<std::uint64_t, std::uint64_t>; // of words
    const std::vector<span> runs(used_.spans().begin(), used_.spans().end());
    std::vector<std::size_t> breaks; // a range begins with these runs
    for (std::size_t i = 1; i < runs.size(); ++i)
        breaks.push_back(i);
    std::ranges::stable_sort(breaks, std::greater(), [&](std::size_t i) {
        return runs[i].first - runs[i - 1].second;
    });
    breaks.resize(std::min<std::size_t>(breaks.size(), GROQ_SRAM_RANGES_MAX - 1));
    std::ranges::sort(breaks);
    std::vector<groq_note_sram> result;
    for (std::size_t i = 0; !runs.empty() && i <= breaks.size(); ++i) {
        const std::uint64_t from = runs[i == 0 ? 0 : breaks[i - 1]].first;
        const std::uint64_t to =
            runs[(i == breaks.size() ? runs.size() : breaks[i]) - 1].second;
        result.push_back({static_cast<std::uint32_t>(from * GROQ_VECTOR_BYTES),
                          static_cast<std::uint32_t>((to - from) * GROQ_VECTOR_BYTES)});
    }
    return result;
}

} // namespace groq::assembly
