// SPDX-License-Identifier: MIT
#include "program_engine.hpp"

#include <algorithm>
#include <bit>
#include <bitset>
#include <cfenv>
#include <cstddef>

#include "command.hpp"

namespace groq::chip {

// What taking and completing a command weighs against executing cycles.
constexpr uint64_t command_cost = 64;

// After so many cycles a program that has links open looks at what has come, and lets
// the peers know where it is.
constexpr uint64_t longest_stride = 64;

// The chip's arithmetic is IEEE with the default rounding, whatever the
// thread that lends itself has set.
class default_arithmetic {
public:
    default_arithmetic() { std::fegetenv(&before_), std::fesetenv(FE_DFL_ENV); }
    ~default_arithmetic() { std::fesetenv(&before_); }
    default_arithmetic(const default_arithmetic &) = delete;
    default_arithmetic &operator=(const default_arithmetic &) = delete;

private:
    std::fenv_t before_;
};

bool program_engine::work(uint64_t budget) {
    for (uint64_t done = 0; done < budget;) {
        service_links();
        if (!job_ && !take())
            return false;
        if (failures_.is_hung() && is_held_up())
            return false;
        if (job_ && !is_begun_)
            begin();
        if (job_ && stands_still())
            return false;
        done += job_ ? step(reach(budget - done)) : command_cost;
    }
    return true;
}

groq_progress program_engine::advance(uint64_t until) {
    service_links();
    if (!job_ && !take())
        return idle;
    while (job_) {
        if (failures_.is_hung() && is_held_up())
            return idle;
        if (job_ && !is_begun_)
            begin();
        bool held = job_ && stands_still();
        if (job_ && !held)
            step(std::min(until, reach(until)));
        if (job_ && (held || sequencer_.position() >= until))
            return {GROQ_PROGRESS_HELD, sequencer_.position(), sequencer_.next_event()};
        service_links();
    }
    return {GROQ_PROGRESS_ENDED, last_result_, calendar::never};
}

void program_engine::service_links() {
    if (links_.service() && job_ && is_begun_ && links_.has_begun())
        sequencer_.look_for_awaited();
}

// A program that has links open ends when one of them goes down, and waits: in cycle
// 0 until the peers have them open too, later for their promises.
bool program_engine::is_held_by_links() {
    if (!links_.uses_links())
        return false;
    if (std::optional<uint32_t> link = links_.lost_link()) {
        sequencer_.fail_link(*link);
        finish_program(sequencer_.fault());
        return false;
    }
    if (!links_.has_begun() && !links_.is_ready())
        return true;
    if (!links_.has_begun())
        links_.begin();
    return sequencer_.position() >= links_.horizon();
}

// While it does, too, what is called off ends, and others' commands are fetched.
bool program_engine::stands_still() {
    if (!is_held_by_links())
        return false;
    return is_held_up();
}

// False when no queue has a program.
bool program_engine::take() {
    job_ = queues_.take(GROQ_ENGINE_PROGRAM);
    is_begun_ = false;
    return job_.has_value();
}

// While the chip hangs: what is called off ends, unless it hangs too deep.
bool program_engine::is_held_up() {
    queues_.sleep(GROQ_ENGINE_PROGRAM);
    order o =
        failures_.is_deaf() ? order::go_on : queues_.orders(GROQ_ENGINE_PROGRAM, *job_);
    if (o == order::drop)
        let_go();
    else if (o == order::abort)
        finish(position(), aborted_in_wait());
    return job_.has_value();
}

groq_fault program_engine::aborted_in_wait() const {
    groq_fault fault = make_fault(GROQ_FAULT_ABORTED, links_.awaited());
    if (fault.detail != 0)
        fault.unit = GROQ_ICU_C2C(std::countr_zero(fault.detail));
    return fault;
}

// One that ends here leaves no job.
void program_engine::begin() {
    is_begun_ = true;
    groq_fault fault = check_command(job_->command);
    if (job_->broken)
        finish(0, make_fault(GROQ_FAULT_ABORTED));
    else if (fault.cause != GROQ_FAULT_NONE)
        finish(0, fault);
    else
        launch();
}

void program_engine::launch() {
    launch_table table;
    grants granted(job_->windows, sram_.size());
    groq_fault fault = read_launch(granted, table);
    if (fault.cause != GROQ_FAULT_NONE)
        return finish(0, fault);
    const groq_command_run &run = job_->command.run;
    bool ok = sequencer_.start({table.data(), run.count}, granted, run.max_cycles);
    announce();
    if (ok)
        return links_.open(links_of({table.data(), run.count}));
    counters_.add(sequencer_.counted());
    finish_program(sequencer_.fault());
}

uint32_t program_engine::links_of(std::span<const groq_launch> table) {
    uint32_t mask = 0;
    for (const groq_launch &entry : table)
        if (entry.icu >= GROQ_ICU_C2C(0))
            mask |= 1u << (entry.icu - GROQ_ICU_C2C(0));
    return mask;
}

void program_engine::announce() {
    is_running_ = true;
    observer_.began(
        {++programs_, job_->command.cookie, job_->queue, job_->command.run.launch});
}

groq_fault program_engine::read_launch(const grants &granted, launch_table &table) {
    const groq_command_run &run = job_->command.run;
    uint64_t bytes = run.count * sizeof(groq_launch);
    uint64_t denied = granted.read.first_denied(run.launch, run.launch + bytes);
    if (denied != run.launch + bytes)
        return make_fault(GROQ_FAULT_WINDOW, 0, denied);
    groq_fault unreadable = read_entries(table);
    if (unreadable.cause != GROQ_FAULT_NONE)
        return unreadable;
    std::bitset<GROQ_ICUS_ALL> seen;
    for (uint32_t i = 0; i < run.count; ++i) {
        groq_fault fault = check_entry(table[i], i, granted.execute);
        if (fault.cause != GROQ_FAULT_NONE)
            return fault;
        if (seen.test(table[i].icu))
            return make_fault(GROQ_FAULT_BAD_LAUNCH, i);
        seen.set(table[i].icu);
    }
    return make_fault(GROQ_FAULT_NONE);
}

// An entry is as long as what shares its check bits.
groq_fault program_engine::read_entries(launch_table &table) {
    const groq_command_run &run = job_->command.run;
    static_assert(sizeof(groq_launch) == memory_errors::granule_bytes);
    std::memcpy(table.data(), sram_.at(run.launch), run.count * sizeof(groq_launch));
    for (uint32_t i = 0; i < run.count && sram_.errors().any(); ++i) {
        uint32_t address = run.launch + i * sizeof(groq_launch);
        uint8_t bytes[sizeof(groq_launch)];
        soundness s = sram_.consume(address, bytes);
        counters_.count_ecc(s);
        if (s == soundness::uncorrectable)
            return make_fault(GROQ_FAULT_ECC, 0, address);
        std::memcpy(&table[i], bytes, sizeof(bytes));
    }
    return make_fault(GROQ_FAULT_NONE);
}

groq_fault program_engine::check_entry(const groq_launch &entry, uint32_t index,
                                       const granted_ranges &executable) const {
    bool good = entry.icu < GROQ_ICU_C2C(link_count_) && entry.count != 0 &&
                entry.reserved0 == 0 && entry.reserved1 == 0 &&
                entry.text % GROQ_TEXT_BYTES == 0 &&
                sram_.contains(entry.text, GROQ_TEXT_BYTES);
    if (!good)
        return make_fault(GROQ_FAULT_BAD_LAUNCH, index, entry.text);
    uint64_t end = entry.text + GROQ_TEXT_BYTES;
    uint64_t denied = executable.first_denied(entry.text, end);
    return make_fault(denied == end ? GROQ_FAULT_NONE : GROQ_FAULT_WINDOW, index,
                      denied);
}

// Where @budget cycles lead: at least past one event.
uint64_t program_engine::reach(uint64_t budget) const {
    uint64_t from = sequencer_.position();
    uint64_t cycles = std::min(budget, links_.uses_links() ? longest_stride : ~from);
    return std::max(from + std::min(cycles, ~from), sequencer_.next_event() + 1);
}

uint64_t program_engine::step(uint64_t until) {
    queues_.fetch(GROQ_ENGINE_PROGRAM);
    switch (queues_.orders(GROQ_ENGINE_PROGRAM, *job_)) {
    case order::drop:
        let_go();
        return command_cost;
    case order::abort:
        finish(sequencer_.position(), make_fault(GROQ_FAULT_ABORTED));
        return command_cost;
    case order::go_on:
        return execute(until);
    }
    return command_cost;
}

uint64_t program_engine::execute(uint64_t until) {
    until = std::min(until, links_.horizon());
    std::optional<default_arithmetic> arithmetic;
    if (sequencer_.next_event() < until) // a window may hold nothing but waiting
        arithmetic.emplace();
    uint64_t from = sequencer_.position();
    sequencer::outcome outcome =
        sequencer_.advance(until, queues_.interruption(GROQ_ENGINE_PROGRAM));
    bool ended = outcome != sequencer::outcome::running;
    uint64_t reached = ended ? sequencer_.cycles() : sequencer_.position();
    cycles_ += reached - from;
    counters_.add(sequencer_.counted());
    if (ended)
        finish_program(sequencer_.fault());
    else if (links_.uses_links())
        links_.promise(sequencer_.position(), sequencer_.next_send());
    return std::max<uint64_t>(reached - from, 1);
}

void program_engine::finish_program(const groq_fault &fault) {
    bool ok = fault.cause == GROQ_FAULT_NONE;
    ++(ok ? counters_.programs_done : counters_.programs_faulted);
    if (telemetry_.note_program(uptime_.ns(), sequencer_.cycles()))
        interrupts_.raise(GROQ_INTR_ALARM);
    finish(sequencer_.cycles(), fault);
}

void program_engine::finish(uint64_t result, const groq_fault &fault) {
    end_run(result, fault);
    queues_.finish(*job_, result, fault);
    job_.reset();
}

void program_engine::let_go() {
    end_run(position(), make_fault(GROQ_FAULT_ABORTED));
    if (job_)
        queues_.drop(*job_);
    job_.reset();
}

void program_engine::end_run(uint64_t cycles, const groq_fault &fault) {
    last_result_ = cycles;
    links_.close(last_cycle(cycles, fault));
    if (is_running_)
        observer_.ended(cycles, fault);
    is_running_ = false;
}

// The cycles of a program that ended well are counted with those that drain it.
uint64_t program_engine::last_cycle(uint64_t cycles, const groq_fault &fault) {
    bool ok = fault.cause == GROQ_FAULT_NONE;
    return ok && cycles > GROQ_DELAY_DRAIN ? cycles - 1 - GROQ_DELAY_DRAIN : cycles;
}

void program_engine::serialize(archive &a) {
    uint64_t cycles = cycles_;
    bool has_job = job_.has_value();
    a.values(cycles, has_job);
    if (a.is_loading()) {
        links_.forget(); // without a word to the peers
        end_run(position(), make_fault(GROQ_FAULT_ABORTED));
        cycles_ = cycles;
        is_begun_ = false;
        job_ = has_job ? std::optional<job>(job{}) : std::nullopt;
    }
    links_.serialize(a);
    a.require(has_job || !links_.uses_links());
    if (!has_job)
        return;
    job_->serialize(a);
    a.value(is_begun_);
    if (is_begun_)
        serialize_run(a);
    else
        a.require(!links_.uses_links());
    if (!is_begun_)
        a.require(job_->broken || job_->command.opcode == GROQ_OP_RUN);
    if (!a.is_loading())
        return;
    a.require(a.good() && queues_.resume(GROQ_ENGINE_PROGRAM, *job_));
    if (a.good() && is_begun_)
        announce();
}

void program_engine::serialize_run(archive &a) {
    a.require(job_->command.opcode == GROQ_OP_RUN &&
              check_command(job_->command).cause == GROQ_FAULT_NONE);
    sequencer_.serialize(a, grants(job_->windows, sram_.size()),
                         job_->command.run.max_cycles);
}

} // namespace groq::chip
