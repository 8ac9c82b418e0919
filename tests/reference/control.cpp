// SPDX-License-Identifier: MIT
// Queues and control instructions, docs/isa.md section 4.
#include <ostream>

#include "hw/groq_regs.h"
#include "machine.hpp"

namespace groq::reference {

void machine::load(const launch &entry) {
    queue q;
    q.icu = entry.icu;
    q.remaining = entry.count;
    for (const text_entry &t : instructions_at(entry.text))
        q.text.push_back(t);
    for (const text_entry &t : instructions_at(entry.text + GROQ_VECTOR_BYTES))
        q.text.push_back(t);
    queues_[entry.icu] = q;
    count_errors_of(entry.icu);
    count();
    need_correct();
}

// Of one word. Text that is fetched is consumed: its errors count.
std::vector<machine::text_entry> machine::instructions_at(uint32_t address) {
    vector word = sram_.read(address);
    check_errors(word, GROQ_TILES, address, 0);
    std::vector<text_entry> text;
    for (uint32_t at = 0; at < GROQ_VECTOR_BYTES; at += GROQ_INSTRUCTION_BYTES) {
        text_entry t{{}, address + at};
        for (uint32_t n = 0; n < GROQ_INSTRUCTION_BYTES; ++n)
            t.word[n] = word.lanes[at + n];
        text.push_back(t);
    }
    return text;
}

void machine::issue_next(queue &q) {
    issue current;
    current.icu = q.icu;
    current.text.address = ~uint32_t{0};
    try {
        current.text = take_text(q);
        begin(q, current.text);
    } catch (const trap &t) {
        record(current, t);
    }
}

machine::text_entry machine::take_text(queue &q) {
    while (!q.arriving.empty() && q.arriving.front().issues_from <= cycle_) {
        for (const text_entry &t : q.arriving.front().text)
            q.text.push_back(t);
        q.arriving.pop_front();
    }
    if (q.text.empty())
        throw trap{GROQ_FAULT_STARVED};
    text_entry next = q.text.front();
    q.text.pop_front();
    --q.remaining;
    return next;
}

void machine::begin(queue &q, const text_entry &text) {
    const operation *op = find_operation(text.word[0]);
    bool is_control = op && op->is_control();
    if (q.superlanes == 0 && !is_control)
        throw trap{GROQ_FAULT_POWER};
    std::optional<instruction> decoded = decode(text.word, q.icu);
    if (!decoded)
        throw trap{GROQ_FAULT_ILLEGAL};
    issue i{q.icu, text, *decoded, 0, q.superlanes};
    if (op->opcode == GROQ_OPCODE_REPEAT)
        return repeat(q, i);
    q.before = i;
    q.next = cycle_ + 1;
    last_effect_ = std::max(last_effect_, cycle_);
    is_control ? control(q, i) : execute(i);
}

// It takes no cycle: one cycle after the original it is looked at, and its first
// repetition may be due at once.
void machine::repeat(queue &q, const issue &i) {
    if (!q.before || q.before->what.of->is_control() || q.before->repetition > 0)
        throw trap{GROQ_FAULT_ILLEGAL};
    q.repetitions = i.at("times");
    q.interval = static_cast<uint64_t>(i.at("interval"));
    q.next = cycle_ - 1 + q.interval;
    issue_repetition(q);
}

void machine::issue_repetition(queue &q) {
    if (cycle_ < q.next)
        return;
    issue &again = *q.before;
    ++again.repetition;
    --q.repetitions;
    q.next = cycle_ + (q.repetitions > 0 ? q.interval : 1);
    last_effect_ = std::max(last_effect_, cycle_);
    try {
        execute(again);
    } catch (const trap &t) {
        record(again, t);
    }
}

void machine::control(queue &q, const issue &i) {
    switch (i.what.of->opcode) {
    case GROQ_OPCODE_NOP:
        q.next = cycle_ + static_cast<uint64_t>(i.at("cycles"));
        break;
    case GROQ_OPCODE_IFETCH:
        fetch_first_word(q, i);
        break;
    case GROQ_OPCODE_SYNC:
        q.parked = true;
        break;
    case GROQ_OPCODE_NOTIFY:
        notify(i);
        break;
    default:
        q.superlanes = i["superlanes"];
    }
}

// "Like two reads", in this cycle and in the next.
void machine::fetch_first_word(queue &q, const issue &i) {
    auto address = static_cast<uint32_t>(i.at("text"));
    if (uint64_t{address} + GROQ_TEXT_BYTES > sram_.bytes())
        throw trap{GROQ_FAULT_ADDRESS, address};
    fetch_word(address);
    size_t held = q.text.size() + q.arriving.size() * GROQ_TEXT_INSTRUCTIONS;
    if (held + GROQ_TEXT_INSTRUCTIONS > wrong_.text_capacity)
        throw trap{GROQ_FAULT_TEXT_OVERFLOW, address};
    q.arriving.push_back({cycle_ + delay_of(i), instructions_at(address)});
    need_correct();
    q.fetch = i;
}

void machine::fetch_word(uint32_t address) {
    if (!windows_allow(windows_, sram_, address, GROQ_VECTOR_BYTES,
                       GROQ_WINDOW_EXECUTE))
        throw trap{GROQ_FAULT_ACCESS, address};
    use_slice(address, false, {bank_of(address)});
}

void machine::fetch_second_word(queue &q) {
    issue i = *q.fetch;
    q.fetch.reset();
    try {
        auto address = static_cast<uint32_t>(i.at("text")) + GROQ_VECTOR_BYTES;
        fetch_word(address);
        for (const text_entry &t : instructions_at(address))
            q.arriving.back().text.push_back(t);
        need_correct();
    } catch (const trap &t) {
        record(i, t);
    }
}

void machine::notify(const issue &i) {
    ++notifies_;
    schedule(i, wrong_.sync, [this] {
        --notifies_;
        last_effect_ = std::max(last_effect_, cycle_);
        for (auto &[icu, q] : queues_) {
            if (q.parked)
                q.next = cycle_;
            q.parked = false;
        }
    });
}

void machine::execute(const issue &i) {
    issued_.push_back(i.icu);
    consumed_.clear();
    if (out_)
        *out_ << "  queue " << i.icu << ": " << i.what.of->mnemonic << '\n';
    switch (i.what.of->queue) {
    case queue_kind::MEM:
        return execute_memory(i);
    case queue_kind::VXM:
        return execute_vector(i);
    case queue_kind::MXW:
    case queue_kind::MXA:
    case queue_kind::MXR:
        return execute_matrix(i);
    default:
        return execute_switch(i);
    }
}

} // namespace groq::reference
