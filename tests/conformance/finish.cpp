// SPDX-License-Identifier: MIT
// From a schedule to the text of queues, and damage to it.
#include <algorithm>

#include "generator.hpp"
#include "hw/groq_regs.h"
#include "mnemonics.hpp"

namespace groq::conformance {
namespace {

using reference::encode;

constexpr unsigned notifier = GROQ_ICU_SXM(GROQ_WEST, 11); // control alone
constexpr size_t text_limit = GROQ_TEXT_CAPACITY - 2;

} // namespace

program generator::finish() {
    program p;
    for (const auto &[slice, word] : needed_)
        p.data[GROQ_SRAM_ADDRESS(0, slice, word)] = bytes_of_word(slice, word);
    int fetches = 0;
    std::map<unsigned, int> first_fetch;
    for (const auto &[icu, slots] : now_.queues()) {
        size_t length = body_of(icu, 0).size() + 8 + (with_fetch_ ? 50 : 0);
        first_fetch[icu] = fetches;
        fetches += length > 2 * GROQ_TEXT_INSTRUCTIONS ? 2
                   : length > GROQ_TEXT_INSTRUCTIONS   ? 1
                                                       : 0;
    }
    // A fetch reads the slice of the text in two cycles; no two at a time.
    int prologue = 4 + 2 * fetches + (with_fetch_ ? 50 : 0);
    int start = with_sync_ ? prologue + GROQ_DELAY_SYNC : prologue;
    for (auto it = now_.queues().begin(); it != now_.queues().end(); ++it) {
        unsigned icu = it->first;
        auto following = std::next(it);
        int end =
            following == now_.queues().end() ? fetches : first_fetch[following->first];
        std::vector<encoded> text;
        int cycle = 0;
        auto wait_until = [&](int t) {
            if (t > cycle)
                text.push_back(nop(t - cycle));
            cycle = std::max(cycle, t);
        };
        for (int n = first_fetch[icu]; n < end; ++n) {
            wait_until(2 * n);
            uint32_t block = static_cast<uint32_t>(1 + n - first_fetch[icu]);
            text.push_back(
                encode(GROQ_OPCODE_IFETCH, {{"text", text_address(icu, block)}}));
            ++cycle;
        }
        if (superlanes_ != GROQ_TILES) {
            text.push_back(encode(GROQ_OPCODE_CONFIG, {{"superlanes", superlanes_}}));
            ++cycle;
        }
        for (int n = 0; with_fetch_ && n < 42; ++n, ++cycle)
            text.push_back(nop(1));
        if (with_sync_)
            text.push_back(encode(GROQ_OPCODE_SYNC));
        else
            wait_until(start);
        std::vector<encoded> body = body_of(icu, start);
        text.insert(text.end(), body.begin(), body.end());
        text.resize(std::min(text.size(), text_limit));
        p.queues[icu] = std::move(text);
    }
    if (with_sync_ && !p.queues.empty())
        p.queues[notifier] = {nop(prologue), encode(GROQ_OPCODE_NOTIFY)};
    return p;
}

// What the queue does from cycle @start on, which is cycle 0 of the schedule.
std::vector<encoded> generator::body_of(unsigned icu, int) {
    std::vector<encoded> text;
    int cycle = 0;
    for (const auto &[t, slot] : now_.queues().at(icu)) {
        if (t > cycle)
            text.push_back(nop(t - cycle));
        text.push_back(slot.word);
        if (slot.r.times > 0)
            text.push_back(encode(GROQ_OPCODE_REPEAT, {{"times", slot.r.times},
                                                       {"interval", slot.r.interval}}));
        cycle = t + slot.r.times * slot.r.interval + 1;
    }
    return text;
}

program generator::random_program(uint64_t seed) {
    generator g(seed);
    unsigned operations = 1 + g.below(24);
    if (g.one_in(4))
        g.be_careless();
    const auto &all = reference::operations();
    for (unsigned n = 0; n < operations; ++n) {
        unsigned opcode = all[g.below(static_cast<unsigned>(all.size()))].opcode;
        if (!reference::find_operation(opcode)->is_control() || g.one_in(8))
            g.add(opcode);
    }
    program p = g.finish();
    if (p.queues.empty())
        p.queues[notifier] = {nop(1)};
    if (g.one_in(3))
        g.damage(p);
    if (g.one_in(8))
        g.add_errors(p);
    return p;
}

void generator::damage(program &p) {
    switch (below(8)) {
    case 0:
        p.max_cycles = 1 + below(300);
        break;
    case 1:
        p.slices = GROQ_SLICES + below(GROQ_SLICES);
        std::erase_if(p.data, [&](const auto &d) { return d.first >= p.sram_bytes(); });
        break;
    case 2:
        close_windows(p);
        break;
    default:
        damage_text(p);
    }
}

void generator::damage_text(program &p) {
    auto queue =
        std::next(p.queues.begin(), below(static_cast<unsigned>(p.queues.size())));
    std::vector<encoded> &text = queue->second;
    size_t at = below(static_cast<unsigned>(text.size()));
    switch (below(9)) {
    case 0: // one bit
        text[at][below(GROQ_INSTRUCTION_BYTES)] ^= static_cast<uint8_t>(1u << below(8));
        break;
    case 1: { // one field
        const auto &fields = reference::find_operation(text[at][0])->fields;
        if (fields.empty())
            break;
        const reference::field &f = fields[below(static_cast<unsigned>(fields.size()))];
        reference::set_bits(text[at], f.lowest, f.bits, random_());
        break;
    }
    case 2: // one instruction less: all that follow are early
        if (text.size() > 1)
            text.erase(text.begin() + static_cast<std::ptrdiff_t>(at));
        break;
    case 3: // one more
        if (text.size() < text_limit)
            text.insert(text.begin() + static_cast<std::ptrdiff_t>(at), text[at]);
        break;
    case 4: // all that follow come early or late
        for (size_t n = at; n < text.size(); ++n)
            if (text[n][0] == GROQ_OPCODE_NOP) {
                auto cycles = static_cast<int>(reference::bits_of(text[n], 16, 16));
                text[n] = nop(std::max(1, cycles + one_of({-2, -1, 1, 2, 13})));
                break;
            }
        break;
    case 5: // more than is fetched
        text.resize(std::max<size_t>(text.size(), 45), nop(1));
        break;
    case 6: // a control instruction
        text[at] = one_of(
            {encode(GROQ_OPCODE_SYNC), encode(GROQ_OPCODE_NOTIFY),
             encode(GROQ_OPCODE_CONFIG, {{"superlanes", one_of({0u, 0u, below(32)})}}),
             encode(GROQ_OPCODE_IFETCH,
                    {{"text", text_address(queue->first, below(3))}}),
             encode(GROQ_OPCODE_REPEAT,
                    {{"times", 1 + below(9)}, {"interval", 1 + below(9)}})});
        break;
    default:
        p.counts[queue->first] = 1 + below(150);
    }
}

// At most two wrong bits in any 16 bytes of SRAM.
void generator::add_errors(program &p) {
    std::set<uint32_t> used;
    for (unsigned n = 1 + below(6); n > 0; --n) {
        injection e{one_in(3), below(2 * GROQ_STREAMS), below(GROQ_TILES), below(137),
                    0};
        e.second = one_in(3) ? below(137) : e.first;
        if (!e.into_stream) {
            unsigned tile = std::exchange(e.tile, 0);
            const auto &text = *std::next(
                p.queues.begin(), below(static_cast<unsigned>(p.queues.size())));
            e.where = text_address(text.first, 0) + below(2) * GROQ_VECTOR_BYTES;
            if (!p.data.empty() && !one_in(8))
                e.where = std::next(p.data.begin(),
                                    below(static_cast<unsigned>(p.data.size())))
                              ->first;
            e.where += tile * GROQ_TILE_LANES;
        }
        if (used.insert(e.where).second)
            p.injections.push_back(e);
    }
}

// Text and table stay reachable; of the rest some slices, some in halves.
void generator::close_windows(program &p) {
    uint32_t text = table_slice * uint32_t{GROQ_SLICE_BYTES};
    p.windows.push_back(
        {text, 2 * uint32_t{GROQ_SLICE_BYTES}, GROQ_WINDOW_READ | GROQ_WINDOW_EXECUTE});
    while (p.windows.size() < GROQ_QUEUE_WINDOWS - 1) {
        uint32_t base = below(2 * GROQ_SLICES) * uint32_t{GROQ_SLICE_BYTES};
        uint32_t size = (1 + below(20)) * uint32_t{GROQ_SLICE_BYTES};
        if (one_in(2))
            base += GROQ_BANK_WORDS * GROQ_VECTOR_BYTES;
        size = std::min(size, p.sram_bytes() - std::min(base, p.sram_bytes()));
        p.windows.push_back({base, size, one_in(2) ? 3 : 1 + below(7)});
    }
}

} // namespace groq::conformance
