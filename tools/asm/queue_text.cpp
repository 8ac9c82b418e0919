// SPDX-License-Identifier: MIT
#include "asm/queue_text.hpp"

#include <algorithm>

namespace groq::assembly {
namespace {

constexpr std::uint64_t most_nop = 65535;
constexpr std::uint64_t fetch_cycles = 2; // an Ifetch reads two words
constexpr std::uint64_t never = ~std::uint64_t{0};

// What is needed of a queue that is to hold another chunk: how many of its instructions
// have issued before it arrives.
constexpr std::size_t issued_for_room(unsigned chunk) {
    const std::size_t with_it = std::size_t{chunk + 1} * GROQ_TEXT_INSTRUCTIONS;
    return with_it - std::min<std::size_t>(with_it, GROQ_TEXT_CAPACITY);
}

class queue_writer {
public:
    queue_writer(const schedule &owner, const interval_set &port, unsigned chunks,
                 bool divides)
        : owner_(owner), port_(port), chunks_(chunks), divides_(divides) {}

    // False when an instruction cannot issue in its cycle.
    bool write(std::span<const burst> bursts) {
        for (ahead_ = bursts; !ahead_.empty() && trouble_.reason.empty();)
            write_next();
        return trouble_.reason.empty();
    }

    const queue_text &text() const { return text_; }
    const feeding_trouble &trouble() const { return trouble_; }

private:
    void write_next() {
        burst next = ahead_.front();
        if (next.cycle < cycle_)
            return fail_parked(next.cycle);
        fetch_before(next.cycle);
        ahead_ = ahead_.subspan(1);
        if (divides_)
            next = fetch_within(next);
        issue(next);
    }

    void issue(const burst &b) {
        wait_until(b.cycle);
        append(b.code, b.cycle);
        if (b.again.times != 0)
            append(make<GROQ_OPCODE_REPEAT>({b.again.times, b.again.interval}),
                   b.cycle + 1);
        cycle_ = after(b);
    }

    std::uint64_t after(const burst &b) const {
        if (b.code.opcode() == GROQ_OPCODE_SYNC)
            return owner_.release(b.cycle).value_or(never);
        if (b.code.opcode() == GROQ_OPCODE_DESKEW_RUNTIME)
            return b.cycle + static_cast<std::uint64_t>(get(b.code, "cycles"));
        return b.last() + 1;
    }

    bool wants_text() const { return text_.fetches.size() + 1 < chunks_; }

    void fetch_before(std::uint64_t until) {
        while (wants_text()) {
            const std::uint64_t cycle = first_fetch(cycle_);
            if (cycle < until && cycle - cycle_ <= most_nop)
                fetch(cycle);
            else if (until - cycle_ > most_nop)
                wait_until(cycle_ + most_nop); // makes room, as it is text itself
            else
                return;
        }
    }

    // Issues what comes before the fetches that fit between repetitions; gives the
    // rest.
    burst fetch_within(burst b) {
        while (wants_text() && b.again.times != 0 && b.again.interval > 1) {
            std::uint64_t cycle = first_fetch(b.cycle + 1);
            while (cycle < b.last() && (cycle - b.cycle) % b.again.interval == 0)
                cycle = first_fetch(cycle + 1);
            if (cycle >= b.last())
                break;
            const auto before =
                static_cast<std::uint32_t>((cycle - b.cycle) / b.again.interval);
            issue({b.cycle, b.code, {before, b.again.interval}});
            fetch(cycle);
            b = {b.cycle + std::uint64_t{before + 1} * b.again.interval,
                 *stepped(b.code, before + 1),
                 {b.again.times - before - 1, b.again.interval}};
        }
        return b;
    }

    // The first cycle, not before this one, in which the port and the queue are ready
    // for the next chunk.
    std::uint64_t first_fetch(std::uint64_t from) const {
        const std::uint64_t fetched =
            text_.fetches.empty() ? 0 : text_.fetches.back().cycle + fetch_cycles;
        return port_.first_free(std::max({from, fetched, first_room(next_chunk())}),
                                fetch_cycles);
    }

    unsigned next_chunk() const {
        return static_cast<unsigned>(text_.fetches.size() + 1);
    }

    // An Ifetch before this cycle could overflow the queue. The one that is looked for
    // is among the instructions that have issued, NOPs that are still to come are not.
    std::uint64_t first_room(unsigned chunk) const {
        const std::size_t needed = issued_for_room(chunk);
        if (needed == 0)
            return 0;
        const std::uint64_t last =
            needed <= issued_.size() ? issued_[needed - 1] : taken_ahead(needed);
        return last + 1 - std::min<std::uint64_t>(last + 1, GROQ_DELAY_IFETCH);
    }

    // When that many instructions have been taken from the text, as far as it is known.
    std::uint64_t taken_ahead(std::size_t needed) const {
        std::size_t count = issued_.size() + 1;
        if (count >= needed)
            return cycle_;
        for (const burst &b : ahead_) {
            if (++count == needed)
                return b.cycle;
            if (b.again.times != 0 && ++count == needed)
                return b.cycle + 1;
        }
        return never - 1;
    }

    void wait_until(std::uint64_t until) {
        while (cycle_ < until) {
            const std::uint64_t idle = std::min(until - cycle_, most_nop);
            append(make<GROQ_OPCODE_NOP>({static_cast<std::int64_t>(idle)}), cycle_);
            cycle_ += idle;
        }
    }

    void fetch(std::uint64_t cycle) {
        wait_until(cycle);
        const unsigned chunk = next_chunk();
        const std::size_t index = text_.instructions.size();
        append(make<GROQ_OPCODE_IFETCH>(), cycle);
        text_.fetches.push_back({index, chunk, cycle});
        ++cycle_;
    }

    // An instruction that is taken from the text in the cycle.
    void append(const instruction &code, std::uint64_t cycle) {
        const auto chunk =
            static_cast<unsigned>(text_.instructions.size() / GROQ_TEXT_INSTRUCTIONS);
        text_.instructions.push_back(code);
        issued_.push_back(cycle);
        if (chunk == 0 || chunk >= chunks_ || !trouble_.reason.empty())
            return;
        if (chunk > text_.fetches.size() ||
            text_.fetches[chunk - 1].cycle + GROQ_DELAY_IFETCH > cycle)
            fail_starved(chunk, cycle);
    }

    void fail_starved(unsigned chunk, std::uint64_t cycle) {
        const std::uint64_t latest = cycle - GROQ_DELAY_IFETCH;
        trouble_ = {cycle,
                    "the queue runs out of text: from cycle " +
                        std::to_string(first_room(chunk)) + " to " +
                        std::to_string(latest) +
                        " it has no idle cycle in which to fetch more from a slice "
                        "not in use; leave it one for every 40 instructions, or space "
                        "like instructions equally, so that they make one repeat"};
    }

    void fail_parked(std::uint64_t cycle) {
        trouble_ = {cycle,
                    cycle_ == never
                        ? "the queue is parked, and no notify reaches it"
                        : "the queue is parked before cycle " + std::to_string(cycle_)};
    }

    const schedule &owner_;
    const interval_set &port_;
    unsigned chunks_;
    bool divides_;
    std::span<const burst> ahead_;
    queue_text text_;
    std::vector<std::uint64_t> issued_; // of the text: when each is taken
    std::uint64_t cycle_ = 0;           // the first in which nothing has issued
    feeding_trouble trouble_;
};

// Every Ifetch makes the text longer: try until the chunks fetched are those written.
std::optional<queue_text> try_to_write(std::span<const burst> bursts,
                                       const schedule &owner, const interval_set &port,
                                       bool divides, feeding_trouble &trouble) {
    unsigned chunks = 1;
    while (true) {
        queue_writer writer(owner, port, chunks, divides);
        if (!writer.write(bursts)) {
            trouble = writer.trouble();
            return {};
        }
        if (writer.text().chunks() == chunks)
            return writer.text();
        chunks = writer.text().chunks();
    }
}

} // namespace

std::optional<queue_text> write_queue(std::span<const burst> bursts,
                                      const schedule &owner, const interval_set &port,
                                      feeding_trouble &trouble) {
    for (const bool divides : {false, true})
        if (auto text = try_to_write(bursts, owner, port, divides, trouble))
            return text;
    return {};
}

} // namespace groq::assembly
