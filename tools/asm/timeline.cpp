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
    std::int64_t superlanes = GROQ_TILES;
    bool parked = false;
    std::deque<text_instruction> text;
    std::deque<fetched_text> coming;
    std::optional<issue> previous; // what a Repeat repeats
    std::uint64_t repetition = 0;  // of it, the next
    std::uint64_t repetitions = 0;
    std::uint64_t interval = 0;

    bool is_repeating() const { return repetition != 0; }
    bool is_exhausted() const { return count == 0 && !is_repeating(); }
};

class follower {
public:
    follower(const sram_image &image, std::vector<bool> &written,
             const entry_point &entry, findings &found, const issue_visitor &visit)
        : image_(image), written_(written), found_(found), visit_(visit) {
        for (const groq_launch &each : image_.read_launches(entry))
            launch(each);
        std::ranges::stable_sort(queues_, {}, &running_queue::icu);
        for (std::size_t i = 0; i < queues_.size(); ++i)
            due_.push({0, i});
    }

    followed follow() && {
        while (!due_.empty() && due_.top().cycle <= stop_)
            step();
        if (stop_ == findings::never)
            check_parked();
        if (stop_ != findings::never)
            return {false, aligns_, stop_};
        return {true, aligns_, last_ + 1 + GROQ_DELAY_DRAIN};
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

    void launch(const groq_launch &each) {
        running_queue &queue = queues_.emplace_back();
        queue.icu = each.icu;
        queue.count = each.count;
        (void)load_text(queue, each.text);
    }

    void step() {
        const due next = due_.top();
        due_.pop();
        reached_ = next.cycle;
        if (next.queue == notification)
            return release(next.cycle);
        running_queue &queue = queues_[next.queue];
        if (queue.is_repeating())
            repeat(queue);
        else if (!queue.is_exhausted())
            take(queue);
        if (!queue.parked && !queue.is_exhausted())
            due_.push({queue.cycle, next.queue});
    }

    void take(running_queue &queue) {
        if (!receive_text(queue))
            return;
        if (queue.text.empty())
            return fault(GROQ_FAULT_STARVED, queue, "no text to issue");
        const text_instruction next = queue.text.front();
        queue.text.pop_front();
        --queue.count;
        if (queue.superlanes == 0 && !is_control(next.code))
            return fault(GROQ_FAULT_POWER, queue,
                         "config has left the queue's unit without power");
        if (auto reason = why_illegal(queue, next.code); !reason.empty())
            return fault(GROQ_FAULT_ILLEGAL, queue, reason);
        if (next.code.opcode() == GROQ_OPCODE_REPEAT)
            return begin_repeat(queue, next.code);
        execute(queue, {queue.cycle, queue.icu, next.address, next.code});
    }

    static bool is_control(const instruction &code) {
        const operation *op = code.find_operation();
        return op != nullptr && op->queue == queue_kind::ANY;
    }

    bool receive_text(running_queue &queue) {
        while (!queue.coming.empty() && queue.coming.front().ready <= queue.cycle) {
            const fetched_text text = queue.coming.front();
            queue.coming.pop_front();
            if (!load_text(queue, text.address))
                return false;
            if (queue.text.size() > GROQ_TEXT_CAPACITY) {
                overflow(queue, text.ready);
                return false;
            }
        }
        return true;
    }

    static std::string why_illegal(const running_queue &queue,
                                   const instruction &code) {
        if (auto reason = defect(code); !reason.empty())
            return reason;
        if (code.opcode() == GROQ_OPCODE_REPEAT && !queue.previous)
            return "repeat follows no instruction of the unit";
        return violation(code, queue.icu);
    }

    void execute(running_queue &queue, const issue &now) {
        queue.previous.reset();
        switch (now.code.opcode()) {
        case GROQ_OPCODE_NOP:
            queue.cycle += static_cast<std::uint64_t>(get(now.code, "cycles")) - 1;
            break;
        case GROQ_OPCODE_IFETCH:
            fetch(queue, static_cast<std::uint32_t>(get(now.code, "text")));
            break;
        case GROQ_OPCODE_SYNC:
            queue.parked = true;
            break;
        case GROQ_OPCODE_NOTIFY:
            due_.push({now.cycle + GROQ_DELAY_SYNC, notification});
            break;
        case GROQ_OPCODE_CONFIG:
            queue.superlanes = get(now.code, "superlanes");
            break;
        case GROQ_OPCODE_DESKEW_RUNTIME:
            queue.cycle += static_cast<std::uint64_t>(get(now.code, "cycles")) - 1;
            break;
        default:
            if (can_repeat(*now.code.find_operation()))
                queue.previous = now;
        }
        aligns_ |= aligns(now.code.opcode());
        record(now);
        ++queue.cycle;
    }

    void begin_repeat(running_queue &queue, const instruction &code) {
        queue.repetition = 1;
        queue.repetitions = static_cast<std::uint64_t>(get(code, "times"));
        queue.interval = static_cast<std::uint64_t>(get(code, "interval"));
        queue.cycle = queue.previous->cycle + queue.interval;
        if (queue.interval == 1)
            repeat(queue);
    }

    void repeat(running_queue &queue) {
        const auto again = stepped(queue.previous->code, queue.repetition);
        if (!again)
            return fault(GROQ_FAULT_ADDRESS, queue, "steps out of range");
        record({queue.cycle, queue.icu, queue.previous->text, *again});
        if (queue.repetition++ < queue.repetitions) {
            queue.cycle += queue.interval;
            return;
        }
        queue.repetition = 0;
        queue.previous.reset();
        ++queue.cycle;
    }

    void record(const issue &now) {
        last_ = std::max(last_, now.cycle + last_effect(now.code));
        note_writes(now);
        if (visit_)
            visit_(now);
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

    // The chip stops in the last cycle in which anything happened, and blames the
    // first.
    void check_parked() {
        const auto first = std::ranges::find_if(queues_, &running_queue::parked);
        for (auto queue = first; queue != queues_.end(); ++queue) {
            if (!queue->parked)
                continue;
            diagnostic &found =
                found_.fault(GROQ_FAULT_DEADLOCK, queue->icu, queue->cycle - 1,
                             "parked, and no notify on its way");
            found.fault_cycle = reached_;
            found.fault_icu = first->icu;
            queue->cycle = reached_;
            if (receive_text(*queue))
                stop(reached_);
        }
    }

    // False for text that the program itself has written.
    [[nodiscard]] bool load_text(running_queue &queue, std::uint32_t address) {
        if (is_written(address)) {
            give_up(queue, address);
            return false;
        }
        std::array<std::byte, GROQ_TEXT_BYTES> bytes;
        image_.read(address, bytes);
        for (unsigned i = 0; i < GROQ_TEXT_INSTRUCTIONS; ++i) {
            const unsigned offset = i * GROQ_INSTRUCTION_BYTES;
            const auto code = std::span(bytes).subspan(offset);
            queue.text.push_back(
                {from_bytes(code.first<GROQ_INSTRUCTION_BYTES>()), address + offset});
        }
        return true;
    }

    void note_writes(const issue &now) {
        for (const word_use &use : word_uses(now.icu, now.code))
            if (use.write)
                std::fill_n(written_.begin() + static_cast<std::ptrdiff_t>(use.first()),
                            use.count, true);
    }

    bool is_written(std::uint32_t address) const {
        const std::size_t word = address / GROQ_VECTOR_BYTES;
        return word + 1 < written_.size() && (written_[word] || written_[word + 1]);
    }

    void give_up(running_queue &queue, std::uint32_t address) {
        found_.warn(queue.icu, queue.cycle,
                    "executes text at " + address_text(address) +
                        " that the program may have written: not followed further");
        stop(queue, queue.cycle);
    }

    void overflow(running_queue &queue, std::uint64_t cycle) {
        found_
            .fault(GROQ_FAULT_TEXT_OVERFLOW, queue.icu, cycle - GROQ_DELAY_IFETCH,
                   "text arrives at a full queue")
            .fault_cycle = cycle;
        stop(queue, cycle);
    }

    void fault(std::uint32_t cause, running_queue &queue, const std::string &message) {
        found_.fault(cause, queue.icu, queue.cycle, message);
        stop(queue, queue.cycle);
    }

    void stop(running_queue &queue, std::uint64_t cycle) {
        queue.count = queue.repetition = 0;
        stop(cycle);
    }
    // Other queues may still fault in that cycle, nothing happens after it.
    void stop(std::uint64_t cycle) { stop_ = std::min(stop_, cycle); }

    const sram_image &image_;
    std::vector<bool> &written_;
    findings &found_;
    const issue_visitor &visit_;
    std::vector<running_queue> queues_; // by number
    std::priority_queue<due, std::vector<due>, std::greater<>> due_;
    std::uint64_t reached_ = 0;
    std::uint64_t last_ = 0;
    bool aligns_ = false;
    std::uint64_t stop_ = findings::never;
};

} // namespace

unsigned last_effect(const instruction &code) {
    if (code.opcode() == GROQ_OPCODE_NOTIFY)
        return GROQ_DELAY_SYNC;
    unsigned last = 0;
    for (const stream_use &use : stream_uses(code))
        last = std::max(last, use.delay);
    return last;
}

timeline::timeline(const program &source)
    : image_(source), written_(std::size_t{slice_count} * GROQ_SLICE_WORDS) {}

followed timeline::follow(const entry_point &entry, findings &found,
                          const issue_visitor &visit) {
    return follower(image_, written_, entry, found, visit).follow();
}

} // namespace groq::assembly
