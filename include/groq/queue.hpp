// SPDX-License-Identifier: MIT
//
// Jobs, and the queues that take them to the card.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include <groq/buffer.hpp>
#include <groq/path.hpp>
#include <groq/program.hpp>

namespace groq {

// A piece of a job: rows of bytes between a buffer and SRAM. Offsets, sizes and strides
// are in bytes; strides lead from one row to the next and are 0 for a single row.
// Refers to its buffer, which a job keeps once it has the copy.
struct copy {
    const groq::buffer &buffer;
    std::uint64_t buffer_offset;
    std::uint64_t sram;     // linear address, in a region or image of the device
    std::uint64_t bytes;    // of a row, not 0
    std::uint64_t rows = 1; // up to 2^32-1
    std::uint64_t buffer_stride = 0;
    std::uint64_t sram_stride = 0;

    groq_copy native() const noexcept {
        return {sizeof(groq_copy), buffer.native(), buffer_offset, sram, bytes, rows,
                buffer_stride,     sram_stride};
    }
};

// Steps that the card takes in order. Made once, submitted any number of times, in work
// once at a time: errc::in_use until its result has been taken. Keeps the buffers and
// images of its steps. One thread at a time.
class job {
public:
    // An empty job.
    static result<job> create(const device &device) {
        return detail::make<job, groq_job>(
            [&](groq_job **out) { return groq_job_create(device.native(), out); });
    }
    // Copy the inputs in, run, copy the outputs out. @entry: only this one.
    static result<job> create(const image &image,
                              const std::optional<std::string> &entry = {}) {
        return detail::make<job, groq_job>([&](groq_job **out) {
            return groq_job_create_run(image.native(), entry ? entry->c_str() : nullptr,
                                       out);
        });
    }
    // Throw groq::failure.
    explicit job(const device &device) : job(create(device).value()) {}
    explicit job(const image &image, const std::optional<std::string> &entry = {})
        : job(create(image, entry).value()) {}
    explicit job(groq_job *owned) noexcept : handle_(owned) {}

    // Take all steps away, to build it anew. errc::invalid: it has tensors.
    result<void> clear() { return detail::check(groq_job_clear(native())); }

    // Append a step. errc::invalid: it does not fit the buffer, or that is of another
    // device. That the SRAM is one's own is seen when the job is in work.
    result<void> copy_in(const copy &copy) {
        const auto native_copy = copy.native();
        return detail::check(groq_job_copy_in(native(), &native_copy));
    }
    result<void> copy_out(const copy &copy) {
        const auto native_copy = copy.native();
        return detail::check(groq_job_copy_out(native(), &native_copy));
    }
    // Append a run, which ends as faulted after @max_cycles; 0: derived from the
    // program. errc::not_found: no such entry.
    result<void> run(const image &image, const std::string &entry,
                     std::uint64_t max_cycles = 0) {
        return detail::check(
            groq_job_run(native(), image.native(), entry.c_str(), max_cycles));
    }

    // Row-major data of exactly the tensor's size (errc::size). Inputs keep their value
    // from run to run. errc::invalid: no such tensor, or of the other direction.
    result<void> set_input(std::size_t tensor, std::span<const std::byte> data) {
        return detail::check(
            groq_job_set_input(native(), tensor, data.data(), data.size()));
    }
    result<void> get_output(std::size_t tensor, std::span<std::byte> data) const {
        return detail::check(
            groq_job_get_output(native(), tensor, data.data(), data.size()));
    }

    // Where the tensor lies for the card, packed, as long as the job. See tensor_view.
    result<std::span<std::byte>> tensor_data(std::size_t tensor) const {
        void *packed = nullptr;
        std::uint64_t bytes = 0;
        if (groq_job_tensor_data(native(), tensor, &packed, &bytes) != GROQ_OK)
            return error::last();
        return std::span(static_cast<std::byte *>(packed), bytes);
    }

    groq_job *native() const noexcept { return handle_.get(); }

private:
    detail::handle<groq_job, groq_job_destroy> handle_;
};

// Names a submission in its queue; greater than those before it, never 0.
using ticket = std::uint64_t;

// The end of a job.
struct completion {
    groq::ticket ticket;
    std::uint64_t cycles;                 // that its programs took
    std::uint64_t bytes;                  // that its copies moved
    std::chrono::nanoseconds device_time; // the card's clock at its end
    std::optional<groq::error> failure;   // of the job, where that is no error itself
    // That its programs should take; 0: not all are known.
    std::uint64_t expected_cycles = 0;
};

struct queue_options {
    unsigned priority = 0;                   // lowest .. 3; above 1 needs CAP_SYS_NICE
    groq::path path = groq::path::automatic; // automatic: that of the context
    unsigned depth = 0;                      // most jobs in work, up to 4096; 0: 256
};

// Members: struct groq_queue_info.
using queue_info = groq_queue_info;

// How far several jobs came.
struct batch_end {
    std::size_t submitted = 0;
    std::optional<groq::error> refusal = {}; // of the first that was not
};

// Jobs of one queue run in order; those of different queues overlap as far as the chip
// can. Any thread may use it. Nothing waits but wait() and run().
class queue {
public:
    // errc::invalid: an option is out of range; queues: all are taken; permission:
    // priority. A path that cannot be had: too_old, permission, unsupported.
    static result<queue> create(const device &device, const queue_options &options) {
        auto native_options = detail::sized<groq_queue_options>();
        native_options.priority = options.priority;
        native_options.path = std::uint32_t(options.path);
        native_options.depth = options.depth;
        return detail::make<queue, groq_queue>([&](groq_queue **out) {
            return groq_queue_create(device.native(), &native_options, out);
        });
    }
    static result<queue> create(const device &device, unsigned priority = 0) {
        return create(device, queue_options{.priority = priority});
    }
    // Throw groq::failure.
    queue(const device &device, const queue_options &options)
        : queue(create(device, options).value()) {}
    explicit queue(const device &device, unsigned priority = 0)
        : queue(create(device, priority).value()) {}
    explicit queue(groq_queue *owned) noexcept : handle_(owned) {}

    // Does not wait for the card. The job stays in work until its result is taken.
    // errc::full: as many as may be are; in_use: it is, or its image in another queue;
    // invalid: it is empty, or of another device. With an error the job is as it was.
    // What the driver refuses, such as SRAM that is not one's own, is its result.
    result<ticket> submit(job &job) {
        ticket number = 0;
        if (groq_queue_submit(native(), job.native(), &number) != GROQ_OK)
            return error::last();
        return number;
    }

    // Several, in order, by few system calls, up to the first that cannot be. @tickets
    // has room for all: else errc::size, and none is submitted.
    batch_end submit(std::span<job *const> jobs, std::span<ticket> tickets) {
        std::array<groq_job *, 256> some;
        batch_end end;
        if (tickets.size() < jobs.size())
            end.refusal =
                error(errc::size, std::to_string(jobs.size()) + " jobs, but room for " +
                                      std::to_string(tickets.size()) + " tickets");
        while (end.submitted < jobs.size() && !end.refusal) {
            const auto rest = jobs.subspan(end.submitted);
            const auto count = std::min(rest.size(), some.size());
            std::transform(
                rest.begin(), rest.begin() + std::ptrdiff_t(count), some.begin(),
                [](const job *each) { return each ? each->native() : nullptr; });
            std::size_t submitted = 0;
            if (groq_queue_submit_batch(native(), some.data(), count,
                                        &tickets[end.submitted], &submitted) != GROQ_OK)
                end.refusal = error::last();
            end.submitted += submitted;
        }
        return end;
    }

    // Its result comes like any other, as errc::canceled unless it has just ended
    // otherwise. errc::not_found: no such job, or its result has been taken.
    result<void> cancel(ticket number) {
        return detail::check(groq_queue_cancel(native(), number));
    }

    result<queue_info> info() const {
        auto info = detail::sized<queue_info>();
        if (groq_queue_get_info(native(), &info) != GROQ_OK)
            return error::last();
        return info;
    }

    // Take the result of a job when it has ended. One that failed is an error, with its
    // fault if a program faulted. errc::timeout: it is still in work; not_found: there
    // is no such job, or its result has been taken.
    result<completion> wait(ticket number, deadline deadline) {
        auto end = detail::sized<groq_result>();
        if (groq_queue_wait(native(), number, deadline.ns(), &end) == GROQ_OK)
            return from(end);
        if (end.error != GROQ_OK)
            return job_error(end, error::last().message());
        return error::last();
    }

    // Submit and wait. errc::timeout: the job is still in work, and its result can be
    // had by reap() alone: whoever wants the ticket calls submit().
    result<completion> run(job &job, deadline deadline) {
        const auto number = submit(job);
        if (!number)
            return number.error();
        return wait(*number, deadline);
    }

    // Take one ended job without waiting, if there is one; failed ones too.
    result<std::optional<completion>> reap() {
        auto end = detail::sized<groq_result>();
        std::size_t count = 0;
        if (groq_queue_reap(native(), &end, 1, &count) != GROQ_OK)
            return error::last();
        if (count == 0)
            return std::optional<completion>();
        return std::optional(completion_of(end));
    }

    // Polls readable while results may wait for reap(). Owned by the queue.
    result<int> fd() {
        int fd = -1;
        if (groq_queue_fd(native(), &fd) != GROQ_OK)
            return error::last();
        return fd;
    }

    // As reap() gives it.
    static completion completion_of(const groq_result &end) {
        auto done = from(end);
        if (end.error != GROQ_OK)
            done.failure = job_error(end, groq_error_text(end.error));
        return done;
    }

    groq_queue *native() const noexcept { return handle_.get(); }

private:
    static completion from(const groq_result &end) {
        return {end.ticket,   end.cycles,
                end.bytes,    std::chrono::nanoseconds(end.device_time_ns),
                std::nullopt, end.expected_cycles};
    }
    static error job_error(const groq_result &end, std::string text) {
        const fault fault{end.fault};
        const auto code = static_cast<errc>(end.error);
        const bool is_told = fault.cause != 0 && code != errc::canceled;
        return {code, is_told ? fault.describe() : std::move(text), fault};
    }

    detail::handle<groq_queue, groq_queue_destroy> handle_;
};

} // namespace groq
