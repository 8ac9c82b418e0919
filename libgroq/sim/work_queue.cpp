// SPDX-License-Identifier: MIT
#include "work_queue.hpp"

#include <algorithm>
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

} // namespace

void work_queue::submit(std::vector<work> submission) {
    const std::lock_guard lock(lock_);
    std::move(submission.begin(), submission.end(), std::back_inserter(waiting_));
    fill_ring_locked();
}

void work_queue::fill_ring_locked() {
    bool pushed = false;
    for (; !waiting_.empty() && ring_->has_room(); pushed = true) {
        ring_->push(waiting_.front().command);
        in_ring_.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
    }
    if (pushed)
        ring_->announce();
}

// From within the chip, which may interrupt again as soon as it is told that a
// completion was taken: one caller collects, the others tell it to look again.
void work_queue::interrupt() {
    std::unique_lock lock(lock_);
    has_more_ = true;
    if (is_collecting_ || is_closed_)
        return;
    is_collecting_ = true;
    while (has_more_ && !is_closed_) {
        has_more_ = false;
        collect_locked();
        lock.unlock();
        ring_->acknowledge();
        lock.lock();
    }
    is_collecting_ = false;
    moved_.notify_all();
}

void work_queue::collect_locked() {
    while (const auto ended = ring_->pop()) {
        end_locked(in_ring_.front(), &*ended);
        in_ring_.pop_front();
    }
    fill_ring_locked();
}

void work_queue::end_locked(work &ended, const ended_command *how) {
    if (ended.result) {
        auto result = result_of(ended, how);
        const auto status = std::exchange(result.status, DRM_GROQ_STATUS_PENDING);
        *ended.result = result;
        __atomic_store_n(&ended.result->status, status, __ATOMIC_RELEASE);
    }
    if (ended.point)
        signal_locked(ended.point);
}

void work_queue::signal_locked(std::uint64_t point) {
    point_ = point;
    moved_.notify_all();
    std::erase_if(event_files_, [&](const auto &event) {
        const std::uint64_t one = 1;
        return event.first <= point && ::write(event.second, &one, sizeof one) >= 0;
    });
}

void work_queue::close() {
    std::unique_lock lock(lock_);
    is_closed_ = true;
    moved_.wait(lock, [&] { return !is_collecting_; });
    lock.unlock();
    // Not under the lock: the chip may be about to interrupt.
    ring_.reset();
    lock.lock();
    for (auto *queue : {&in_ring_, &waiting_}) {
        for (auto &each : *queue)
            end_locked(each, nullptr);
        queue->clear();
    }
    event_files_.clear();
}

void work_queue::set_windows(std::span<const sram_extent> windows) {
    ring_->set_windows(windows);
}

bool work_queue::is_idle() const {
    const std::lock_guard lock(lock_);
    return in_ring_.empty() && waiting_.empty();
}

std::uint64_t work_queue::signalled() const {
    const std::lock_guard lock(lock_);
    return point_;
}

bool work_queue::wait(std::uint64_t point, std::int64_t deadline) {
    const std::chrono::steady_clock::time_point time{
        std::chrono::nanoseconds(deadline)};
    std::unique_lock lock(lock_);
    return moved_.wait_until(lock, time, [&] { return point_ >= point; });
}

void work_queue::notify(std::uint64_t point, int event_file) {
    const std::lock_guard lock(lock_);
    event_files_.emplace_back(point, event_file);
    signal_locked(point_);
}

} // namespace groq::sim
