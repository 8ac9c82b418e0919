// SPDX-License-Identifier: MIT
#include "chip.hpp"

#include <cstdlib>
#include <vector>

namespace groq::chip {

constexpr uint32_t page_bytes = GROQ_QUEUE(1) - GROQ_QUEUE(0);
constexpr uint32_t queues_end = GROQ_QUEUE(GROQ_QUEUES);
constexpr uint32_t doorbells_end = GROQ_DOORBELL(GROQ_QUEUES);
constexpr uint32_t unit_issues_end = GROQ_UNIT_ISSUES(GROQ_ICUS_ALL);
constexpr uint32_t telemetry_end = GROQ_TELEMETRY + 0x1000;
constexpr uint64_t state_magic = 0x3470696863716f72; // "roqchip4"

static uint64_t pair(uint64_t first, uint64_t second) {
    return static_cast<uint32_t>(first) | second << 32;
}

static uint32_t queue_of(uint64_t offset) {
    return static_cast<uint32_t>(offset - GROQ_QUEUE(0)) / page_bytes;
}

chip::chip(const groq_chip_config &config, const groq_host &host, void *opaque)
    : host_(host, opaque), sram_(config.sram, static_cast<uint32_t>(config.sram_bytes)),
      uptime_(host_), interrupts_(host_),
      mailbox_(registers_, telemetry_, uptime_, interrupts_),
      injector_(registers_, sram_, stream_errors_), links_(config, host_, interrupts_),
      queues_(host_, uptime_, interrupts_, failures_),
      copies_(host_, queues_, sram_, counters_, failures_),
      programs_(queues_, sram_, stream_errors_, links_, counters_, telemetry_, uptime_,
                interrupts_, observer_, failures_) {
    set_identity(config);
}

void chip::set_identity(const groq_chip_config &config) {
    registers_.set64(GROQ_SRAM_SIZE, config.sram_bytes);
    registers_.set64(GROQ_SERIAL, config.serial);
    registers_.set(GROQ_LINK_COUNT, config.links);
    registers_.set(GROQ_CLOCK_KHZ, GROQ_CLOCK_HZ / 1000);
}

uint64_t chip::read(uint64_t offset, unsigned int bytes) const {
    if (offset >= GROQ_BAR_REGS_BYTES)
        return 0;
    uint32_t first = static_cast<uint32_t>(offset) & ~7u;
    uint32_t shift = (offset & 7) * 8;
    uint64_t value = read_pair(first) >> shift;
    if (shift + bytes * 8 > 64)
        value |= read_pair(first + 8) << (64 - shift);
    return bytes < 8 ? value & ((uint64_t{1} << bytes * 8) - 1) : value;
}

// Two registers at once, the low one first: 64-bit counters are read whole.
uint64_t chip::read_pair(uint32_t offset) const {
    if (offset < GROQ_QUEUE(0))
        return read_device_pair(offset);
    if (offset >= queues_end)
        return 0;
    return queues_.read_pair(queue_of(offset), offset % page_bytes);
}

uint64_t chip::read_device_pair(uint32_t offset) const {
    switch (offset) {
    case GROQ_CONTROL:
        return pair(0, status());
    case GROQ_TIME:
        return uptime_.ns();
    case GROQ_CYCLES:
        return programs_.cycles();
    case GROQ_INTR_STATUS:
        return pair(interrupts_.status(), interrupts_.enable());
    case GROQ_QUEUE_ERRORS:
        return queues_.errors();
    case GROQ_ECC_CORRECTED:
        return counters_.ecc_corrected;
    case GROQ_ECC_UNCORRECTED:
        return counters_.ecc_uncorrected;
    case GROQ_PROGRAMS_DONE:
        return counters_.programs_done;
    case GROQ_PROGRAMS_FAULTED:
        return counters_.programs_faulted;
    case GROQ_BYTES_IN:
        return counters_.bytes_in;
    case GROQ_BYTES_OUT:
        return counters_.bytes_out;
    default:
        break;
    }
    if (offset >= GROQ_UNIT_ISSUES(0) && offset < unit_issues_end)
        return counters_.unit_issues[(offset - GROQ_UNIT_ISSUES(0)) / 8];
    if (offset >= GROQ_TELEMETRY && offset < telemetry_end)
        return telemetry_.read(offset, uptime_.ns());
    if (offset >= links::first_register && offset < links::registers_end)
        return links_.read(offset);
    return pair(registers_.read(offset), registers_.read(offset + 4));
}

uint32_t chip::status() const {
    bool is_resetting = resetting_.load() != 0;
    bool is_fatal = failures_.is_fatal();
    return (is_resetting ? GROQ_STATUS_RESETTING : 0) |
           (is_resetting || is_fatal ? 0 : GROQ_STATUS_READY) |
           (programs_.is_running() ? GROQ_STATUS_RUNNING : 0) |
           (telemetry_.is_alive() ? GROQ_STATUS_CONTROLLER : 0) |
           (is_fatal ? GROQ_STATUS_FATAL : 0);
}

// Only words that the access covers whole. Engines look at what queues have meanwhile:
// there an aligned pair is written at once.
void chip::write(uint64_t offset, uint64_t value, unsigned int bytes) {
    if (offset >= GROQ_BAR_REGS_BYTES)
        return;
    if (bytes == 8 && offset % 8 == 0 && offset >= GROQ_QUEUE(0) && offset < queues_end)
        return queues_.write_pair(queue_of(offset), offset % page_bytes, value);
    uint64_t end = offset + bytes;
    for (uint64_t word = (offset + 3) & ~3ull; word + 4 <= end; word += 4)
        write_word(static_cast<uint32_t>(word),
                   static_cast<uint32_t>(value >> (word - offset) * 8));
}

void chip::write_word(uint32_t offset, uint32_t value) {
    uint32_t at = offset % page_bytes;
    if (offset < GROQ_QUEUE(0))
        write_device_word(offset, value);
    else if (offset < queues_end)
        queues_.write(queue_of(offset), at, value);
    else if (offset >= GROQ_DOORBELL(0) && offset < doorbells_end)
        queues_.ring((offset - GROQ_DOORBELL(0)) / page_bytes, at, value);
}

void chip::write_device_word(uint32_t offset, uint32_t value) {
    switch (offset) {
    case GROQ_CONTROL:
        if (value & GROQ_CONTROL_RESET)
            start_reset(GROQ_HANG_CHIP, false);
        break;
    case GROQ_INTR_STATUS:
        interrupts_.clear(value);
        break;
    case GROQ_INTR_ENABLE:
        interrupts_.set_enable(value);
        break;
    case GROQ_ECC_INJECT:
        injector_.inject(value);
        break;
    case GROQ_MAILBOX_DOORBELL:
        if (value & 1)
            mailbox_.ring();
        break;
    default:
        if (offset >= links::first_register && offset < links::registers_end)
            links_.write(offset, value);
        else
            registers_.write(offset, value);
    }
}

// After a reset the caller first has to learn that its call was of the time before.
bool chip::work(groq_engine engine, uint64_t budget) {
    if (engine == GROQ_ENGINE_PROGRAM)
        programs_.service_links();
    if (let_go_if_reset(engine))
        return true;
    if (resetting_.load() & 1u << engine)
        return false;
    return engine == GROQ_ENGINE_COPY ? copies_.work(budget) : programs_.work(budget);
}

groq_progress chip::advance(uint64_t until) {
    programs_.service_links();
    let_go_if_reset(GROQ_ENGINE_PROGRAM);
    if (resetting_.load() & 1u << GROQ_ENGINE_PROGRAM)
        return program_engine::idle;
    return programs_.advance(until);
}

void chip::reset(bool cold) {
    start_reset(cold ? GROQ_HANG_FOREVER : GROQ_HANG_RESET, cold);
}

// Queues first: an engine that has let go finds nothing more to take. Mended
// last: what hung finds that there was a reset before it goes on.
void chip::start_reset(groq_hang mends, bool cold) {
    queues_.reset();
    registers_.reset();
    interrupts_.reset();
    telemetry_.reset(cold);
    links_.reset(cold);
    if (cold)
        links_.set_controller(true);
    programs_.reset();
    stream_errors_.clear();
    if (cold) {
        counters_.reset();
        uptime_.restart();
    }
    resetting_.fetch_or(cold ? all_engines | sram_to_clear : all_engines);
    failures_.mend(mends);
    queues_.wake_all();
}

bool chip::let_go_if_reset(groq_engine engine) {
    bool lets_go = (resetting_.load() & 1u << engine) && !failures_.is_stuck();
    if (lets_go)
        let_go(engine);
    return lets_go;
}

bool chip::fail(groq_failure failure, int64_t value) {
    switch (failure) {
    case GROQ_FAILURE_HANG:
        if (value < GROQ_HANG_NONE || value > GROQ_HANG_FOREVER)
            return false;
        failures_.set_hang(static_cast<groq_hang>(value));
        queues_.call_off_all();
        return true;
    case GROQ_FAILURE_COMPLETION:
        if (value < 0 || value > failures::bad_completion_all)
            return false;
        failures_.set_bad_completion(static_cast<uint32_t>(value));
        return true;
    case GROQ_FAILURE_FATAL:
        if (value != 0 && value != 1)
            return false;
        set_fatal(value);
        return true;
    case GROQ_FAILURE_TEMPERATURE:
        if (value != INT64_MIN && std::abs(value) > GROQ_TEMPERATURE_LIMIT)
            return false;
        set_temperature(value);
        return true;
    case GROQ_FAILURE_CONTROLLER:
        if (value != 0 && value != 1)
            return false;
        set_controller(value);
        return true;
    }
    return false;
}

void chip::set_fatal(bool fatal) {
    if (failures_.set_fatal(fatal))
        interrupts_.raise(GROQ_INTR_FATAL);
    queues_.call_off_all();
}

void chip::set_temperature(int64_t millidegrees) {
    std::optional<int32_t> forced;
    if (millidegrees != INT64_MIN)
        forced = static_cast<int32_t>(millidegrees);
    if (telemetry_.force_chip_mc(uptime_.ns(), forced))
        interrupts_.raise(GROQ_INTR_ALARM);
}

void chip::set_controller(bool crashed) {
    if (crashed)
        telemetry_.crash(uptime_.ns());
    else if (telemetry_.restart())
        mailbox_.restart();
    links_.set_controller(!crashed);
}

int64_t chip::forced_temperature() const {
    std::optional<int32_t> forced = telemetry_.forced_chip_mc();
    return forced ? *forced : INT64_MIN;
}

int64_t chip::failure(groq_failure failure) const {
    switch (failure) {
    case GROQ_FAILURE_HANG:
        return failures_.hang();
    case GROQ_FAILURE_COMPLETION:
        return failures_.bad_completion();
    case GROQ_FAILURE_FATAL:
        return failures_.is_fatal();
    case GROQ_FAILURE_TEMPERATURE:
        return forced_temperature();
    case GROQ_FAILURE_CONTROLLER:
        return !telemetry_.is_alive();
    }
    return 0;
}

void chip::let_go(groq_engine engine) {
    if (engine == GROQ_ENGINE_COPY)
        copies_.let_go();
    else
        programs_.let_go();
    uint32_t left = resetting_.fetch_and(~(1u << engine)) & ~(1u << engine);
    if (left != sram_to_clear)
        return;
    sram_.clear();
    counters_.reset(); // of what the engines still counted
    resetting_.fetch_and(~sram_to_clear);
}

size_t chip::save(void *data, size_t capacity) {
    archive a = archive::saving(data, capacity);
    serialize(a);
    return a.used();
}

// A state that proves wrong half way is undone by loading the one before it.
bool chip::load(const void *data, size_t bytes) {
    std::vector<std::byte> before(save(nullptr, 0));
    save(before.data(), before.size());
    bool ok = load_unchecked(data, bytes);
    if (!ok)
        load_unchecked(before.data(), before.size());
    queues_.wake_all();
    return ok;
}

bool chip::load_unchecked(const void *data, size_t bytes) {
    archive a = archive::loading(data, bytes);
    serialize(a);
    return a.good() && a.at_end();
}

void chip::serialize(archive &a) {
    uint64_t magic = state_magic;
    uint64_t sram_bytes = sram_.size();
    a.values(magic, sram_bytes);
    a.require(magic == state_magic && sram_bytes == sram_.size());
    uint32_t resetting = resetting_;
    a.below(resetting, uint64_t{2} * sram_to_clear);
    if (a.is_loading() && a.good())
        resetting_ = resetting;
    failures_.serialize(a);
    uptime_.serialize(a);
    counters_.serialize(a);
    sram_.errors().serialize(a, sram_.size());
    stream_errors_.serialize(a);
    registers_.serialize(a);
    interrupts_.serialize(a);
    telemetry_.serialize(a);
    links_.serialize(a);
    if (a.is_loading())
        links_.set_controller(telemetry_.is_alive());
    queues_.serialize(a);
    copies_.serialize(a);
    programs_.serialize(a);
}

} // namespace groq::chip
