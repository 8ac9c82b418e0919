// SPDX-License-Identifier: MIT
//
// Runs of one image whose copies overlap the runs before and after them.
//
// A run passes three queues: its inputs are copied in, its entries run, its outputs
// are copied out. Fences between the queues keep the order that the data need:
//  - an entry that reads inputs begins when they are there, and the next ones come
//    when it has ended;
//  - an entry that writes outputs begins when the last ones have been copied out, and
//    these are copied out when it has ended.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include <groq/groq.h>

#include "buffer.hpp"
#include "image.hpp"
#include "job.hpp"
#include "queue.hpp"

// One thread pushes and one pops; any cancels.
struct groq_pipeline : groq::shared_handle<groq_pipeline> {
public:
    static groq::result<std::shared_ptr<groq_pipeline>>
    create(std::shared_ptr<groq_image> image, const groq_pipeline_options &options);

    // Takes part in the image until its end: nobody else's work may.
    explicit groq_pipeline(std::shared_ptr<groq_image> image);
    ~groq_pipeline();

    // Row-major data, a pointer for each input, and for each output.
    groq::result<std::uint64_t> push(std::span<const void *const> inputs,
                                     std::int64_t deadline);
    // The run's own failure is in the result; outputs are written when there is none.
    groq::result<groq_result> pop(std::span<void *const> outputs,
                                  std::int64_t deadline);
    // Ends a run early that is on its way.
    groq::result<void> cancel(std::uint64_t number);
    groq::result<int> event_file();

private:
    enum : std::size_t { queue_in, queue_run, queue_out, queue_count };

    // A job on the way of a run.
    struct stage {
        std::size_t queue;
        std::shared_ptr<groq_job> job;
        bool reads_inputs = false;
        bool writes_outputs = false;
        std::uint64_t ticket = 0; // 0: not in work; changes under the lock
        groq_result end = {};     // when it has been
    };
    // Room for a run on its way.
    struct run_slot {
        std::shared_ptr<groq_buffer> tensors; // packed, one after another; or none
        std::vector<stage> stages;            // in the order of their submission
    };

    groq::result<void> make_queues(const groq_pipeline_options &options);
    groq::result<void> make_slot(run_slot &slot);
    void add_copies(run_slot &slot, std::size_t queue, std::uint32_t direction);
    void add_runs(run_slot &slot);

    groq::result<void> check_count(std::size_t count, std::uint32_t direction) const;
    template <class Visit>
    void for_each_tensor(std::uint32_t direction, Visit visit) const;

    groq::result<void> wait_for_room(std::int64_t deadline);
    groq::result<void> submit(run_slot &slot);
    groq::result<void> submit(stage &each, std::optional<groq::port_point> before);
    groq::result<void> collect(run_slot &slot, std::int64_t deadline);
    groq_result outcome(const run_slot &slot) const;

    std::shared_ptr<groq_image> image_;
    bool has_entered_ = false;
    bool has_aliases_ = false; // an output lies where an input does
    std::array<std::shared_ptr<groq_queue>, queue_count> queues_;
    std::vector<run_slot> slots_; // of run n: n modulo their number

    // Of who pushes: when inputs may come, and outputs be written; from the first run
    // on.
    std::optional<groq::port_point> inputs_read_;
    std::optional<groq::port_point> outputs_taken_;

    std::atomic<bool> went_well_ = true; // each run so far
    std::atomic<bool> is_polled_ = false;
    std::mutex lock_; // both below, and tickets of stages
    std::condition_variable popped_;
    std::uint64_t pushed_count_ = 0;
    std::uint64_t popped_count_ = 0;
};
