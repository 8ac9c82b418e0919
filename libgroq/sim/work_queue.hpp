// SPDX-License-Identifier: MIT
//
// Submissions to one hardware queue, in order, and the time line that they move
// along.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include <drm/groq_accel.h>

#include "ring.hpp"

namespace groq::sim {

// A command for the chip, with what must live until it has ended.
struct work {
    groq_command command{};
    drm_groq_result *result = nullptr;
    std::uint64_t point = 0;    // signalled by its end; 0: none
    std::uint64_t expected = 0; // cycles; 0: not known
    std::shared_ptr<host_pages> buffer = {};
    std::shared_ptr<host_pages> results = {};
    std::shared_ptr<host_pages> list = {};
};

// Any thread may use it.
class work_queue final : public interrupt_target {
public:
    explicit work_queue(std::unique_ptr<ring> ring) : ring_(std::move(ring)) {}

    void submit(std::vector<work> submission);
    // Ends what is in work as canceled and takes no more interest in the chip.
    void close();
    void set_windows(std::span<const sram_extent> windows);

    bool is_idle() const;
    std::uint64_t signalled() const;
    bool wait(std::uint64_t point, std::int64_t deadline);
    void notify(std::uint64_t point, int event_file);

    void interrupt() override;

private:
    void fill_ring_locked();
    void collect_locked();
    void end_locked(work &ended, const ended_command *how);
    void signal_locked(std::uint64_t point);

    mutable std::mutex lock_; // all below
    std::condition_variable moved_;
    std::unique_ptr<ring> ring_;
    std::deque<work> in_ring_;
    std::deque<work> waiting_; // for room in the ring
    std::uint64_t point_ = 0;
    std::vector<std::pair<std::uint64_t, int>> event_files_; // by point
    bool is_closed_ = false;
    bool is_collecting_ = false; // somebody is in interrupt()
    bool has_more_ = false;      // for whoever is
};

} // namespace groq::sim
