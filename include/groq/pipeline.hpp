// SPDX-License-Identifier: MIT
//
// Runs of one image, one after another, whose copies overlap the runs.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <groq/program.hpp>
#include <groq/queue.hpp>

namespace groq {

// Members: struct groq_pipeline_options, but for the size.
struct pipeline_options {
    unsigned priority = 0;                   // as in queue_options
    groq::path path = groq::path::automatic; // as there
    unsigned depth = 0;                      // runs on their way at once, 2..64; 0: 3
};

// Results come out in the order in which inputs went in. One thread pushes and one
// pops, at the same time if they like; any may end runs. It has the image for itself,
// and keeps it. Once each was called, push() and pop() allocate no memory.
//
// Destroyed, it ends what is on its way, whose results are lost, and waits until the
// chip has let go.
class pipeline {
public:
    // errc::in_use: the image is in work elsewhere; queues: it takes three; else as
    // queue::create().
    static result<pipeline> create(const image &image,
                                   const pipeline_options &options = {}) {
        auto native = detail::sized<groq_pipeline_options>();
        native.priority = options.priority;
        native.path = std::uint32_t(options.path);
        native.depth = options.depth;
        auto made = detail::make<pipeline, groq_pipeline>([&](groq_pipeline **out) {
            return groq_pipeline_create(image.native(), &native, out);
        });
        if (made)
            made->learn_sizes(image.program());
        return made;
    }
    // Throws groq::failure.
    explicit pipeline(const image &image, const pipeline_options &options = {})
        : pipeline(create(image, options).value()) {}
    // @owned knows nothing of sizes: its callers do.
    explicit pipeline(groq_pipeline *owned) noexcept : handle_(owned) {}

    // Begins a run; its number, from 0. Row-major data of each input, in the order of
    // the program's tensors, which is the caller's again when this returns. Waits for
    // room. errc::timeout; errc::full if the deadline is past already.
    result<std::uint64_t> push(std::span<const std::span<const std::byte>> inputs,
                               deadline deadline) {
        if (const auto right = check_sizes(inputs, input_bytes_); !right)
            return right.error();
        inputs_.clear();
        for (const auto &each : inputs)
            inputs_.push_back(each.data());
        std::uint64_t number = 0;
        if (groq_pipeline_push(native(), inputs_.data(), inputs_.size(), deadline.ns(),
                               &number) != GROQ_OK)
            return error::last();
        return number;
    }

    // Takes the oldest run, when it has ended: its outputs, unless it failed. An error:
    // nothing has been taken. errc::timeout; errc::not_found if none is on its way.
    result<completion> pop(std::span<const std::span<std::byte>> outputs,
                           deadline deadline) {
        if (const auto right = check_sizes(outputs, output_bytes_); !right)
            return right.error();
        outputs_.clear();
        for (const auto &each : outputs)
            outputs_.push_back(each.data());
        auto end = detail::sized<groq_result>();
        if (groq_pipeline_pop(native(), outputs_.data(), outputs_.size(), deadline.ns(),
                              &end) != GROQ_OK &&
            end.error == GROQ_OK)
            return error::last();
        return queue::completion_of(end);
    }

    // Of a program with a single input, and with a single output.
    result<std::uint64_t> push(std::span<const std::byte> input, deadline deadline) {
        return push(std::array{input}, deadline);
    }
    result<completion> pop(std::span<std::byte> output, deadline deadline) {
        return pop(std::array{output}, deadline);
    }

    // Ends run @number early: it is taken in its turn, as errc::canceled unless it has
    // ended otherwise, and no other is harmed. errc::not_found: it is not on its way.
    result<void> cancel(std::uint64_t number) {
        return detail::check(groq_pipeline_cancel(native(), number));
    }

    // Polls readable while pop() need not wait. Owned by the pipeline.
    result<int> fd() {
        int fd = -1;
        if (groq_pipeline_fd(native(), &fd) != GROQ_OK)
            return error::last();
        return fd;
    }

    groq_pipeline *native() const noexcept { return handle_.get(); }

private:
    void learn_sizes(const program_view &program) {
        for (std::size_t i = 0; i < program.tensor_count(); ++i)
            if (const auto tensor = program.tensor(i))
                (tensor->direction == GROQ_TENSOR_INPUT ? input_bytes_ : output_bytes_)
                    .push_back(tensor->bytes);
    }

    // Their number is the library's to check.
    template <class Spans>
    static result<void> check_sizes(const Spans &data,
                                    const std::vector<std::uint64_t> &sizes) {
        for (std::size_t i = 0; i < std::min(data.size(), sizes.size()); ++i)
            if (data[i].size() != sizes[i])
                return error(errc::size, "tensor " + std::to_string(i) + " has " +
                                             std::to_string(sizes[i]) + " bytes, not " +
                                             std::to_string(data[i].size()));
        return {};
    }

    detail::handle<groq_pipeline, groq_pipeline_destroy> handle_;
    std::vector<std::uint64_t> input_bytes_, output_bytes_;
    std::vector<const void *> inputs_; // of push(), while it lasts
    std::vector<void *> outputs_;      // of pop()
};

} // namespace groq
