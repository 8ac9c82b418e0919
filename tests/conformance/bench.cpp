// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <algorithm>
#include <cstring>
#include <sstream>

#include "unit/chip/card.hpp"

namespace groq::conformance {
namespace {

using groq::chip::test::card;
using groq::chip::test::driver_queue;
using groq::chip::test::fill_command;
using groq::chip::test::run_command;

bool is_zero(const uint8_t *bytes, size_t count) {
    return count == 0 ||
           (bytes[0] == 0 && std::memcmp(bytes, bytes + 1, count - 1) == 0);
}

reference::fault_record record_of(const groq_fault &f) {
    reference::fault_record r{f.cause, f.unit,   f.cycle, f.address,
                              f.text,  f.detail, {}};
    std::memcpy(r.instruction.data(), f.instruction, sizeof(f.instruction));
    return r;
}

} // namespace

struct bench::chip {
    explicit chip(unsigned slices) : of(slices, GROQ_LINKS), queue(of, 1) {}

    void open(const std::vector<reference::window> &windows) {
        for (uint32_t n = 0; n < GROQ_QUEUE_WINDOWS; ++n) {
            reference::window w = n < windows.size() ? windows[n] : reference::window{};
            queue.open_window(n, w.base, w.size, w.access);
        }
    }

    std::map<unsigned, uint64_t> unit_counters() {
        std::map<unsigned, uint64_t> counters;
        for (unsigned icu = 0; icu < GROQ_ICUS_ALL; ++icu)
            counters[icu] = of.read64(GROQ_UNIT_ISSUES(icu));
        return counters;
    }

    void inject(const injection &e) {
        uint32_t address = e.into_stream ? e.tile << 8 | e.where : e.where;
        of.write32(GROQ_ECC_INJECT_ADDRESS, address);
        of.write32(GROQ_ECC_INJECT_BITS, e.second << 8 | e.first);
        of.write32(GROQ_ECC_INJECT, e.into_stream ? GROQ_ECC_INJECT_INTO_STREAM
                                                  : GROQ_ECC_INJECT_INTO_SRAM);
    }

    reference::outcome run(const program &p) {
        open(p.all_windows());
        for (const auto &[address, bytes] : p.image())
            std::memcpy(of.sram.get() + address, bytes.data(), bytes.size());
        for (const injection &e : p.injections)
            inject(e);
        std::map<unsigned, uint64_t> before = unit_counters();
        uint64_t corrected = of.read64(GROQ_ECC_CORRECTED);
        uint64_t uncorrected = of.read64(GROQ_ECC_UNCORRECTED);
        groq_completion done = queue.execute(run_command(
            table_address, static_cast<uint32_t>(p.queues.size()), p.max_cycles));
        reference::outcome o;
        if (done.status == GROQ_COMPLETION_OK)
            o.cycles = done.result;
        else
            o.fault = record_of(queue.last_fault());
        for (const auto &[icu, count] : unit_counters())
            if (count != before[icu])
                o.issues[icu] = count - before[icu];
        o.ecc_corrected = of.read64(GROQ_ECC_CORRECTED) - corrected;
        o.ecc_uncorrected = of.read64(GROQ_ECC_UNCORRECTED) - uncorrected;
        return o;
    }

    // Slices with queues that took part, and those with text, byte for byte.
    std::string compare_sram(const program &p, const reference::memory &expected) {
        std::string text;
        std::set<unsigned> slices = {text_slice, table_slice};
        for (const auto &[icu, queue_text] : p.queues)
            if (icu < p.slices)
                slices.insert(icu);
        for (const auto &[address, word] : expected.words())
            slices.insert(address / GROQ_SLICE_BYTES);
        for (unsigned slice : slices)
            text += compare_slice(slice, expected);
        return text;
    }

    std::string compare_slice(unsigned slice, const reference::memory &expected) {
        uint32_t at = slice * uint32_t{GROQ_SLICE_BYTES};
        uint32_t end = at + GROQ_SLICE_BYTES;
        const auto &words = expected.words();
        for (auto w = words.lower_bound(at); w != words.end() && w->first < end; ++w) {
            const uint8_t *bytes = of.sram.get() + w->first;
            if (!is_zero(of.sram.get() + at, w->first - at))
                return "SRAM " + where(at) + " and on: the chip wrote to it\n";
            if (std::memcmp(bytes, w->second.lanes.data(), GROQ_VECTOR_BYTES) != 0)
                return "SRAM " + where(w->first) + lanes(bytes, w->second.lanes.data());
            at = w->first + GROQ_VECTOR_BYTES;
        }
        if (!is_zero(of.sram.get() + at, end - at))
            return "SRAM " + where(at) + " and on: the chip wrote to it\n";
        return "";
    }

    static std::string where(uint32_t address) {
        return "slice " + std::to_string(address / GROQ_SLICE_BYTES) + " word " +
               std::to_string(address % GROQ_SLICE_BYTES / GROQ_VECTOR_BYTES);
    }

    static std::string lanes(const uint8_t *got, const uint8_t *wanted) {
        std::ostringstream out;
        for (unsigned lane = 0, shown = 0; lane < GROQ_LANES && shown < 4; ++lane)
            if (got[lane] != wanted[lane] && ++shown)
                out << ", lane " << lane << ": " << +got[lane] << " in the chip, "
                    << +wanted[lane] << " in the reference";
        return out.str() + '\n';
    }

    // Errors go only when the chip itself writes.
    void clear(const reference::memory &used) {
        queue.open_everything();
        for (const auto &[address, word] : used.words())
            if (word.errors.empty())
                std::memset(of.sram.get() + address, 0, GROQ_VECTOR_BYTES);
            else
                queue.execute(fill_command(address, GROQ_VECTOR_BYTES, 0));
    }

    card of;
    driver_queue queue;
};

bench::bench() = default;
bench::~bench() = default;

bench::chip &bench::chip_for(const program &p) {
    auto &c = chips_[p.slices];
    if (!c)
        c = std::make_unique<chip>(p.slices);
    return *c;
}

std::string bench::compare(const program &p, reference::mistake wrong) {
    chip &c = chip_for(p);
    reference::outcome got = c.run(p);
    injections_left left;
    expected_ = run_reference(p, expected_sram_, std::move(wrong), &left);
    std::string text = difference(got, expected_) + c.compare_sram(p, expected_sram_);
    if (!text.empty() || left.wait)
        chips_.erase(p.slices); // nobody knows what was written, or what is to come
    else
        c.clear(expected_sram_);
    return left.ambiguous ? "" : text;
}

reference::outcome run_reference(const program &p, reference::memory &sram,
                                 reference::mistake wrong, injections_left *left) {
    sram = reference::memory(p.sram_bytes());
    for (const auto &[address, bytes] : p.image())
        sram.load(address, bytes);
    reference::machine m(sram, p.all_windows(), std::move(wrong));
    for (const injection &e : p.injections)
        e.into_stream ? m.inject(e.where, e.tile, e.first, e.second)
                      : sram.inject(e.where, e.first, e.second);
    reference::outcome o = m.run(p.launches(), p.max_cycles);
    if (left)
        *left = {m.injections_wait(), m.injection_is_ambiguous()};
    return o;
}

} // namespace groq::conformance
