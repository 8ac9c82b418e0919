// SPDX-License-Identifier: MIT
#include "sequencer.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>

namespace groq::chip {

// Further than any program gets; a loaded state must not claim more.
constexpr uint64_t last_cycle = uint64_t{1} << 62;

bool sequencer::start(std::span<const groq_launch> launch, const grants &grants,
                      uint64_t max_cycles) {
    path_.start(grants);
    calendar_.clear();
    for (instruction_queue &q : queues_)
        q.state = queue_state::unused;
    position_ = last_issue_ = last_notify_ = cycles_ = 0;
    notify_cycles_ = 0;
    max_cycles_ = max_cycles;
    parked_ = awaiting_ = 0;
    unfinished_ = static_cast<uint32_t>(launch.size());
    bool ok = true;
    for (const groq_launch &entry : launch) {
        trouble t = load(entry);
        if (t && (ok || entry.icu < fault_.unit))
            ok = fail_without_text(entry.icu, 0, t);
    }
    return ok;
}

trouble sequencer::load(const groq_launch &entry) {
    instruction_queue &q = queues_[entry.icu];
    q.start(entry.count);
    q.text.load(entry.text, path_.text(entry.text));
    calendar_.schedule(0, 0, entry.icu);
    trouble first = path_.check_text(entry.text);
    trouble second = path_.check_text(entry.text + GROQ_VECTOR_BYTES);
    return first ? first : second;
}

sequencer::outcome sequencer::advance(uint64_t until, const std::atomic<bool> &stop) {
    while (!stop.load(std::memory_order_relaxed)) {
        uint64_t cycle = next_event();
        if (cycle >= std::min(until, max_cycles_)) {
            uint64_t reached = std::max(position_, std::min(until, max_cycles_));
            path_.disturb(position_, reached);
            position_ = reached;
            return position_ < max_cycles_ ? outcome::running : fail_limit();
        }
        path_.disturb(position_, cycle + 1);
        if (!execute_cycle(cycle)) {
            cycles_ = cycle;
            return outcome::faulted;
        }
        position_ = cycle + 1;
        if (!has_work())
            return finish_program();
    }
    return outcome::running;
}

// What a queue in the middle of a repetition goes through in every cycle is inline:
// a sixth of the time of a program whose slices are all busy.

// Queues in the order of their numbers, so that the first fault is the one
// that counts.
bool sequencer::execute_cycle(uint64_t cycle) {
    event_set events = calendar_.take(cycle);
    if (events.contains(event_set::notify))
        release_parked(cycle, events);
    while (!events.is_empty())
        if (!execute_queue(events.take_first(), cycle))
            return false;
    path_.end_cycle();
    return !is_deadlocked() || fail_deadlocked(cycle);
}

void sequencer::release_parked(uint64_t cycle, event_set &events) {
    events.remove(event_set::notify);
    notify_cycles_ &= ~std::rotl(uint64_t{1}, static_cast<int>(cycle % 64));
    for (uint32_t icu = 0; icu < queues_.size(); ++icu) {
        instruction_queue &q = queues_[icu];
        if (q.state != queue_state::parked)
            continue;
        --parked_;
        q.state = queue_state::running;
        q.next_issue = cycle;
        observer_.released(icu, cycle);
        events.add(icu);
        if (q.is_exhausted())
            finish(q);
    }
}

bool sequencer::execute_queue(uint32_t icu, uint64_t cycle) {
    instruction_queue &q = queues_[icu];
    if (is_collision(icu, cycle))
        return fail_collided();
    if (!receive_text(icu, cycle))
        return false;
    if (q.second_half == cycle && !fetch_second_half(icu, cycle))
        return false;
    if (q.state == queue_state::awaiting && q.next_issue == cycle) [[unlikely]]
        if (!end_await(icu, cycle))
            return false;
    if (q.state == queue_state::running && q.next_issue == cycle && !issue(icu, cycle))
        return false;
    return !path_.loses_result(icu, cycle) ||
           fail_without_text(icu, cycle, {GROQ_FAULT_MXM_LOST});
}

inline bool sequencer::receive_text(uint32_t icu, uint64_t cycle) {
    instruction_queue &q = queues_[icu];
    if (!q.takes_text() || q.text.deliver(cycle))
        return true;
    const text_queue::pending &p = *q.text.arriving(cycle);
    q.source.address = p.fetched_by;
    q.source.word = encode(GROQ_OPCODE_IFETCH, ifetch_fields{p.address});
    return fail(icu, cycle, {GROQ_FAULT_TEXT_OVERFLOW, 0, p.address});
}

// The Ifetch is still the current instruction: it issued one cycle ago.
bool sequencer::fetch_second_half(uint32_t icu, uint64_t cycle) {
    instruction_queue &q = queues_[icu];
    if (q.state == queue_state::unused)
        return true;
    trouble t = path_.fetch(q.current.ifetch.text + GROQ_VECTOR_BYTES, cycle);
    return !t || fail(icu, cycle, t);
}

inline bool sequencer::issue(uint32_t icu, uint64_t cycle) {
    instruction_queue &q = queues_[icu];
    return q.is_repeating() ? repeat(icu, cycle) : issue_next(icu, cycle);
}

bool sequencer::issue_next(uint32_t icu, uint64_t cycle) {
    instruction_queue &q = queues_[icu];
    if (q.text.is_empty())
        return fail_without_text(icu, cycle, {GROQ_FAULT_STARVED});
    text_queue::entry source = q.text.pop();
    if (q.superlanes == 0 && !is_control(source.word))
        return fail_refused(icu, cycle, source, GROQ_FAULT_POWER);
    instruction next;
    if (!decode(source.word, icu, next))
        return fail_refused(icu, cycle, source, GROQ_FAULT_ILLEGAL);
    --q.remaining;
    if (next.opcode == GROQ_OPCODE_REPEAT)
        return q.is_repeatable ? begin_repeat(icu, cycle, next.repeat)
                               : fail_refused(icu, cycle, source, GROQ_FAULT_ILLEGAL);
    q.source = source;
    q.current = next;
    q.repetition = q.repetitions = 0;
    return execute(icu, cycle);
}

// The original issued one cycle ago.
bool sequencer::begin_repeat(uint32_t icu, uint64_t cycle, const repeat_fields &f) {
    instruction_queue &q = queues_[icu];
    q.is_repeatable = false;
    q.repetitions = f.times;
    q.interval = f.interval;
    q.next_issue = cycle - 1 + f.interval;
    if (q.next_issue == cycle)
        return repeat(icu, cycle);
    calendar_.schedule(cycle, q.next_issue, icu);
    return true;
}

inline bool sequencer::repeat(uint32_t icu, uint64_t cycle) {
    instruction_queue &q = queues_[icu];
    ++q.repetition;
    observer_.issued(q, icu, cycle);
    if (!execute_unit(icu, cycle))
        return false;
    go_on(icu, cycle, cycle + (q.is_repeating() ? q.interval : 1));
    return true;
}

bool sequencer::execute(uint32_t icu, uint64_t cycle) {
    instruction_queue &q = queues_[icu];
    q.is_repeatable = false;
    observer_.issued(q, icu, cycle);
    switch (q.current.opcode) {
    case GROQ_OPCODE_NOP:
        go_on(icu, cycle, cycle + q.current.nop.cycles);
        return true;
    case GROQ_OPCODE_IFETCH:
        return execute_fetch(icu, cycle);
    case GROQ_OPCODE_SYNC:
        park(icu, cycle);
        return true;
    case GROQ_OPCODE_NOTIFY:
        execute_notify(cycle);
        go_on(icu, cycle, cycle + 1);
        return true;
    case GROQ_OPCODE_CONFIG:
        q.superlanes = q.current.config.superlanes;
        go_on(icu, cycle, cycle + GROQ_DELAY_CONFIG);
        return true;
    case GROQ_OPCODE_DESKEW:
    case GROQ_OPCODE_DESKEW_RUNTIME:
        return deskew(icu, cycle);
    case GROQ_OPCODE_AWAIT:
        await(icu, cycle);
        return true;
    default:
        q.is_repeatable = q.current.opcode != GROQ_OPCODE_TRANSMIT;
        if (!execute_unit(icu, cycle))
            return false;
        go_on(icu, cycle, cycle + 1);
        return true;
    }
}

bool sequencer::execute_fetch(uint32_t icu, uint64_t cycle) {
    instruction_queue &q = queues_[icu];
    uint32_t text = q.current.ifetch.text;
    if (trouble t = path_.fetch(text, cycle))
        return fail(icu, cycle, t);
    uint64_t arrival = cycle + GROQ_DELAY_IFETCH;
    q.text.fetch({arrival, text, q.source.address}, path_.text(text));
    q.second_half = cycle + 1;
    calendar_.schedule(cycle, q.second_half, icu);
    calendar_.schedule(cycle, arrival, icu);
    go_on(icu, cycle, cycle + 1);
    return true;
}

void sequencer::park(uint32_t icu, uint64_t cycle) {
    queues_[icu].state = queue_state::parked;
    ++parked_;
    last_issue_ = cycle;
}

void sequencer::execute_notify(uint64_t cycle) {
    last_notify_ = cycle + GROQ_DELAY_SYNC;
    notify_cycles_ |= std::rotl(uint64_t{1}, static_cast<int>(last_notify_ % 64));
    calendar_.schedule(cycle, last_notify_, event_set::notify);
}

inline bool sequencer::execute_unit(uint32_t icu, uint64_t cycle) {
    const instruction_queue &q = queues_[icu];
    if (trouble t = path_.execute(q.current, {q.origin_of(icu), cycle, q.repetition,
                                              q.superlanes * GROQ_TILE_LANES}))
        return fail(icu, cycle, t);
    ++tally_.unit_issues[icu];
    if (has_collision())
        schedule_collision(cycle);
    // The queue after that of the activations must take the result.
    if (q.current.opcode == GROQ_OPCODE_ABC)
        calendar_.schedule(cycle, cycle + GROQ_DELAY_MXM_MULTIPLY, icu + 1);
    return true;
}

bool sequencer::deskew(uint32_t icu, uint64_t cycle) {
    const instruction &i = queues_[icu].current;
    uint32_t link = icu - GROQ_ICU_C2C(0);
    std::optional<uint64_t> next =
        i.opcode == GROQ_OPCODE_DESKEW
            ? links_.deskew(link, cycle)
            : links_.deskew_runtime(link, cycle, i.delay.cycles);
    if (!next)
        return fail(icu, cycle, {GROQ_FAULT_LINK_DRIFT});
    ++tally_.unit_issues[icu];
    go_on(icu, cycle, *next);
    return true;
}

void sequencer::await(uint32_t icu, uint64_t cycle) {
    instruction_queue &q = queues_[icu];
    ++tally_.unit_issues[icu];
    q.state = queue_state::awaiting;
    q.next_issue = calendar::never;
    ++awaiting_;
    last_issue_ = cycle;
    look_for_awaited(icu, cycle);
}

void sequencer::look_for_awaited() {
    for (uint32_t icu = GROQ_ICU_C2C(0); awaiting_ && icu < queues_.size(); ++icu)
        if (queues_[icu].state == queue_state::awaiting &&
            queues_[icu].next_issue == calendar::never)
            look_for_awaited(icu, position_);
}

// In the cycle after the arrival the queue goes on, or it is clear that nothing comes.
void sequencer::look_for_awaited(uint32_t icu, uint64_t cycle) {
    instruction_queue &q = queues_[icu];
    const await_fields &f = q.current.await;
    std::optional<link_unit::outcome> known = links_.await(f.link, f.number, cycle);
    if (!known)
        return;
    q.next_issue = known->cycle + 1;
    calendar_.schedule(cycle, q.next_issue, icu);
}

bool sequencer::end_await(uint32_t icu, uint64_t cycle) {
    instruction_queue &q = queues_[icu];
    const await_fields &f = q.current.await;
    if (!links_.await(f.link, f.number, cycle)->comes)
        return fail(icu, cycle, {GROQ_FAULT_LINK_EMPTY});
    --awaiting_;
    q.state = queue_state::running;
    last_issue_ = cycle;
    if (q.is_exhausted())
        finish(q);
    return true;
}

inline bool sequencer::has_collision() const {
    return path_.first_collision().cycle != collision::never;
}

inline bool sequencer::is_collision(uint32_t icu, uint64_t cycle) const {
    const collision &c = path_.first_collision();
    return c.cycle == cycle && c.by.icu == icu;
}

void sequencer::schedule_collision(uint64_t cycle) {
    const collision &c = path_.first_collision();
    calendar_.schedule(cycle, c.cycle, c.by.icu);
}

inline void sequencer::go_on(uint32_t icu, uint64_t cycle, uint64_t next_issue) {
    instruction_queue &q = queues_[icu];
    last_issue_ = cycle;
    q.next_issue = next_issue;
    if (q.is_exhausted())
        finish(q);
    else
        calendar_.schedule(cycle, next_issue, icu);
}

void sequencer::finish(instruction_queue &q) {
    q.state = queue_state::finished;
    --unfinished_;
}

bool sequencer::has_work() const {
    return unfinished_ || notify_cycles_ || path_.results_under_way() ||
           has_collision();
}

bool sequencer::is_deadlocked() const {
    return unfinished_ && parked_ == unfinished_ && notify_cycles_ == 0;
}

sequencer::outcome sequencer::finish_program() {
    uint64_t last = std::max({last_issue_, last_notify_, path_.last_drive()});
    path_.disturb(position_, last + 1);
    cycles_ = last + 1 + GROQ_DELAY_DRAIN;
    if (cycles_ > max_cycles_)
        return fail_limit();
    fault_ = make_fault(GROQ_FAULT_NONE);
    return outcome::done;
}

static groq_fault make_record(const origin &by, uint64_t cycle, const trouble &t) {
    groq_fault record = make_fault(t.cause, t.detail, t.address);
    record.unit = by.icu;
    record.cycle = cycle;
    record.text = by.text;
    std::memcpy(record.instruction, &by.word, sizeof(record.instruction));
    return record;
}

bool sequencer::fail(uint32_t icu, uint64_t cycle, const trouble &t) {
    fault_ = make_record(queues_[icu].origin_of(icu), cycle, t);
    return false;
}

bool sequencer::fail_collided() {
    const collision &c = path_.first_collision();
    fault_ =
        make_record(c.by, c.cycle, {GROQ_FAULT_STREAM_CONFLICT, c.stream, no_address});
    return false;
}

bool sequencer::fail_refused(uint32_t icu, uint64_t cycle,
                             const text_queue::entry &source, uint32_t cause) {
    queues_[icu].source = source;
    return fail(icu, cycle, {cause, 0, no_address});
}

bool sequencer::fail_without_text(uint32_t icu, uint64_t cycle, const trouble &t) {
    queues_[icu].source = {{}, no_text};
    return fail(icu, cycle, t);
}

bool sequencer::fail_deadlocked(uint64_t cycle) {
    uint32_t icu = 0;
    while (queues_[icu].state != queue_state::parked)
        ++icu;
    return fail(icu, cycle, {GROQ_FAULT_DEADLOCK, 0, no_address});
}

sequencer::outcome sequencer::fail_link(uint32_t link) {
    cycles_ = position_;
    (void)fail_without_text(GROQ_ICU_C2C(link), position_, {GROQ_FAULT_LINK_DOWN});
    return outcome::faulted;
}

sequencer::outcome sequencer::fail_limit() {
    fault_ = make_fault(GROQ_FAULT_CYCLE_LIMIT);
    fault_.cycle = cycles_ = max_cycles_;
    return outcome::faulted;
}

// The calendar and what is counted follow from the queues.
void sequencer::serialize(archive &a, const grants &grants, uint64_t max_cycles) {
    max_cycles_ = max_cycles;
    a.values(position_, last_issue_, last_notify_, notify_cycles_);
    a.require(position_ < max_cycles_ && position_ < last_cycle &&
              last_issue_ <= position_ && last_notify_ < position_ + GROQ_DELAY_SYNC &&
              are_notifies_due());
    for (uint32_t icu = 0; icu < queues_.size() && a.good(); ++icu)
        queues_[icu].serialize(a, icu, position_);
    path_.serialize(a, grants, position_);
    if (a.is_loading() && a.good())
        restore_calendar();
    a.require(has_work() && !is_deadlocked() && are_links_open());
}

bool sequencer::are_links_open() const {
    bool same = true;
    for (uint32_t link = 0; link < GROQ_LINKS; ++link) {
        bool is_used = queues_[GROQ_ICU_C2C(link)].state != queue_state::unused;
        same = same && is_used == links_.has_open(link);
    }
    return same;
}

// No Notify is delivered after the latest one.
bool sequencer::are_notifies_due() const {
    for (uint64_t ahead = 0; ahead < calendar::near_span; ++ahead) {
        uint64_t cycle = position_ + ahead;
        if (cycle > last_notify_ && notify_cycles_ >> cycle % calendar::near_span & 1)
            return false;
    }
    return true;
}

void sequencer::restore_calendar() {
    calendar_.clear();
    unfinished_ = parked_ = awaiting_ = 0;
    for (uint32_t icu = 0; icu < queues_.size(); ++icu)
        restore_events(icu);
    for (uint64_t ahead = 0; ahead < calendar::near_span; ++ahead) {
        uint64_t cycle = position_ + ahead;
        if (notify_cycles_ >> cycle % calendar::near_span & 1)
            calendar_.schedule(position_, cycle, event_set::notify);
    }
    if (has_collision())
        schedule_collision(position_);
}

void sequencer::restore_events(uint32_t icu) {
    const instruction_queue &q = queues_[icu];
    unfinished_ += q.takes_text();
    parked_ += q.state == queue_state::parked;
    awaiting_ += q.state == queue_state::awaiting;
    bool awaits = q.state == queue_state::awaiting && q.next_issue != calendar::never;
    if (q.state == queue_state::running || awaits)
        calendar_.schedule(position_, q.next_issue, icu);
    for (uint64_t ahead = 0; ahead < calendar::near_span; ++ahead) {
        uint64_t cycle = position_ + ahead;
        bool is_busy = q.state != queue_state::unused &&
                       (q.second_half == cycle || q.text.is_expected(cycle));
        if (is_busy || path_.loses_result(icu, cycle))
            calendar_.schedule(position_, cycle, icu);
    }
}

} // namespace groq::chip
