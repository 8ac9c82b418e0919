// SPDX-License-Identifier: MIT
#include "record_port.hpp"

#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <utility>

#include "mapped_buffers.hpp"
#include "recorded_bytes.hpp"
#include "recording_writer.hpp"
#include "structure.hpp"

namespace groq {
namespace {

using numbers = std::vector<std::uint64_t>;

constexpr auto all_points = ~std::uint64_t{0};

class record_port final : public kernel_port {
public:
    record_port(std::string file, recording_writer writer,
                std::unique_ptr<kernel_port> recorded)
        : file_(std::move(file)), writer_(std::move(writer)),
          port_(std::move(recorded)) {}

    void describe(groq_device_info &info) const override;
    result<std::uint64_t> parameter(drm_groq_param which) const override;
    result<void> read(groq_telemetry &telemetry) const override;
    result<port_links> links() const override;
    result<drm_groq_link_align> align_link(std::uint32_t link, std::uint32_t samples,
                                           bool is_adjusted) override;

    result<port_buffer> create_buffer(std::uint64_t size) override;
    result<port_buffer> pin_buffer(std::span<std::byte> bytes,
                                   bool is_read_only) override;
    result<int> export_buffer(const port_buffer &buffer) override;
    result<port_buffer> import_buffer(int file) override;
    void destroy_buffer(const port_buffer &buffer) noexcept override;

    result<std::uint32_t> create_context(std::uint32_t flags) override;
    void destroy_context(std::uint32_t id) noexcept override;
    result<std::uint64_t> reserve_sram(std::uint32_t context,
                                       std::optional<std::uint64_t> address,
                                       std::uint64_t size) override;
    result<void> release_sram(std::uint32_t context, std::uint64_t address) override;

    result<port_queue> create_queue(std::uint32_t context, std::uint32_t priority,
                                    std::uint32_t path) override;
    void destroy_queue(const port_queue &queue) noexcept override;
    result<std::size_t> submit(const port_queue &queue,
                               std::span<const port_submission> submissions) override;
    result<void> refusal(const port_queue &queue, std::uint64_t point) override;
    result<void> cancel(const port_queue &queue, std::uint64_t point) override;
    result<std::uint64_t> signalled(const port_queue &queue) override;
    result<bool> wait(const port_queue &queue, std::uint64_t point,
                      std::int64_t deadline) override;
    result<void> notify(const port_queue &queue, std::uint64_t point,
                        int event_file) override;
    port_costs costs(const port_queue &queue) const noexcept override;
    result<void> watch(int event_file) override;
    std::uint32_t take_events() noexcept override;

private:
    // Writes down `done`, with `values` of what it is.
    template <class T, class Values>
    result<T> note(const port_call &call, result<T> done, Values values) const {
        call_answer answer;
        if (done)
            answer.values = values(*done);
        else
            answer.failure = done.error();
        writer_.add(call, answer);
        return done;
    }
    result<void> note(const port_call &call, const result<void> &done) const {
        call_answer answer;
        if (!done)
            answer.failure = done.error();
        writer_.add(call, answer);
        return done;
    }
    result<port_buffer> note_buffer(const port_call &call, result<port_buffer> made);

    // What the runtime cannot go on without does not fail for want of a record.
    template <class Write>
    void write(Write to) const noexcept {
        try {
            to();
        } catch (const std::bad_alloc &) {
            writer_.give_up(ENOMEM);
        }
    }

    std::uint64_t number_of(const port_buffer &buffer) const;
    std::uint64_t number_of(const port_queue &queue) const;
    std::uint64_t queue_number_locked(std::uint32_t id) const;

    port_call keep(const port_queue &queue,
                   std::span<const port_submission> submissions,
                   std::vector<std::byte> &inputs);
    bool may_be_written_locked(std::span<const std::byte> bytes) const;
    void note_ended(std::uint64_t queue, std::uint64_t point) const noexcept;

    std::string file_;
    mutable recording_writer writer_;
    std::unique_ptr<kernel_port> port_;

    mutable std::mutex lock_; // all below
    mapped_buffers buffers_;
    std::map<std::uint32_t, std::uint64_t> queue_numbers_; // by id
    // By number; of each its work that nobody was told the end of.
    mutable std::map<std::uint64_t, kept_submissions> queues_;
    std::uint64_t last_queue_ = 0;
    const bytes_of_buffer bytes_ = [this](auto handle) {
        return buffers_.bytes(handle);
    };
};

template <class Structure>
std::vector<std::byte> bytes_of(std::span<const Structure> structures) {
    const auto bytes = std::as_bytes(structures);
    return {bytes.begin(), bytes.end()};
}

template <class Structure>
std::vector<std::byte> bytes_of(const Structure &structure) {
    return bytes_of(std::span(&structure, 1));
}

void record_port::describe(groq_device_info &info) const {
    port_->describe(info);
    writer_.add(calls::describe(), {.bytes = bytes_of(info)});
    if (const int failure = writer_.failure())
        copy_text(info.reason, "the recording " + file_ +
                                   " is not whole: " + std::strerror(failure));
}

result<std::uint64_t> record_port::parameter(drm_groq_param which) const {
    return note(calls::parameter(which), port_->parameter(which),
                [](std::uint64_t value) { return numbers{value}; });
}

result<void> record_port::read(groq_telemetry &telemetry) const {
    const auto done = port_->read(telemetry);
    if (!done)
        return note(calls::read(), done);
    writer_.add(calls::read(), {.bytes = bytes_of(telemetry)});
    return done;
}

result<port_links> record_port::links() const {
    auto seen = port_->links();
    call_answer answer;
    if (seen) {
        answer.values = {seen->generation};
        answer.bytes = bytes_of(std::span<const drm_groq_link>(seen->links));
    } else {
        answer.failure = seen.error();
    }
    writer_.add(calls::links(), answer);
    return seen;
}

result<drm_groq_link_align>
record_port::align_link(std::uint32_t link, std::uint32_t samples, bool is_adjusted) {
    const auto measured = port_->align_link(link, samples, is_adjusted);
    call_answer answer;
    if (measured)
        answer.bytes = bytes_of(*measured);
    else
        answer.failure = measured.error();
    writer_.add(calls::align_link(link, samples, is_adjusted), answer);
    return measured;
}

result<port_buffer> record_port::note_buffer(const port_call &call,
                                             result<port_buffer> made) {
    std::uint64_t number = 0;
    if (made) {
        const std::lock_guard lock(lock_);
        number = buffers_.add(*made);
    }
    return note(call, std::move(made), [&](const port_buffer &buffer) {
        return numbers{number, buffer.bytes.size(), buffer.size};
    });
}

result<port_buffer> record_port::create_buffer(std::uint64_t size) {
    return note_buffer(calls::create_buffer(size), port_->create_buffer(size));
}

result<port_buffer> record_port::pin_buffer(std::span<std::byte> bytes,
                                            bool is_read_only) {
    return note_buffer(calls::pin_buffer(bytes.size(), is_read_only),
                       port_->pin_buffer(bytes, is_read_only));
}

result<int> record_port::export_buffer(const port_buffer &buffer) {
    return note(calls::export_buffer(number_of(buffer)), port_->export_buffer(buffer),
                [](int) { return numbers{}; });
}

result<port_buffer> record_port::import_buffer(int file) {
    return note_buffer(calls::import_buffer(), port_->import_buffer(file));
}

// Forgotten first: the next to get its handle may be quick.
void record_port::destroy_buffer(const port_buffer &buffer) noexcept {
    const auto number = number_of(buffer);
    {
        const std::lock_guard lock(lock_);
        buffers_.remove(buffer);
    }
    port_->destroy_buffer(buffer);
    write([&] { writer_.add(calls::destroy_buffer(number), {}); });
}

result<std::uint32_t> record_port::create_context(std::uint32_t flags) {
    return note(calls::create_context(flags), port_->create_context(flags),
                [](std::uint32_t id) { return numbers{id}; });
}

void record_port::destroy_context(std::uint32_t id) noexcept {
    port_->destroy_context(id);
    write([&] { writer_.add(calls::destroy_context(id), {}); });
}

result<std::uint64_t> record_port::reserve_sram(std::uint32_t context,
                                                std::optional<std::uint64_t> address,
                                                std::uint64_t size) {
    return note(calls::reserve_sram(context, address, size),
                port_->reserve_sram(context, address, size),
                [](std::uint64_t at) { return numbers{at}; });
}

result<void> record_port::release_sram(std::uint32_t context, std::uint64_t address) {
    return note(calls::release_sram(context, address),
                port_->release_sram(context, address));
}

result<port_queue> record_port::create_queue(std::uint32_t context,
                                             std::uint32_t priority,
                                             std::uint32_t path) {
    auto made = port_->create_queue(context, priority, path);
    std::uint64_t number = 0;
    if (made) {
        const std::lock_guard lock(lock_);
        number = ++last_queue_;
        queue_numbers_.insert_or_assign(made->id, number);
        queues_.try_emplace(number);
    }
    return note(calls::create_queue(context, priority, path), std::move(made),
                [&](const port_queue &queue) {
                    return numbers{number, queue.path};
                });
}

// The next to get its id may be quick. Its work has ended when the call returns.
void record_port::destroy_queue(const port_queue &queue) noexcept {
    const auto number = number_of(queue);
    {
        const std::lock_guard lock(lock_);
        queue_numbers_.erase(queue.id);
    }
    port_->destroy_queue(queue);
    write([&] { writer_.add(calls::destroy_queue(number), {}); });
    note_ended(number, all_points);
    const std::lock_guard lock(lock_);
    queues_.erase(number);
}

// What is submitted is known here before its end can be told to anybody.
result<std::size_t> record_port::submit(const port_queue &queue,
                                        std::span<const port_submission> submissions) {
    call_answer answer;
    const auto call = keep(queue, submissions, answer.bytes);
    const auto taken = port_->submit(queue, submissions);
    if (taken)
        answer.values = {*taken};
    else
        answer.failure = taken.error();
    {
        const std::lock_guard lock(lock_);
        queues_.at(queue_number_locked(queue.id))
            .drop(submissions.subspan(taken ? *taken : 0));
    }
    writer_.add(call, answer);
    return taken;
}

port_call record_port::keep(const port_queue &queue,
                            std::span<const port_submission> submissions,
                            std::vector<std::byte> &inputs) {
    const std::lock_guard lock(lock_);
    inputs = inputs_of(submissions, bytes_,
                       [&](auto bytes) { return may_be_written_locked(bytes); });
    const auto number = queue_number_locked(queue.id);
    queues_.at(number).keep(submissions);
    return calls::submit(
        number, submissions, [&](auto handle) { return buffers_.number(handle); },
        [&](auto id) { return queue_number_locked(id); });
}

result<void> record_port::refusal(const port_queue &queue, std::uint64_t point) {
    return note(calls::refusal(number_of(queue), point), port_->refusal(queue, point));
}

result<void> record_port::cancel(const port_queue &queue, std::uint64_t point) {
    return note(calls::cancel(number_of(queue), point), port_->cancel(queue, point));
}

result<std::uint64_t> record_port::signalled(const port_queue &queue) {
    const auto number = number_of(queue);
    auto point = port_->signalled(queue);
    if (point)
        note_ended(number, *point);
    else if (point.error() == errc::device_lost)
        note_ended(number, all_points);
    return note(calls::signalled(number), std::move(point),
                [](std::uint64_t value) { return numbers{value}; });
}

result<bool> record_port::wait(const port_queue &queue, std::uint64_t point,
                               std::int64_t deadline) {
    const auto number = number_of(queue);
    auto done = port_->wait(queue, point, deadline);
    if (done && *done)
        note_ended(number, point);
    else if (!done && done.error() == errc::device_lost)
        note_ended(number, all_points);
    return note(calls::wait(number, point), std::move(done),
                [](bool value) { return numbers{value}; });
}

result<void> record_port::notify(const port_queue &queue, std::uint64_t point,
                                 int event_file) {
    return note(calls::notify(number_of(queue), point),
                port_->notify(queue, point, event_file));
}

port_costs record_port::costs(const port_queue &queue) const noexcept {
    const auto costs = port_->costs(queue);
    write([&] {
        writer_.add(calls::costs(number_of(queue)),
                    {.values = {costs.system_calls, costs.allocations}});
    });
    return costs;
}

result<void> record_port::watch(int event_file) {
    return note(calls::watch(), port_->watch(event_file));
}

std::uint32_t record_port::take_events() noexcept {
    const auto events = port_->take_events();
    write([&] { writer_.add(calls::take_events(), {.values = {events}}); });
    return events;
}

std::uint64_t record_port::number_of(const port_buffer &buffer) const {
    const std::lock_guard lock(lock_);
    return buffers_.number(buffer.handle);
}

std::uint64_t record_port::number_of(const port_queue &queue) const {
    const std::lock_guard lock(lock_);
    return queue_number_locked(queue.id);
}

std::uint64_t record_port::queue_number_locked(std::uint32_t id) const {
    const auto found = queue_numbers_.find(id);
    return found == queue_numbers_.end() ? 0 : found->second;
}

// By a copy out that nobody was told the end of.
bool record_port::may_be_written_locked(std::span<const std::byte> bytes) const {
    for (const auto &[number, open] : queues_)
        for (const auto &each : open)
            for (const auto &command : each.commands) {
                if (command.type != DRM_GROQ_COMMAND_COPY_OUT)
                    continue;
                const auto out = extent_of(command, bytes_);
                if (out.data() < bytes.data() + bytes.size() &&
                    bytes.data() < out.data() + out.size())
                    return true;
            }
    return false;
}

// Before anybody is told, who might then use that memory for something else.
void record_port::note_ended(std::uint64_t queue, std::uint64_t point) const noexcept {
    const std::lock_guard lock(lock_);
    const auto open = queues_.find(queue);
    if (open == queues_.end())
        return;
    while (const auto ended = open->second.take(point))
        write([&] {
            writer_.add(calls::ended(queue, ended->point),
                        {.bytes = outputs_of(*ended, bytes_)});
        });
}

} // namespace

result<std::unique_ptr<kernel_port>>
open_record_port(const std::string &file, std::unique_ptr<kernel_port> recorded) {
    auto writer = recording_writer::create(file);
    if (!writer)
        return writer.error();
    return std::unique_ptr<kernel_port>(
        std::make_unique<record_port>(file, std::move(*writer), std::move(recorded)));
}

} // namespace groq
