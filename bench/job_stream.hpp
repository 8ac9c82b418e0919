// SPDX-License-Identifier: MIT
//
// Jobs that are kept in flight on a card.
#pragma once

#include <cstddef>
#include <deque>
#include <utility>
#include <vector>

#include <groq/groq.hpp>

namespace bench {

// Submits all jobs, and each anew as soon as it has ended.
class job_stream {
public:
    // @steps: of each job, what turn() counts. Throws groq::failure.
    job_stream(const groq::device &device, std::vector<groq::job> jobs,
               std::size_t steps = 1)
        : queue_(device), jobs_(std::move(jobs)), steps_(steps) {
        for (auto &job : jobs_)
            begin(job);
    }
    job_stream(const job_stream &) = delete;
    job_stream &operator=(const job_stream &) = delete;

    // Waits for the oldest job, takes what else has ended, and submits as many
    // anew. Returns the steps that ended.
    std::size_t turn() {
        queue_.wait(in_flight_.front().ticket, groq::forever).value();
        begin_oldest_again();
        std::size_t jobs = 1;
        // At most one round of the jobs, however quick the card is: the caller
        // wants to look at the clock.
        for (; jobs < jobs_.size(); ++jobs) {
            const auto end = queue_.reap().value();
            if (!end)
                break;
            if (end->failure)
                throw groq::failure(*end->failure);
            begin_oldest_again();
        }
        return jobs * steps_;
    }

private:
    struct flight {
        groq::ticket ticket;
        groq::job *job;
    };

    void begin(groq::job &job) {
        in_flight_.push_back({queue_.submit(job).value(), &job});
    }

    void begin_oldest_again() {
        groq::job &job = *in_flight_.front().job;
        in_flight_.pop_front();
        begin(job);
    }

    groq::queue queue_;
    std::vector<groq::job> jobs_;
    std::size_t steps_;
    std::deque<flight> in_flight_;
};

} // namespace bench
