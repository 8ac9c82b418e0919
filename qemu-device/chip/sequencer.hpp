// SPDX-License-Identifier: MIT
// Runs one program: the instruction queues, their text, Repeat, Sync and
// Notify, and the passing of cycles, docs/isa.md sections 2 to 4 and 6.
//
// Time advances from one cycle in which something happens to the next. The
// program can be stopped, saved and gone on with between any two cycles, and
// what it does never depends on where that was.
#ifndef GROQ_CHIP_SEQUENCER_HPP
#define GROQ_CHIP_SEQUENCER_HPP

#include <algorithm>
#include <array>
#include <atomic>
#include <span>

#include "calendar.hpp"
#include "counters.hpp"
#include "data_path.hpp"
#include "fault.hpp"
#include "instruction_queue.hpp"
#include "observer.hpp"

namespace groq::chip {

class sequencer {
public:
    sequencer(sram &sram, stream_errors &waiting, link_unit &links,
              const observer &observer)
        : path_(sram, waiting, links, tally_), links_(links), observer_(observer) {}

    bool is_usable() const { return path_.is_usable(); }

    // Loads the first text of every listed queue; all start in cycle 0. The
    // launch table has been checked. False: some text is beyond correction, and
    // the program ends where it begins.
    bool start(std::span<const groq_launch> launch, const grants &grants,
               uint64_t max_cycles);

    enum class outcome { running, done, faulted };

    // Executes the cycles before @until, until the program ends, or until
    // @stop is seen, which is looked at in every cycle.
    outcome advance(uint64_t until, const std::atomic<bool> &stop);

    // A link that the program uses is down: it ends where it is.
    outcome fail_link(uint32_t link);
    // News of links have come: whoever awaits them looks.
    void look_for_awaited();

    // All cycles before this one are executed.
    uint64_t position() const { return position_; }
    // The cycle in which something happens next.
    uint64_t next_event() const { return calendar_.next(position_); }
    // Before this one nothing is sent, whatever comes.
    uint64_t next_send() const {
        return awaiting_ ? position_ : std::min(next_event(), max_cycles_);
    }
    // Once it is done: how many cycles it took. After a fault: until the fault.
    uint64_t cycles() const { return cycles_; }
    const groq_fault &fault() const { return fault_; }
    // What was counted since somebody emptied it.
    tally &counted() { return tally_; }

    // With the grants and the limit that the program was started with.
    void serialize(archive &a, const grants &grants, uint64_t max_cycles);

private:
    trouble load(const groq_launch &entry);
    bool execute_cycle(uint64_t cycle);
    void release_parked(uint64_t cycle, event_set &events);
    bool execute_queue(uint32_t icu, uint64_t cycle);
    bool receive_text(uint32_t icu, uint64_t cycle);
    bool fetch_second_half(uint32_t icu, uint64_t cycle);
    bool issue(uint32_t icu, uint64_t cycle);
    bool issue_next(uint32_t icu, uint64_t cycle);
    bool begin_repeat(uint32_t icu, uint64_t cycle, const repeat_fields &f);
    bool repeat(uint32_t icu, uint64_t cycle);
    bool execute(uint32_t icu, uint64_t cycle);
    void park(uint32_t icu, uint64_t cycle);
    bool execute_fetch(uint32_t icu, uint64_t cycle);
    void execute_notify(uint64_t cycle);
    bool execute_unit(uint32_t icu, uint64_t cycle);
    bool deskew(uint32_t icu, uint64_t cycle);
    void await(uint32_t icu, uint64_t cycle);
    void look_for_awaited(uint32_t icu, uint64_t cycle);
    bool end_await(uint32_t icu, uint64_t cycle);
    bool are_links_open() const;
    bool is_collision(uint32_t icu, uint64_t cycle) const;
    bool has_collision() const;
    void schedule_collision(uint64_t cycle);
    void go_on(uint32_t icu, uint64_t cycle, uint64_t next_issue);
    void finish(instruction_queue &q);
    outcome finish_program();
    bool is_deadlocked() const;
    bool has_work() const;

    bool fail(uint32_t icu, uint64_t cycle, const trouble &t);
    bool fail_without_text(uint32_t icu, uint64_t cycle, const trouble &t);
    bool fail_deadlocked(uint64_t cycle);
    bool fail_refused(uint32_t icu, uint64_t cycle, const text_queue::entry &source,
                      uint32_t cause);
    bool fail_collided();
    outcome fail_limit();

    bool are_notifies_due() const;
    void restore_calendar();
    void restore_events(uint32_t icu);

    data_path path_;
    link_unit &links_;
    const observer &observer_;
    chip::calendar calendar_;
    std::array<instruction_queue, GROQ_ICUS_ALL> queues_;
    uint64_t position_ = 0;
    uint64_t max_cycles_ = 0;
    uint64_t last_issue_ = 0;
    uint64_t last_notify_ = 0;   // delivery of the latest Notify
    uint32_t unfinished_ = 0;    // queues
    uint32_t parked_ = 0;        // of these
    uint32_t awaiting_ = 0;      // of the others
    uint64_t notify_cycles_ = 0; // bit (cycle mod 64): one is delivered then
    uint64_t cycles_ = 0;
    groq_fault fault_{};
    tally tally_;
};

} // namespace groq::chip

#endif
