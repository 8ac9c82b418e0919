// SPDX-License-Identifier: MIT
#include "asm/timeline.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <queue>
#include <tuple>

#include "asm/effect.hpp"
#include "asm/queue.hpp"

namespace groq::assembly {
namespace {

struct fetched_text {
    std::uint64_t ready;
    std::uint32_t address;
};

struct text_instruction {
    instruction code;
    std::uint32_t address;
};

struct running_queue {
    unsigned icu = 0;
    std::uint64_t count = 0; // instructions still to take
    std::uint64_t cycle = 0; // of the next issue
    bool parked = false;
    std::deque<text_instruction> text;
    std::deque<fetched_text> coming;
    std::optional<issue> previous; // what a Repeat would repeat
};

class timeline_maker {
public:
    timeline_maker(const program &source, const entry_point &entry)
        : image_(source), entry_(entry) {}

    timeline make() && {
        start();
        while (result_.faults.empty() && !due_.empty())
            step();
        if (result_.faults.empty())
            check_parked();
        std::ranges::sort(result_.issues, {},
                          [](const issue &i) { return std::tuple(i.cycle, i.icu); });
        if (result_.faults.empty())
            result_.cycles = last_ + 1 + GROQ_DELAY_DRAIN;
        return std::move(result_);
    }

private:
    static constexpr std::size_t notification = ~std::size_t{0};
    // A queue's next issue, or a Notify that reaches all queues. Of one cycle the
    // notifications come first.
    struct due {
        std::uint64_t cycle;
        std::size_t queue;
        bool operator>(const due &other) const {
            return std::tuple(cycle, queue + 1) >
                   std::tuple(other.cycle, other.queue + 1);
        }
    };

    void start() {
        for (const groq_launch &each : image_.read_launches(entry_)) {
            running_queue &queue = queues_.emplace_back();
            queue.icu = each.icu;
            queue.count = each.count;
            load_text(queue, each.text);
            due_.push({0, queues_.size() - 1});
        }
    }

    void step() {
        const due next = due_.top();
        due_.pop();
        if (next.queue == notification)
            return release(next.cycle);
        running_queue &queue = queues_[next.queue];
        if (queue.count == 0)
            return;
        if (result_.issues.size() > most_issues)
            return fault(queue, "more than " + std::to_string(most_issues) +
                                    " issues: too long to follow");
        take(queue);
        if (!queue.parked)
            due_.push({queue.cycle, next.queue});
    }

    void take(running_queue &queue) {
        while (!queue.coming.empty() && queue.coming.front().ready <= queue.cycle) {
            const fetched_text text = queue.coming.front();
            queue.coming.pop_front();
            load_text(queue, text.address);
            if (queue.text.size() > GROQ_TEXT_CAPACITY)
                return fail_overflow(queue, text.ready);
        }
        if (queue.text.empty())
            return fault(queue, "STARVED: no text to issue");
        const text_instruction next = queue.text.front();
        queue.text.pop_front();
        --queue.count;
        if (auto reason = why_illegal(queue, next.code); !reason.empty())
            return fault(queue, "ILLEGAL: " + reason);
        execute(queue, next);
    }

    static std::string why_illegal(const running_queue &queue,
                                   const instruction &code) {
        if (auto reason = defect(code); !reason.empty())
            return reason;
        if (code.opcode() == GROQ_OPCODE_REPEAT && !queue.previous)
            return "repeat follows no instruction of the unit";
        return violation(code, queue.icu);
    }

    void execute(running_queue &queue, const text_instruction &next) {
        const issue now{queue.cycle, queue.icu, next.address, next.code};
        if (next.code.opcode() == GROQ_OPCODE_REPEAT)
            return repeat(queue, next.code);
        record(now);
        queue.previous.reset();
        switch (next.code.opcode()) {
        case GROQ_OPCODE_NOP:
            queue.cycle += static_cast<std::uint64_t>(get(next.code, "cycles"));
            return;
        case GROQ_OPCODE_IFETCH:
            fetch(queue, static_cast<std::uint32_t>(get(next.code, "text")));
            break;
        case GROQ_OPCODE_SYNC:
            queue.parked = true;
            return;
        case GROQ_OPCODE_NOTIFY:
            due_.push({queue.cycle + GROQ_DELAY_SYNC, notification});
            last_ = std::max(last_, queue.cycle + GROQ_DELAY_SYNC);
            break;
        case GROQ_OPCODE_CONFIG:
            break;
        default:
            queue.previous = now;
        }
        ++queue.cycle;
    }

    void repeat(running_queue &queue, const instruction &code) {
        const issue first = *queue.previous;
        const auto times = static_cast<std::uint64_t>(get(code, "times"));
        const auto interval = static_cast<std::uint64_t>(get(code, "interval"));
        queue.previous.reset();
        for (std::uint64_t i = 1; i <= times; ++i) {
            queue.cycle = first.cycle + i * interval;
            const auto again = stepped(first.code, i);
            if (!again)
                return fault(queue, "ADDRESS: steps out of range");
            record({queue.cycle, queue.icu, first.text, *again});
        }
        ++queue.cycle;
    }

    void fetch(running_queue &queue, std::uint32_t address) {
        queue.coming.push_back({queue.cycle + GROQ_DELAY_IFETCH, address});
    }

    void release(std::uint64_t cycle) {
        for (std::size_t i = 0; i < queues_.size(); ++i)
            if (queues_[i].parked) {
                queues_[i].parked = false;
                queues_[i].cycle = cycle;
                due_.push({cycle, i});
            }
    }

    void check_parked() {
        for (const running_queue &queue : queues_)
            if (queue.parked)
                fault(queue, "DEADLOCK: parked, and no notify on its way");
    }

    void load_text(running_queue &queue, std::uint32_t address) {
        std::array<std::byte, GROQ_TEXT_BYTES> bytes;
        image_.read(address, bytes);
        for (unsigned i = 0; i < GROQ_TEXT_INSTRUCTIONS; ++i) {
            const unsigned offset = i * GROQ_INSTRUCTION_BYTES;
            const auto code = std::span(bytes).subspan(offset);
            queue.text.push_back(
                {from_bytes(code.first<GROQ_INSTRUCTION_BYTES>()), address + offset});
        }
    }

    void record(const issue &now) {
        result_.issues.push_back(now);
        last_ = std::max(last_, now.cycle + last_effect(now.code));
    }

    void fail_overflow(const running_queue &queue, std::uint64_t cycle) {
        result_.faults.push_back(
            {true, entry_.name, queue.icu, cycle - GROQ_DELAY_IFETCH,
             "TEXT_OVERFLOW: text arrives at a full queue", cycle});
    }

    void fault(const running_queue &queue, const std::string &message) {
        result_.faults.push_back({true, entry_.name, queue.icu, queue.cycle, message});
    }

    sram_image image_;
    const entry_point &entry_;
    std::vector<running_queue> queues_;
    std::priority_queue<due, std::vector<due>, std::greater<>> due_;
    std::uint64_t last_ = 0;
    timeline result_;
};

} // namespace

unsigned last_effect(const instruction &code) {
    unsigned last = 0;
    for (const stream_use &use : stream_uses(code))
        last = std::max(last, use.delay);
    return last;
}

timeline make_timeline(const program &source, const entry_point &entry) {
    return timeline_maker(source, entry).make();
}

} // namespace groq::assembly
