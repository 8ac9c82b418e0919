// SPDX-License-Identifier: MIT
#include "work_queue.hpp"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstring>

#include <unistd.h>

namespace groq::sim {
namespace {

drm_groq_status status_of(std::uint16_t completion) {
    switch (completion) {
    case GROQ_COMPLETION_OK:
        return DRM_GROQ_STATUS_OK;
    case GROQ_COMPLETION_BAD_WINDOW:
        return DRM_GROQ_STATUS_ACCESS;
    case GROQ_COMPLETION_BAD_DMA:
        return DRM_GROQ_STATUS_DMA;
    case GROQ_COMPLETION_FAULT:
        return DRM_GROQ_STATUS_FAULT;
    case GROQ_COMPLETION_ABORTED:
        return DRM_GROQ_STATUS_CANCELED;
    default:
        return DRM_GROQ_STATUS_INVALID;
    }
}

// Bus addresses mean nothing to programs: they become offsets in the buffer.
std::uint64_t address_of(const work &ended, const groq_fault &fault) {
    if (fault.cause != GROQ_FAULT_DMA || !ended.buffer)
        return fault.address;
    return fault.address - ended.buffer->bus_address();
}

void set_fault(drm_groq_result &result, const work &ended, const groq_fault &fault) {
    result.fault_cause = fault.cause;
    result.fault_cycle = fault.cycle;
    result.fault_address = address_of(ended, fault);
    result.fault_unit = fault.unit;
    result.fault_text = fault.text;
    result.fault_detail = fault.detail;
    std::memcpy(result.fault_instruction, fault.instruction,
                sizeof result.fault_instruction);
}

drm_groq_result result_of(const work &ended, const ended_command *how) {
    drm_groq_result result{};
    result.status = how ? status_of(how->completion.status) : DRM_GROQ_STATUS_CANCELED;
    result.fault_address = ~std::uint64_t{0};
    result.fault_unit = result.fault_text = ~std::uint32_t{0};
    result.expected = ended.expected;
    if (how) {
        result.value = how->completion.result;
        result.device_time_ns = how->completion.time;
        if (how->completion.status != GROQ_COMPLETION_OK)
            set_fault(result, ended, how->fault);
    }
    return result;
}

// `how` null: the chip did not end it.
void write_result(const work &ended, const ended_command *how) {
    if (!ended.result)
        return;
    auto result = result_of(ended, how);
    const auto status = std::exchange(result.status, DRM_GROQ_STATUS_PENDING);
    *ended.result = result;
    __atomic_store_n(&ended.result->status, status, __ATOMIC_RELEASE);
}

} // namespace

work_queue::work_queue(card &card, std::unique_ptr<ring> ring)
    : card_(card), ring_(std::move(ring)) {}

void work_queue::append_blank(submissions &to) {
    const std::lock_guard lock(lock_);
    if (!spare_.empty())
        return to.splice(to.end(), spare_, spare_.begin());
    to.emplace_back();
    count_allocation();
}

void work_queue::submit(submissions added) {
    const std::lock_guard lock(lock_);
    last_submitted_ = added.back().point;
    waiting_.splice(waiting_.end(), added);
    advance_locked();
}

// Looked at again by whoever moves what is waited for: either it sees that it is
// followed, or we see that it has moved.
bool work_queue::may_begin_locked(const submission &next) {
    return std::all_of(next.waits.begin(), next.waits.end(), [&](const auto &wait) {
        if (wait.timeline->point >= wait.point)
            return true;
        wait.timeline->followers |= 1u << ring_->number();
        return wait.timeline->point >= wait.point;
    });
}

void work_queue::advance_locked() {
    while (in_ring_.empty() && !is_halted_ && !waiting_.empty()) {
        const auto &next = waiting_.front();
        if (next.is_canceled || next.refusal) {
            end_locked(waiting_);
            continue;
        }
        if (!may_begin_locked(next))
            return;
        for (const auto &each : next.works)
            ring_->push(each.command);
        in_ring_.splice(in_ring_.end(), waiting_, waiting_.begin());
        ring_->announce();
    }
}

// From within the chip, which may interrupt again as soon as it is told that a
// completion was taken: one caller collects, the others tell it to look again.
void work_queue::interrupt() {
    std::unique_lock lock(lock_);
    has_more_ = true;
    if (is_collecting_)
        return;
    is_collecting_ = true;
    while (has_more_ && !is_closed_ && !is_halted_) {
        has_more_ = false;
        collect_locked();
        lock.unlock();
        ring_->acknowledge();
        wake_followers();
        lock.lock();
    }
    is_collecting_ = false;
    moved_.notify_all();
}

void work_queue::collect_locked() {
    while (const auto ended = ring_->pop()) {
        const auto &works = in_ring_.front().works;
        write_result(works[ended_++], &*ended);
        if (ended_ == works.size())
            end_locked(in_ring_);
    }
    advance_locked();
}

// The first of `from`, with what the chip has not ended of it.
void work_queue::end_locked(submissions &from) {
    auto &ended = from.front();
    for (; ended_ < ended.works.size(); ++ended_)
        write_result(ended.works[ended_], nullptr);
    ended_ = 0;
    ended.works.clear();
    ended.waits.clear();
    ended.results.reset();
    ended.is_canceled = false;
    const auto point = ended.point;
    if (auto why = std::exchange(ended.refusal, std::nullopt))
        refused_.add(point, std::move(*why));
    spare_.splice(spare_.end(), from, from.begin());
    signal_locked(point);
}

void work_queue::signal_locked(std::uint64_t point) {
    timeline_->point = point;
    moved_.notify_all();
    std::erase_if(event_files_, [&](const auto &event) {
        const std::uint64_t one = 1;
        return event.first <= point && ::write(event.second, &one, sizeof one) >= 0;
    });
}

// Not under the lock: a follower may be followed by this one.
void work_queue::wake_followers() {
    for (auto left = timeline_->followers.exchange(0); left; left &= left - 1)
        card_.interrupt(GROQ_VECTOR_QUEUE(unsigned(std::countr_zero(left))));
}

bool work_queue::is_in_ring_locked(std::uint64_t point) const {
    return !in_ring_.empty() && in_ring_.front().point == point;
}

void work_queue::mark_locked(std::uint64_t point) {
    for (auto &each : waiting_)
        each.is_canceled |= each.point == point;
}

result<void> work_queue::refusal(std::uint64_t point) {
    const std::lock_guard lock(lock_);
    return refused_.take(point);
}

// Those that wait end when their turn comes: at once, if it has come.
void work_queue::cancel(std::uint64_t point) {
    {
        std::unique_lock lock(lock_);
        mark_locked(point);
        if (is_in_ring_locked(point) && !is_halted_ && !is_closed_) {
            is_halted_ = true;
            moved_.wait(lock, [&] { return !is_collecting_; });
            if (is_in_ring_locked(point))
                take_from_chip(lock);
            is_halted_ = false;
        }
    }
    // Whatever there was to see meanwhile, and what may begin now.
    interrupt();
}

// Nothing else of the queue is in the ring that the chip could lose. Not under the
// lock: the chip may be about to interrupt.
void work_queue::take_from_chip(std::unique_lock<std::mutex> &lock) {
    lock.unlock();
    ring_->stop();
    lock.lock();
    const auto point = in_ring_.front().point;
    collect_locked();
    if (is_in_ring_locked(point))
        end_locked(in_ring_);
    ring_->start();
}

void work_queue::close() {
    std::unique_lock lock(lock_);
    is_closed_ = true;
    moved_.wait(lock, [&] { return !is_collecting_ && !is_halted_; });
    lock.unlock();
    // Now, since the next queue of this number has the same registers. Not under the
    // lock: the chip may be about to interrupt.
    ring_.reset();
    lock.lock();
    for (auto *queue : {&in_ring_, &waiting_})
        while (!queue->empty())
            end_locked(*queue);
    event_files_.clear();
    lock.unlock();
    wake_followers();
}

void work_queue::set_windows(const sram_windows &windows) {
    ring_->set_windows(windows);
}

bool work_queue::is_idle() const {
    const std::lock_guard lock(lock_);
    return in_ring_.empty() && waiting_.empty();
}

std::uint64_t work_queue::last_submitted() const {
    const std::lock_guard lock(lock_);
    return last_submitted_;
}

bool work_queue::wait(std::uint64_t point, std::int64_t deadline) {
    const std::chrono::steady_clock::time_point time{
        std::chrono::nanoseconds(deadline)};
    std::unique_lock lock(lock_);
    return moved_.wait_until(lock, time, [&] { return signalled() >= point; });
}

void work_queue::notify(std::uint64_t point, int event_file) {
    const std::lock_guard lock(lock_);
    event_files_.emplace_back(point, event_file);
    signal_locked(signalled());
}

} // namespace groq::sim
