// SPDX-License-Identifier: MIT
//
// Submissions to one hardware queue, in order, and the time line that they move
// along.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <drm/groq_accel.h>

#include "refused_points.hpp"
#include "ring.hpp"

namespace groq::sim {

// How far a queue has come. Lives as long as somebody waits for a point of it.
struct timeline {
    std::atomic<std::uint64_t> point = 0;
    // Queues that look again when it moves, a bit for each number.
    std::atomic<std::uint32_t> followers = 0;
};

struct timeline_point {
    std::shared_ptr<sim::timeline> timeline;
    std::uint64_t point;
};

// A command for the chip, with what must live until it has ended.
struct work {
    groq_command command{};
    drm_groq_result *result = nullptr;
    std::uint64_t expected = 0; // cycles; 0: not known
    std::shared_ptr<host_pages> buffer = {};
};

struct submission {
    std::uint64_t point = 0; // signalled by its end
    std::vector<work> works = {};
    std::vector<timeline_point> waits = {};
    std::shared_ptr<host_pages> results = {};
    std::shared_ptr<host_pages> lists = {}; // scatter entries; kept for the next
    bool is_canceled = false;
    std::optional<error> refusal = {}; // nothing of it is done

    void refuse(error why) {
        works.clear();
        waits.clear();
        refusal = std::move(why);
    }
};
using submissions = std::list<submission>;

// One submission at a time is in the ring, so that the others can be withdrawn, and
// that one can be taken from the chip without harm to another. Any thread may use it.
class work_queue final : public interrupt_target {
public:
    work_queue(card &card, std::unique_ptr<ring> ring);

    // Appends a submission to fill in; that of one that has ended, where there is one.
    void append_blank(submissions &to);
    void submit(submissions added);
    // As kernel_port's.
    result<void> refusal(std::uint64_t point);
    // What is to signal `point` ends as canceled, unless it has ended.
    void cancel(std::uint64_t point);
    // Ends what is in work as canceled and takes no more interest in the chip.
    void close();
    void set_windows(const sram_windows &windows);

    bool is_idle() const;
    const std::shared_ptr<sim::timeline> &timeline() const { return timeline_; }
    std::uint64_t signalled() const { return timeline_->point; }
    std::uint64_t last_submitted() const;
    bool wait(std::uint64_t point, std::int64_t deadline);
    void notify(std::uint64_t point, int event_file);

    void count_allocation() { ++allocations_; }
    std::uint64_t allocations() const { return allocations_; }

    // Something has ended, here or in a queue that is waited for.
    void interrupt() override;

private:
    void mark_locked(std::uint64_t point);
    bool is_in_ring_locked(std::uint64_t point) const;
    void take_from_chip(std::unique_lock<std::mutex> &lock);
    bool may_begin_locked(const submission &next);
    void advance_locked();
    void collect_locked();
    void end_locked(submissions &from);
    void signal_locked(std::uint64_t point);
    void wake_followers();

    card &card_;
    std::unique_ptr<ring> ring_;
    std::shared_ptr<sim::timeline> timeline_ = std::make_shared<sim::timeline>();
    std::atomic<std::uint64_t> allocations_ = 0;

    mutable std::mutex lock_; // all below
    std::condition_variable moved_;
    submissions in_ring_;   // one or none
    std::size_t ended_ = 0; // works of that
    submissions waiting_;
    submissions spare_;
    std::uint64_t last_submitted_ = 0;
    refused_points refused_;
    std::vector<std::pair<std::uint64_t, int>> event_files_; // by point
    bool is_closed_ = false;
    bool is_halted_ = false;     // what is in the ring is being taken from the chip
    bool is_collecting_ = false; // somebody is in interrupt()
    bool has_more_ = false;      // for whoever is
};

} // namespace groq::sim
