// SPDX-License-Identifier: MIT
#include "machine.hpp"

#include <algorithm>
#include <ostream>
#include <utility>

namespace groq::reference {

machine::machine(memory &sram, std::vector<window> windows, mistake wrong)
    : sram_(sram), windows_(std::move(windows)), wrong_(std::move(wrong)) {}

outcome machine::run(const std::vector<launch> &table, uint64_t max_cycles) {
    launch_all(table);
    if (!faults_.empty())
        return outcome_;
    for (cycle_ = 0; !is_finished(); ++cycle_) {
        if (cycle_ == max_cycles) {
            take_effects(); // writes of the cycle before
            return end_at_limit();
        }
        streams_.shift();
        used_.clear();
        take_effects();
        for (auto &[icu, q] : queues_) {
            step(q);
            count_errors_of(icu);
        }
        look_for_lost_results();
        look_for_deadlock();
        print();
        if (!faults_.empty())
            outcome_.fault = first_fault();
        count();
        if (!faults_.empty())
            return end_at_fault();
    }
    outcome_.cycles = last_effect_ + 1 + GROQ_DELAY_DRAIN;
    cycle_ = max_cycles;
    return outcome_.cycles > max_cycles ? end_at_limit() : outcome_;
}

// A deadlock comes after the issues of its cycle: their writes stand.
outcome machine::end_at_fault() {
    ++cycle_;
    if (outcome_.fault.cause == GROQ_FAULT_DEADLOCK)
        take_effects();
    return outcome_;
}

outcome machine::end_at_limit() {
    outcome_.cycles = 0;
    outcome_.fault = {};
    outcome_.fault.cause = GROQ_FAULT_CYCLE_LIMIT;
    outcome_.fault.cycle = cycle_;
    return outcome_;
}

// All text is read before the first that is wrong ends it.
void machine::launch_all(const std::vector<launch> &table) {
    for (const launch &entry : table) {
        issue nobody;
        nobody.icu = entry.icu;
        nobody.text.address = ~uint32_t{0};
        try {
            load(entry);
        } catch (const trap &t) {
            record(nobody, t);
            outcome_.fault = faults_.front();
        }
    }
    if (faults_.empty())
        refuse_links(table);
}

// This machine is alone: no link of it is up.
void machine::refuse_links(const std::vector<launch> &table) {
    for (const launch &entry : table) {
        issue nobody;
        nobody.icu = entry.icu;
        nobody.text.address = ~uint32_t{0};
        if (kind_of_queue(entry.icu) == queue_kind::C2C)
            record(nobody, {GROQ_FAULT_LINK_DOWN});
    }
    if (!faults_.empty())
        outcome_.fault = first_fault();
}

void machine::step(queue &q) {
    if (q.fetch)
        fetch_second_word(q);
    if (q.finished() || q.parked)
        return;
    if (q.repetitions > 0)
        issue_repetition(q);
    else if (cycle_ >= q.next)
        issue_next(q);
}

// "Ordered by ICU number": of two drives the later number is in conflict.
void machine::take_effects() {
    auto due = events_.extract(cycle_);
    if (due.empty())
        return;
    std::stable_sort(
        due.mapped().begin(), due.mapped().end(),
        [](const event &a, const event &b) { return a.by.icu < b.by.icu; });
    for (event &e : due.mapped()) {
        try {
            e.act();
        } catch (const trap &t) {
            record(e.by, t);
        }
    }
}

void machine::look_for_lost_results() {
    for (auto &[number, p] : planes_) {
        issue nobody;
        nobody.icu = GROQ_ICU_MXM(number / GROQ_MXM_PLANES,
                                  GROQ_MXM_QUEUE_RESULTS(number % GROQ_MXM_PLANES));
        nobody.text.address = ~uint32_t{0};
        if (p.leaving)
            record(nobody, {GROQ_FAULT_MXM_LOST});
        p.leaving.reset();
    }
}

// After all that happens in the cycle; of the first queue that is parked.
void machine::look_for_deadlock() {
    bool parked_or_finished =
        std::all_of(queues_.begin(), queues_.end(), [](const auto &entry) {
            return entry.second.parked || entry.second.finished();
        });
    if (notifies_ > 0 || !parked_or_finished || !faults_.empty())
        return;
    for (const auto &[icu, q] : queues_)
        if (q.parked)
            return record(*q.before, {GROQ_FAULT_DEADLOCK});
}

void machine::count_errors_of(unsigned icu) {
    errors_of_queues_[icu] = std::exchange(errors_, {});
}

// Of the cycle of a fault: the issues of the queues before the one that faults, and
// what it and they have consumed. A deadlock comes after everything.
void machine::count() {
    bool all = outcome_.fault.cause == GROQ_FAULT_NONE ||
               outcome_.fault.cause == GROQ_FAULT_DEADLOCK;
    for (unsigned icu : issued_)
        if (all || icu < outcome_.fault.unit)
            ++outcome_.issues[icu];
    for (const auto &[icu, errors] : errors_of_queues_)
        if (all || icu <= outcome_.fault.unit) {
            outcome_.ecc_corrected += errors.corrected;
            outcome_.ecc_uncorrected += errors.uncorrected;
        }
    issued_.clear();
    errors_of_queues_.clear();
}

bool machine::is_finished() const {
    return events_.empty() &&
           std::all_of(queues_.begin(), queues_.end(),
                       [](const auto &entry) { return entry.second.finished(); });
}

void machine::record(const issue &by, const trap &why) {
    faults_.push_back({why.cause, by.icu, cycle_, why.address, by.text.address,
                       why.detail, by.text.word});
}

fault_record machine::first_fault() const {
    return *std::min_element(
        faults_.begin(), faults_.end(),
        [](const fault_record &a, const fault_record &b) { return a.unit < b.unit; });
}

void machine::schedule(const issue &by, unsigned delay, std::function<void()> act) {
    events_[cycle_ + delay].push_back({by, std::move(act)});
}

void machine::print() const {
    if (!out_)
        return;
    *out_ << "cycle " << cycle_ << '\n';
    for (int position = -GROQ_POSITION_MXM; position <= GROQ_POSITION_MXM; ++position)
        for (unsigned stream = 0; stream < 2 * GROQ_STREAMS; ++stream)
            if (const auto &value = streams_.at(position, stream))
                *out_ << "  " << position
                      << (stream < GROQ_STREAMS ? " east " : " west ")
                      << stream % GROQ_STREAMS << ": " << +value->lanes[0] << ' '
                      << +value->lanes[1] << " ... " << +value->lanes[GROQ_LANES - 1]
                      << '\n';
    for (const fault_record &f : faults_)
        *out_ << "  fault " << f.cause << " of queue " << f.unit << '\n';
}

int position_of(unsigned icu) {
    if (icu < GROQ_ICU_VXM(0)) {
        unsigned slice = icu % GROQ_SLICES;
        int distance = static_cast<int>(GROQ_POSITION_MEM(slice / GROQ_SLICES_PER_HOP));
        return icu < GROQ_SLICES ? -distance : distance;
    }
    if (icu < GROQ_ICU_SXM(GROQ_WEST, 0))
        return GROQ_POSITION_VXM;
    if (icu < GROQ_ICU_MXM(GROQ_WEST, 0))
        return icu < GROQ_ICU_SXM(GROQ_EAST, 0) ? -GROQ_POSITION_SXM
                                                : GROQ_POSITION_SXM;
    return icu < GROQ_ICU_MXM(GROQ_EAST, 0) ? -GROQ_POSITION_MXM : GROQ_POSITION_MXM;
}

} // namespace groq::reference
