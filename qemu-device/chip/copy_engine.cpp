// SPDX-License-Identifier: MIT
#include "copy_engine.hpp"

#include <algorithm>
#include <cstddef>

#include "command.hpp"

namespace groq::chip {

// What taking and completing a command weighs against moving bytes.
constexpr uint64_t command_cost = 4096;

bool copy_engine::work(uint64_t budget) {
    for (uint64_t done = 0; done < budget;) {
        if (!job_ && !take())
            return false;
        if (failures_.is_hung() && is_held_up())
            return false;
        if (job_ && phase_ == phase::taken)
            begin();
        done += job_ ? step(budget - done) : command_cost;
    }
    return true;
}

// False when no queue has a command.
bool copy_engine::take() {
    job_ = queues_.take(GROQ_ENGINE_COPY);
    phase_ = phase::taken;
    return job_.has_value();
}

// While the chip hangs: what is called off ends, unless it hangs too deep.
bool copy_engine::is_held_up() {
    queues_.sleep(GROQ_ENGINE_COPY);
    order o =
        failures_.is_deaf() ? order::go_on : queues_.orders(GROQ_ENGINE_COPY, *job_);
    if (o == order::drop)
        let_go();
    else if (o == order::abort)
        finish(make_fault(GROQ_FAULT_ABORTED));
    return job_.has_value();
}

// One that ends here leaves no job.
void copy_engine::begin() {
    groq_fault fault = check_command(job_->command);
    if (job_->broken)
        finish(make_fault(GROQ_FAULT_ABORTED));
    else if (fault.cause != GROQ_FAULT_NONE || job_->command.opcode == GROQ_OP_NOP)
        finish(fault);
    else
        prepare();
}

void copy_engine::prepare() {
    grants_ = grants(job_->windows, sram_.size());
    phase_ = phase::check;
    entry_ = offset_ = buffer_count_ = 0;
    moved_ = 0;
}

uint64_t copy_engine::step(uint64_t budget) {
    queues_.fetch(GROQ_ENGINE_COPY);
    switch (queues_.orders(GROQ_ENGINE_COPY, *job_)) {
    case order::drop:
        let_go();
        return command_cost;
    case order::abort:
        finish(make_fault(GROQ_FAULT_ABORTED));
        return command_cost;
    case order::go_on:
        break;
    }
    return proceed(budget);
}

uint64_t copy_engine::proceed(uint64_t budget) {
    if (job_->command.opcode == GROQ_OP_FILL)
        return fill_piece(budget);
    return phase_ == phase::check ? check_entries() : move_piece(budget);
}

uint64_t copy_engine::check_entries() {
    if (!load_entries())
        return command_cost;
    entry_ += buffer_count_;
    if (entry_ == job_->command.copy.count) {
        phase_ = phase::move;
        entry_ = 0;
    }
    return buffer_count_ * sizeof(groq_scatter);
}

// Reads and checks the entries from entry_ on.
bool copy_engine::load_entries() {
    const groq_command_copy &copy = job_->command.copy;
    buffer_first_ = entry_;
    buffer_count_ = std::min<uint32_t>(buffer_entries, copy.count - entry_);
    uint64_t list = copy.list + entry_ * sizeof(groq_scatter);
    if (job_->command.flags & GROQ_COMMAND_INLINE)
        buffer_[0] = copy.entry;
    else if (!host_.read(list, buffer_.data(), buffer_count_ * sizeof(groq_scatter)))
        return fail(make_fault(GROQ_FAULT_DMA, entry_, list));
    groq_fault fault = check_buffer();
    return fault.cause == GROQ_FAULT_NONE || fail(fault);
}

groq_fault copy_engine::check_buffer() const {
    groq_fault fault = make_fault(GROQ_FAULT_NONE);
    for (uint32_t i = 0; i < buffer_count_ && fault.cause == GROQ_FAULT_NONE; ++i)
        fault = check_entry(buffer_first_ + i, buffer_[i]);
    return fault;
}

groq_fault copy_engine::check_entry(uint32_t index, const groq_scatter &entry) const {
    uint64_t at = job_->command.copy.list + index * sizeof(entry);
    if (entry.length == 0)
        return make_fault(GROQ_FAULT_BAD_FIELD, offsetof(groq_command, copy.list), at);
    uint64_t end = uint64_t{entry.sram} + entry.length;
    uint64_t denied = granted().first_denied(entry.sram, end);
    return make_fault(denied == end ? GROQ_FAULT_NONE : GROQ_FAULT_WINDOW, index,
                      denied);
}

const granted_ranges &copy_engine::granted() const {
    return job_->command.opcode == GROQ_OP_COPY_OUT ? grants_.read : grants_.write;
}

uint64_t copy_engine::move_piece(uint64_t budget) {
    if (!is_buffered() && !load_entries())
        return command_cost;
    const groq_scatter &entry = buffer_[entry_ - buffer_first_];
    piece p = next_piece(entry.sram + offset_, entry.length - offset_, budget);
    if (!check(p))
        return command_cost;
    if (!transfer(entry, p)) {
        fail(make_fault(GROQ_FAULT_DMA, entry_, entry.host + offset_));
        return command_cost;
    }
    advance(p.bytes, entry.length);
    return p.bytes;
}

// Of @left bytes from @at on.
copy_engine::piece copy_engine::next_piece(uint32_t at, uint32_t left,
                                           uint64_t budget) const {
    uint32_t granule_end = memory_errors::granule_of(at) + memory_errors::granule_bytes;
    uint32_t most = std::min<uint64_t>(budget, piece_bytes);
    uint32_t end = at + left;
    if (left > most)
        end =
            std::min(end, std::max(granule_end, memory_errors::granule_of(at + most)));
    if (!sram_.errors().any())
        return {at, end - at, false};
    uint32_t wrong = sram_.errors().first(at, end);
    if (wrong <= at)
        return {at, std::min(end, granule_end) - at, true};
    return {at, wrong - at, false};
}

// A piece of a wrong granule is consumed unless it replaces all of it: what is
// written in part is read, put together and written whole. False: it cannot be.
bool copy_engine::check(const piece &p) {
    bool writes = job_->command.opcode != GROQ_OP_COPY_OUT;
    if (!p.is_wrong || (writes && p.bytes == memory_errors::granule_bytes))
        return true;
    uint32_t granule = memory_errors::granule_of(p.at);
    soundness s = sram_.consume(granule, consumed_.data());
    counters_.count_ecc(s);
    if (s == soundness::uncorrectable)
        return fail(make_fault(GROQ_FAULT_ECC, 0, granule));
    if (writes) {
        std::memcpy(sram_.at(granule), consumed_.data(), consumed_.size());
        sram_.errors().set(granule, {});
    }
    return true;
}

bool copy_engine::transfer(const groq_scatter &entry, const piece &p) {
    uint64_t host = entry.host + offset_;
    bool inbound = is_inbound();
    bool ok = host >= entry.host && (inbound ? receive(host, p) : send(host, p));
    if (ok)
        (inbound ? counters_.bytes_in : counters_.bytes_out) += p.bytes;
    return ok;
}

bool copy_engine::receive(uint64_t host, const piece &p) {
    if (!host_.read(host, sram_.at(p.at), p.bytes))
        return false;
    if (p.is_wrong)
        sram_.errors().clear(p.at, p.at + p.bytes);
    return true;
}

bool copy_engine::send(uint64_t host, const piece &p) {
    const uint8_t *data = p.is_wrong
                              ? consumed_.data() + p.at % memory_errors::granule_bytes
                              : sram_.at(p.at);
    return host_.write(host, data, p.bytes);
}

void copy_engine::advance(uint32_t bytes, uint32_t of) {
    moved_ += bytes;
    offset_ += bytes;
    if (offset_ < of)
        return;
    offset_ = 0;
    if (++entry_ == job_->command.copy.count)
        finish(make_fault(GROQ_FAULT_NONE));
}

uint64_t copy_engine::fill_piece(uint64_t budget) {
    const groq_command_fill &fill = job_->command.fill;
    uint64_t end = uint64_t{fill.sram} + fill.length;
    uint64_t denied = granted().first_denied(fill.sram, end);
    if (denied != end) {
        fail(make_fault(GROQ_FAULT_WINDOW, 0, denied));
        return command_cost;
    }
    piece p = next_piece(fill.sram + offset_, fill.length - offset_, budget);
    if (!check(p))
        return command_cost;
    write_pattern(p, fill.pattern);
    moved_ += p.bytes;
    offset_ += p.bytes;
    if (offset_ == fill.length)
        finish(make_fault(GROQ_FAULT_NONE));
    return p.bytes;
}

void copy_engine::write_pattern(const piece &p, uint32_t pattern) {
    std::array<uint32_t, 1024> words;
    words.fill(pattern);
    for (uint32_t done = 0; done < p.bytes; done += sizeof(words))
        std::memcpy(sram_.at(p.at + done), words.data(),
                    std::min<size_t>(p.bytes - done, sizeof(words)));
    if (p.is_wrong)
        sram_.errors().clear(p.at, p.at + p.bytes);
}

bool copy_engine::fail(const groq_fault &fault) {
    finish(fault);
    return false;
}

void copy_engine::finish(const groq_fault &fault) {
    bool moves = job_->command.opcode != GROQ_OP_NOP;
    queues_.finish(*job_, moves ? moved_ : 0, fault);
    job_.reset();
    moved_ = 0;
}

void copy_engine::let_go() {
    if (job_)
        queues_.drop(*job_);
    job_.reset();
    moved_ = 0;
}

void copy_engine::serialize(archive &a) {
    bool has_job = job_.has_value();
    a.value(has_job);
    if (a.is_loading())
        job_ = has_job ? std::optional<job>(job{}) : std::nullopt;
    if (!has_job)
        return;
    job_->serialize(a);
    a.below(phase_, phases);
    if (phase_ == phase::taken)
        a.require(job_->broken || job_->command.opcode != GROQ_OP_RUN);
    else
        serialize_progress(a);
    if (a.is_loading())
        a.require(a.good() && queues_.resume(GROQ_ENGINE_COPY, *job_));
}

void copy_engine::serialize_progress(archive &a) {
    a.require(check_command(job_->command).cause == GROQ_FAULT_NONE);
    a.values(entry_, offset_, moved_, buffer_first_, buffer_count_, buffer_);
    if (!a.is_loading())
        return;
    grants_ = grants(job_->windows, sram_.size());
    a.require(a.good() && is_consistent());
}

// Whether a loaded job is one that this engine could be in the middle of.
bool copy_engine::is_consistent() const {
    switch (job_->command.opcode) {
    case GROQ_OP_FILL:
        return offset_ < job_->command.fill.length && offset_ % 4 == 0;
    case GROQ_OP_COPY_IN:
    case GROQ_OP_COPY_OUT:
        return is_copy_consistent();
    default:
        return false;
    }
}

bool copy_engine::is_copy_consistent() const {
    bool in_list = entry_ < job_->command.copy.count && buffer_count_ <= buffer_entries;
    if (!in_list || check_buffer().cause != GROQ_FAULT_NONE)
        return false;
    uint32_t limit = is_buffered() ? buffer_[entry_ - buffer_first_].length : 1;
    return offset_ < limit;
}

} // namespace groq::chip
