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
        : queue_(device), jobs_(std::move(jobs)), steps_(steps),
          ended_(jobs_.size(), groq::detail::sized<groq_result>()) {
        for (auto &job : jobs_)
            begin(job);
    }
    job_stream(const job_stream &) = delete;
    job_stream &operator=(const job_stream &) = delete;

    // Waits for the oldest job, takes what else has ended, and submits as many
    // anew. Returns the steps that ended.
    std::size_t turn() {
        queue_.wait(in_flight_.front().ticket, groq::forever).value();
        const std::size_t more = reap();
        for (std::size_t i = 0; i < 1 + more; ++i)
            begin_oldest_again();
        return (1 + more) * steps_;
    }

private:
    struct flight {
        groq::ticket ticket;
        groq::job *job;
    };

    void begin(groq::job &job) {
        in_flight_.push_back({queue_.submit(job).value(), &job});
    }

    // All at once: each call costs a look at the card's progress. Returns how many.
    std::size_t reap() {
        if (jobs_.size() == 1)
            return 0;
        std::size_t count = 0;
        if (groq_queue_reap(queue_.native(), ended_.data(), ended_.size(), &count) !=
            GROQ_OK)
            throw groq::failure(groq::error::last());
        for (std::size_t i = 0; i < count; ++i)
            if (ended_[i].error != GROQ_OK)
                throw groq::failure({static_cast<groq::errc>(ended_[i].error),
                                     groq_error_text(ended_[i].error)});
        return count;
    }

    void begin_oldest_again() {
        groq::job &job = *in_flight_.front().job;
        in_flight_.pop_front();
        begin(job);
    }

    groq::queue queue_;
    std::vector<groq::job> jobs_;
    std::size_t steps_;
    std::vector<groq_result> ended_;
    std::deque<flight> in_flight_;
};

} // namespace bench
