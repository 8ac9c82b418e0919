// SPDX-License-Identifier: MIT
#include "record_port.hpp"

#include <algorithm>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <utility>

#include "copied_bytes.hpp"
#include "recording.hpp"
#include "structure.hpp"

namespace groq {
namespace {

void append_number(std::vector<std::byte> &to, std::uint64_t number) {
    const auto bytes = std::as_bytes(std::span(&number, 1));
    to.insert(to.end(), bytes.begin(), bytes.end());
}

// A submission whose end nobody has been told of.
struct open_submission {
    std::uint64_t point;
    std::vector<drm_groq_command> commands;
    std::uint32_t results;
    std::uint64_t result_offset;
};

class record_port final : public kernel_port {
public:
    record_port(std::string file, recording_writer writer,
                std::unique_ptr<kernel_port> recorded)
        : file_(std::move(file)), writer_(std::move(writer)),
          port_(std::move(recorded)) {}

    void describe(groq_device_info &info) const override;
    result<std::uint64_t> parameter(drm_groq_param which) const override;
    result<void> read(groq_telemetry &telemetry) const override;

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
    struct known_buffer {
        std::uint64_t number;
        std::span<std::byte> bytes;
    };
    struct known_queue {
        std::uint64_t number;
        std::deque<open_submission> open = {}; // by point
    };

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

    std::uint64_t buffer_number_locked(std::uint32_t handle) const;
    std::uint64_t queue_number_locked(std::uint32_t id) const;
    std::uint64_t number_of_queue(const port_queue &queue) const;
    std::uint64_t number_of_buffer(const port_buffer &buffer) const;

    std::span<std::byte> extent_locked(const drm_groq_command &copy) const;
    bool may_be_written_locked(std::span<const std::byte> bytes) const;
    std::vector<std::byte>
    inputs_locked(std::span<const port_submission> submissions) const;
    void close_locked(known_queue &queue, const open_submission &ended) const;
    void note_ended(const port_queue &queue, std::uint64_t point);

    std::string file_;
    mutable recording_writer writer_;
    std::unique_ptr<kernel_port> port_;

    mutable std::mutex lock_;                       // all below
    std::map<std::uint32_t, known_buffer> buffers_; // by handle
    std::map<std::uint32_t, known_queue> queues_;   // by id
    std::uint64_t last_buffer_ = 0, last_queue_ = 0;
};

// Nothing that the runtime cannot go on without may throw: the record is lost.
template <class Act>
void if_there_is_memory(Act act) noexcept {
    try {
        act();
    } catch (const std::bad_alloc &) {
    }
}

template <class Structure>
std::vector<std::byte> bytes_of(const Structure &structure) {
    const auto bytes = std::as_bytes(std::span(&structure, 1));
    return {bytes.begin(), bytes.end()};
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
                [](std::uint64_t value) { return std::vector{value}; });
}

result<void> record_port::read(groq_telemetry &telemetry) const {
    const auto done = port_->read(telemetry);
    if (!done)
        return note(calls::read(), done);
    writer_.add(calls::read(), {.bytes = bytes_of(telemetry)});
    return done;
}

result<port_buffer> record_port::note_buffer(const port_call &call,
                                             result<port_buffer> made) {
    std::uint64_t number = 0;
    if (made) {
        const std::lock_guard lock(lock_);
        number = ++last_buffer_;
        buffers_.insert_or_assign(made->handle, known_buffer{number, made->bytes});
    }
    return note(call, std::move(made), [&](const port_buffer &buffer) {
        return std::vector<std::uint64_t>{number, buffer.bytes.size(), buffer.size};
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
    const auto number = number_of_buffer(buffer);
    return note(calls::export_buffer(number), port_->export_buffer(buffer),
                [](int) { return std::vector<std::uint64_t>{}; });
}

result<port_buffer> record_port::import_buffer(int file) {
    return note_buffer(calls::import_buffer(), port_->import_buffer(file));
}

// Forgotten first: the next to get its handle may be quick.
void record_port::destroy_buffer(const port_buffer &buffer) noexcept {
    const auto number = number_of_buffer(buffer);
    {
        const std::lock_guard lock(lock_);
        buffers_.erase(buffer.handle);
    }
    port_->destroy_buffer(buffer);
    if_there_is_memory([&] { writer_.add(calls::destroy_buffer(number), {}); });
}

result<std::uint32_t> record_port::create_context(std::uint32_t flags) {
    return note(calls::create_context(flags), port_->create_context(flags),
                [](std::uint32_t id) { return std::vector<std::uint64_t>{id}; });
}

void record_port::destroy_context(std::uint32_t id) noexcept {
    port_->destroy_context(id);
    if_there_is_memory([&] { writer_.add(calls::destroy_context(id), {}); });
}

result<std::uint64_t> record_port::reserve_sram(std::uint32_t context,
                                                std::optional<std::uint64_t> address,
                                                std::uint64_t size) {
    return note(calls::reserve_sram(context, address, size),
                port_->reserve_sram(context, address, size),
                [](std::uint64_t at) { return std::vector{at}; });
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
        queues_.insert_or_assign(made->id, known_queue{number});
    }
    return note(calls::create_queue(context, priority, path), std::move(made),
                [&](const port_queue &queue) {
                    return std::vector<std::uint64_t>{number, queue.path};
                });
}

void record_port::destroy_queue(const port_queue &queue) noexcept {
    const auto number = number_of_queue(queue);
    {
        const std::lock_guard lock(lock_);
        queues_.erase(queue.id);
    }
    port_->destroy_queue(queue);
    if_there_is_memory([&] { writer_.add(calls::destroy_queue(number), {}); });
}

// What is submitted is known here before its end can be told to anybody.
result<std::size_t> record_port::submit(const port_queue &queue,
                                        std::span<const port_submission> submissions) {
    std::unique_lock lock(lock_);
    auto &known = queues_.at(queue.id);
    const auto call = calls::submit(
        known.number, submissions,
        [&](std::uint32_t handle) { return buffer_number_locked(handle); },
        [&](std::uint32_t id) { return queue_number_locked(id); });
    auto inputs = inputs_locked(submissions);
    for (const auto &each : submissions)
        known.open.push_back({each.point,
                              {each.commands.begin(), each.commands.end()},
                              each.results,
                              each.result_offset});
    lock.unlock();
    const auto taken = port_->submit(queue, submissions);
    lock.lock();
    for (const auto &refused : submissions.subspan(taken ? *taken : 0))
        std::erase_if(known.open,
                      [&](const auto &each) { return each.point == refused.point; });
    lock.unlock();
    call_answer answer{.bytes = std::move(inputs)};
    if (taken)
        answer.values = {*taken};
    else
        answer.failure = taken.error();
    writer_.add(call, answer);
    return taken;
}

result<void> record_port::refusal(const port_queue &queue, std::uint64_t point) {
    return note(calls::refusal(number_of_queue(queue), point),
                port_->refusal(queue, point));
}

result<void> record_port::cancel(const port_queue &queue, std::uint64_t point) {
    return note(calls::cancel(number_of_queue(queue), point),
                port_->cancel(queue, point));
}

result<std::uint64_t> record_port::signalled(const port_queue &queue) {
    auto point = port_->signalled(queue);
    if (point)
        note_ended(queue, *point);
    else if (point.error() == errc::device_lost)
        note_ended(queue, ~std::uint64_t{0});
    return note(calls::signalled(number_of_queue(queue)), std::move(point),
                [](std::uint64_t value) { return std::vector{value}; });
}

result<bool> record_port::wait(const port_queue &queue, std::uint64_t point,
                               std::int64_t deadline) {
    auto done = port_->wait(queue, point, deadline);
    if (done && *done)
        note_ended(queue, point);
    else if (!done && done.error() == errc::device_lost)
        note_ended(queue, ~std::uint64_t{0});
    return note(calls::wait(number_of_queue(queue), point), std::move(done),
                [](bool value) { return std::vector<std::uint64_t>{value}; });
}

result<void> record_port::notify(const port_queue &queue, std::uint64_t point,
                                 int event_file) {
    return note(calls::notify(number_of_queue(queue), point),
                port_->notify(queue, point, event_file));
}

port_costs record_port::costs(const port_queue &queue) const noexcept {
    const auto costs = port_->costs(queue);
    if_there_is_memory([&] {
        writer_.add(calls::costs(number_of_queue(queue)),
                    {.values = {costs.system_calls, costs.allocations}});
    });
    return costs;
}

result<void> record_port::watch(int event_file) {
    return note(calls::watch(), port_->watch(event_file));
}

std::uint32_t record_port::take_events() noexcept {
    const auto events = port_->take_events();
    if_there_is_memory(
        [&] { writer_.add(calls::take_events(), {.values = {events}}); });
    return events;
}

std::uint64_t record_port::buffer_number_locked(std::uint32_t handle) const {
    const auto found = buffers_.find(handle);
    return found == buffers_.end() ? 0 : found->second.number;
}

std::uint64_t record_port::queue_number_locked(std::uint32_t id) const {
    const auto found = queues_.find(id);
    return found == queues_.end() ? 0 : found->second.number;
}

std::uint64_t record_port::number_of_queue(const port_queue &queue) const {
    const std::lock_guard lock(lock_);
    return queue_number_locked(queue.id);
}

std::uint64_t record_port::number_of_buffer(const port_buffer &buffer) const {
    const std::lock_guard lock(lock_);
    return buffer_number_locked(buffer.handle);
}

// Empty where there is nothing to be seen.
std::span<std::byte> record_port::extent_locked(const drm_groq_command &copy) const {
    const auto buffer = buffers_.find(copy.bo);
    if (buffer == buffers_.end() || !lies_within(copy, buffer->second.bytes.size()))
        return {};
    return extent_of(copy, buffer->second.bytes);
}

// By a copy out that nobody was told the end of.
bool record_port::may_be_written_locked(std::span<const std::byte> bytes) const {
    for (const auto &[id, queue] : queues_)
        for (const auto &each : queue.open)
            for (const auto &command : each.commands) {
                if (command.type != DRM_GROQ_COMMAND_COPY_OUT)
                    continue;
                const auto out = extent_locked(command);
                if (out.data() < bytes.data() + bytes.size() &&
                    bytes.data() < out.data() + out.size())
                    return true;
            }
    return false;
}

// For each copy in its size and bytes, or 0: the card may be writing them.
std::vector<std::byte>
record_port::inputs_locked(std::span<const port_submission> submissions) const {
    std::vector<std::byte> inputs;
    for (const auto &submission : submissions)
        for (const auto &command : submission.commands) {
            if (command.type != DRM_GROQ_COMMAND_COPY_IN)
                continue;
            const auto extent = extent_locked(command);
            if (extent.empty() || may_be_written_locked(extent)) {
                append_number(inputs, 0);
                continue;
            }
            append_number(inputs, command.rows * command.size);
            append(inputs, command, extent);
        }
    return inputs;
}

// The results, then for each copy out its size and bytes.
void record_port::close_locked(known_queue &queue, const open_submission &ended) const {
    call_answer answer;
    const auto results = buffers_.find(ended.results);
    const auto size = ended.commands.size() * sizeof(drm_groq_result);
    if (results != buffers_.end() &&
        ended.result_offset <= results->second.bytes.size() &&
        size <= results->second.bytes.size() - ended.result_offset) {
        const auto bytes = results->second.bytes.subspan(ended.result_offset, size);
        append_number(answer.bytes, size);
        answer.bytes.insert(answer.bytes.end(), bytes.begin(), bytes.end());
    } else {
        append_number(answer.bytes, 0);
    }
    for (const auto &command : ended.commands) {
        if (command.type != DRM_GROQ_COMMAND_COPY_OUT)
            continue;
        const auto extent = extent_locked(command);
        append_number(answer.bytes, extent.empty() ? 0 : command.rows * command.size);
        if (!extent.empty())
            append(answer.bytes, command, extent);
    }
    writer_.add(calls::ended(queue.number, ended.point), answer);
}

// Before anybody is told, who might then use that memory for something else.
void record_port::note_ended(const port_queue &queue, std::uint64_t point) {
    const std::lock_guard lock(lock_);
    const auto found = queues_.find(queue.id);
    if (found == queues_.end())
        return;
    auto &open = found->second.open;
    for (; !open.empty() && open.front().point <= point; open.pop_front())
        close_locked(found->second, open.front());
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
