// SPDX-License-Identifier: MIT
//
// A queue of a device and the jobs that are under way in it.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include <groq/groq.h>

#include "device.hpp"
#include "flights.hpp"
#include "job.hpp"

namespace groq {

constexpr std::uint32_t queue_depth_default = 256;
constexpr std::uint32_t queue_depth_max = 4096;

// Of jobs that are submitted, beside their order in the queue.
struct job_order {
    std::span<const port_point> after = {}; // begin when these have been signalled
    bool is_waited_for = false;             // jobs of other queues may name their ends
};

// How far a batch came.
struct batch_outcome {
    std::size_t submitted = 0;
    result<void> refusal = {}; // of the first that was not
};

struct job_end : groq_result {
    std::optional<groq::error> refusal; // the driver's, of the job or of a part of it
};

// Why a job failed, in words; `end.error` is not GROQ_OK.
groq::error job_error(const job_end &end);

} // namespace groq

// Any thread may use it; none waits while it holds the lock.
struct groq_queue : groq::shared_handle<groq_queue> {
public:
    // `path`: GROQ_PATH_*, AUTO: that of the context; `depth` 0: the default.
    static groq::result<std::shared_ptr<groq_queue>>
    create(std::shared_ptr<groq_device> device, std::uint32_t priority,
           std::uint32_t path = GROQ_PATH_AUTO, std::uint32_t depth = 0);

    groq_queue(std::shared_ptr<groq_device> device, const groq::port_queue &port,
               std::uint32_t depth);
    ~groq_queue();

    const std::shared_ptr<groq_device> &device() const { return device_; }

    // The ticket is the point of the time line at which the job has ended.
    // errc::full: as many as may be are in work.
    groq::result<std::uint64_t> submit(std::shared_ptr<groq_job> job,
                                       const groq::job_order &order = {});
    // Of those that were submitted, `tickets` tells the ticket.
    groq::batch_outcome submit(std::span<groq_job *const> jobs, std::uint64_t *tickets,
                               const groq::job_order &order = {});
    // For the job_order of jobs in other queues of the device.
    groq::port_point end_of(std::uint64_t ticket) const { return {port_, ticket}; }
    // Ends the job early; its result is still to be taken.
    groq::result<void> cancel(std::uint64_t ticket);
    // The job's own failure is in the result.
    groq::result<groq::job_end> wait(std::uint64_t ticket, std::int64_t deadline);
    // Takes ended jobs, oldest first, until `results` is full; how many.
    groq::result<std::size_t> reap(std::span<groq_result> results);
    groq::result<int> event_file();
    groq_queue_info info() const;

private:
    groq::result<void> stage_locked(groq_job &job, std::size_t &begun,
                                    const groq::job_order &order);
    void stage_parts_locked(const groq_job &job, const groq::job_order &order);
    groq::result<void> send_locked();
    std::size_t take_off_locked(std::span<groq_job *const> begun, std::uint64_t sent,
                                const groq::result<void> &sending,
                                std::uint64_t *tickets);
    void notify_locked(std::uint64_t ticket);
    groq::error why_late(std::int64_t deadline) const;
    groq::job_end land_locked(groq::flight &landing);
    std::optional<groq::error> refusal_locked(const groq::flight &landing);

    std::shared_ptr<groq_device> device_;
    groq::port_queue port_;

    mutable std::mutex lock_; // all below
    groq::flights flights_;
    std::vector<groq::port_submission> staged_; // empty between calls
    std::uint64_t last_point_ = 0;              // that was submitted
    std::uint64_t submitted_ = 0;               // jobs
    std::uint64_t allocations_ = 0;             // on their way
    int event_file_ = -1;                       // until somebody asks for it
};
