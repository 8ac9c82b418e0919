// SPDX-License-Identifier: MIT
// The engine of RUN: takes programs from the queues, checks their launch
// table, lets the sequencer execute them, docs/hardware.md section 12.
#ifndef GROQ_CHIP_PROGRAM_ENGINE_HPP
#define GROQ_CHIP_PROGRAM_ENGINE_HPP

#include <array>
#include <atomic>
#include <optional>

#include "counters.hpp"
#include "device_interrupts.hpp"
#include "queue_set.hpp"
#include "sequencer.hpp"
#include "sram.hpp"
#include "telemetry.hpp"
#include "uptime.hpp"

namespace groq::chip {

class program_engine {
public:
    program_engine(queue_set &queues, sram &sram, stream_errors &waiting, links &links,
                   counters &counters, telemetry &telemetry, const uptime &uptime,
                   device_interrupts &interrupts, const observer &observer,
                   const failures &failures)
        : queues_(queues), sram_(sram), counters_(counters), telemetry_(telemetry),
          uptime_(uptime), interrupts_(interrupts), observer_(observer),
          failures_(failures), link_count_(links.count()), links_(links),
          sequencer_(sram, waiting, links_, observer) {}

    static constexpr groq_progress idle{GROQ_PROGRESS_IDLE, 0, calendar::never};

    bool is_usable() const { return sequencer_.is_usable(); }

    // Looks at what has come by the links, and answers.
    void service_links();
    // Executes about @budget cycles. False: nothing left to do.
    bool work(uint64_t budget);
    // Executes the cycles before @until of the program under way, or of the
    // next one: groq_chip_advance.
    groq_progress advance(uint64_t until);
    // After a reset: forgets the job.
    void let_go();
    // The cycle counter starts again.
    void reset() { cycles_ = 0; }

    // From any thread.
    bool is_running() const { return is_running_; }
    uint64_t cycles() const { return cycles_; }

    void serialize(archive &a);

private:
    using launch_table = std::array<groq_launch, GROQ_ICUS_ALL>;

    bool take();
    bool is_held_up();
    groq_fault aborted_in_wait() const;
    void begin();
    void launch();
    groq_fault read_launch(const grants &grants, launch_table &table);
    groq_fault read_entries(launch_table &table);
    groq_fault check_entry(const groq_launch &entry, uint32_t index,
                           const granted_ranges &executable) const;
    static uint32_t links_of(std::span<const groq_launch> table);
    void announce();
    uint64_t reach(uint64_t budget) const;
    // Of the job: all its cycles before this one are executed.
    uint64_t position() const { return is_begun_ ? sequencer_.position() : 0; }
    bool is_held_by_links();
    bool stands_still();
    uint64_t step(uint64_t until);
    uint64_t execute(uint64_t until);
    void finish_program(const groq_fault &fault);
    void finish(uint64_t result, const groq_fault &fault);
    static uint64_t last_cycle(uint64_t cycles, const groq_fault &fault);
    void end_run(uint64_t cycles, const groq_fault &fault);
    void serialize_run(archive &a);

    queue_set &queues_;
    sram &sram_;
    counters &counters_;
    telemetry &telemetry_;
    const uptime &uptime_;
    device_interrupts &interrupts_;
    const observer &observer_;
    const failures &failures_;

    uint32_t link_count_;
    link_unit links_;
    sequencer sequencer_;
    std::optional<job> job_;
    bool is_begun_ = false;    // the job, not only taken
    uint64_t programs_ = 0;    // announced
    uint64_t last_result_ = 0; // of the latest job
    std::atomic<bool> is_running_{false};
    std::atomic<uint64_t> cycles_{0};
};

} // namespace groq::chip

#endif
