// SPDX-License-Identifier: MIT
//
// A queue of a device and the jobs that are under way in it.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include <groq/groq.h>

#include "device.hpp"
#include "job.hpp"

namespace groq {

// Why a job failed, in words; `end.error` is not GROQ_OK.
error job_error(const groq_result &end);

} // namespace groq

// Any thread may use it; none waits while it holds the lock.
struct groq_queue : groq::shared_handle<groq_queue> {
public:
    static groq::result<std::shared_ptr<groq_queue>>
    create(std::shared_ptr<groq_device> device, std::uint32_t priority);

    groq_queue(std::shared_ptr<groq_device> device, const groq::port_queue &port);
    ~groq_queue();

    // The ticket is the point of the time line at which the job has ended.
    groq::result<std::uint64_t> submit(std::shared_ptr<groq_job> job);
    // The job's own failure is in the result.
    groq::result<groq_result> wait(std::uint64_t ticket, std::int64_t deadline);
    // Takes ended jobs, oldest first, until `results` is full; how many.
    groq::result<std::size_t> reap(std::span<groq_result> results);
    groq::result<int> event_file();

private:
    struct job_in_flight {
        std::uint64_t ticket;
        std::shared_ptr<groq_job> job;
        int error; // GROQ_ERROR_* of a submission that failed half way
    };

    groq::result<void> submit_locked(const groq_job &job);
    groq::result<void> submit_chunk_locked(const groq_job &job, std::size_t first,
                                           std::size_t count);
    std::vector<job_in_flight>::iterator find_locked(std::uint64_t ticket);
    groq_result land_locked(std::vector<job_in_flight>::iterator flight);

    std::shared_ptr<groq_device> device_;
    groq::port_queue port_;

    std::mutex lock_; // all below
    std::uint64_t last_point_ = 0;
    std::vector<job_in_flight> flights_; // by ticket
    int event_file_ = -1;                // until somebody asks for it
};
