// SPDX-License-Identifier: MIT
#include "asm/queue_text.hpp"

#include <algorithm>

namespace groq::assembly {
namespace {

constexpr std::uint64_t most_nop = 65535;
constexpr std::uint64_t fetch_cycles = 2; // an Ifetch reads two words

class queue_writer {
public:
    queue_writer(const schedule &owner, const interval_set &port, unsigned chunks)
        : owner_(owner), port_(port), chunks_(chunks) {}

    std::optional<queue_text> write(std::span<const burst> bursts,
                                    std::string &reason) {
        for (auto b = bursts.begin(); b != bursts.end() && reason_.empty(); ++b)
            write(*b);
        reason = reason_;
        if (reason_.empty() && text_.chunks() == chunks_)
            return std::move(text_);
        return {};
    }

    // What the text needs, as far as it is written.
    unsigned chunks() const { return text_.chunks(); }

private:
    void write(const burst &b) {
        if (b.cycle < cycle_) {
            reason_ = "cannot issue in cycle " + std::to_string(b.cycle) +
                      ": the queue is parked before cycle " + std::to_string(cycle_);
            return;
        }
        idle_until(b.cycle);
        append(b.code, b.cycle);
        if (b.again.times != 0)
            append(make<GROQ_OPCODE_REPEAT>({b.again.times, b.again.interval}),
                   b.cycle);
        cycle_ = after(b);
    }

    std::uint64_t after(const burst &b) const {
        if (b.code.opcode() == GROQ_OPCODE_SYNC)
            return owner_.release(b.cycle).value_or(~std::uint64_t{0});
        return b.last() + 1;
    }

    void idle_until(std::uint64_t until) {
        while (text_.fetches.size() + 1 < chunks_ && has_room()) {
            const std::uint64_t cycle =
                port_.first_free(std::max(cycle_, fetched_until()), fetch_cycles);
            if (cycle >= until)
                break;
            wait_until(cycle);
            fetch();
        }
        wait_until(until);
    }

    // The Ifetch before this one has the port until then.
    std::uint64_t fetched_until() const {
        return text_.fetches.empty() ? 0 : text_.fetches.back().cycle + fetch_cycles;
    }

    // The Ifetch itself still counts, so that it fits however the chip counts.
    bool has_room() const {
        const std::size_t fetched = (text_.fetches.size() + 1) * GROQ_TEXT_INSTRUCTIONS;
        return fetched + GROQ_TEXT_INSTRUCTIONS <=
               text_.instructions.size() + GROQ_TEXT_CAPACITY;
    }

    void wait_until(std::uint64_t until) {
        while (cycle_ < until) {
            const std::uint64_t idle = std::min(until - cycle_, most_nop);
            append(make<GROQ_OPCODE_NOP>({static_cast<std::int64_t>(idle)}), cycle_);
            cycle_ += idle;
        }
    }

    void fetch() {
        const auto chunk = static_cast<unsigned>(text_.fetches.size() + 1);
        const std::size_t index = text_.instructions.size();
        append(make<GROQ_OPCODE_IFETCH>(), cycle_);
        text_.fetches.push_back({index, chunk, cycle_});
        ++cycle_;
    }

    void append(const instruction &code, std::uint64_t needed) {
        const std::size_t chunk = text_.instructions.size() / GROQ_TEXT_INSTRUCTIONS;
        text_.instructions.push_back(code);
        if (chunk == 0 || !reason_.empty() || chunk >= chunks_)
            return;
        if (chunk > text_.fetches.size())
            reason_ =
                "no idle cycle to fetch text before cycle " + std::to_string(needed);
        else if (text_.fetches[chunk - 1].cycle + GROQ_DELAY_IFETCH > needed)
            reason_ = "text fetched in cycle " +
                      std::to_string(text_.fetches[chunk - 1].cycle) +
                      " comes too late for cycle " + std::to_string(needed);
    }

    const schedule &owner_;
    const interval_set &port_;
    unsigned chunks_;
    queue_text text_;
    std::uint64_t cycle_ = 0; // the first in which nothing has issued
    std::string reason_;
};

} // namespace

// Every Ifetch makes the text longer: try until the chunks fetched are those written.
std::optional<queue_text> write_queue(std::span<const burst> bursts,
                                      const schedule &owner, const interval_set &port,
                                      std::string &reason) {
    unsigned chunks = 1;
    while (true) {
        queue_writer writer(owner, port, chunks);
        if (auto text = writer.write(bursts, reason))
            return text;
        if (!reason.empty())
            return {};
        chunks = writer.chunks();
    }
}

} // namespace groq::assembly
