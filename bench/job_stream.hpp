// SPDX-License-Identifier: MIT
//
// Jobs that are kept in flight on a card.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include <groq/groq.hpp>

namespace bench {

// Submits all jobs, and each anew with all others that have ended.
class job_stream {
public:
    // @steps: of each job, what turn() counts. Throws groq::failure.
    job_stream(const groq::device &device, std::vector<groq::job> jobs,
               std::size_t steps = 1, const groq::queue_options &options = {})
        : queue_(device, options), jobs_(std::move(jobs)), steps_(steps),
          tickets_(jobs_.size()),
          ended_(jobs_.size(), groq::detail::sized<groq_result>()) {
        for (auto &job : jobs_)
            idle_.push_back(&job);
        submit();
    }
    job_stream(const job_stream &) = delete;
    job_stream &operator=(const job_stream &) = delete;

    // Waits for the oldest job, takes what else has ended, and submits as many
    // anew. Returns the steps that ended.
    std::size_t turn() {
        queue_.wait(in_flight_.front().ticket, groq::forever).value();
        const std::size_t ended = 1 + reap();
        for (std::size_t i = 0; i < ended; ++i) {
            idle_.push_back(in_flight_.front().job);
            in_flight_.pop_front();
        }
        submit();
        return ended * steps_;
    }

    std::uint64_t system_calls() const { return queue_.info().value().system_calls; }

private:
    struct flight {
        groq::ticket ticket;
        groq::job *job;
    };

    void submit() {
        if (const auto end = queue_.submit(idle_, tickets_); end.refusal)
            throw groq::failure(*end.refusal);
        for (std::size_t i = 0; i < idle_.size(); ++i)
            in_flight_.push_back({tickets_[i], idle_[i]});
        idle_.clear();
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

    groq::queue queue_;
    std::vector<groq::job> jobs_;
    std::size_t steps_;
    std::vector<groq::job *> idle_; // between calls: none
    std::vector<groq::ticket> tickets_;
    std::vector<groq_result> ended_;
    std::deque<flight> in_flight_;
};

} // namespace bench
