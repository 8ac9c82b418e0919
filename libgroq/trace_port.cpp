// SPDX-License-Identifier: MIT
#include "trace_port.hpp"

#include <algorithm>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "device_clock.hpp"
#include "mapped_buffers.hpp"
#include "structure.hpp"

namespace groq {
namespace {

const char *name_of(std::uint32_t command) {
    constexpr const char *names[] = {"nop", "copy in", "copy out", "run"};
    return command < std::size(names) ? names[command] : "unknown";
}

const char *status_name(std::uint32_t status) {
    constexpr const char *names[] = {"pending", "ok",      "fault",   "access",
                                     "dma",     "invalid", "timeout", "canceled",
                                     "reset",   "lost"};
    return status < std::size(names) ? names[status] : "unknown";
}

// A submission whose end nobody was told of.
struct traced_submission {
    std::uint64_t point;
    std::uint64_t flow;
    trace_row submitter;
    std::int64_t submitted; // before the driver had it
    std::vector<drm_groq_command> commands;
    const drm_groq_result *results; // null: cannot be read
};

struct traced_queue {
    trace_row row;
    std::deque<traced_submission> open = {}; // by point
    std::uint64_t told = 0;                  // point
    std::int64_t busy_until = 0;             // on the host's clock
};

class trace_port final : public kernel_port {
public:
    trace_port(std::shared_ptr<trace> to, const std::string &card,
               std::unique_ptr<kernel_port> traced)
        : trace_(std::move(to)), port_(std::move(traced)),
          process_(trace_->add_process(card)) {}

    trace *tracing() const noexcept override { return trace_.get(); }

    void describe(groq_device_info &info) const override {
        port_->describe(info);
        if (const int failure = trace_->flush())
            copy_text(info.reason, "the trace " + trace_->file() +
                                       " is not whole: " + std::strerror(failure));
    }
    result<std::uint64_t> parameter(drm_groq_param which) const override {
        return port_->parameter(which);
    }
    result<void> read(groq_telemetry &telemetry) const override {
        return port_->read(telemetry);
    }
    result<port_links> links() const override { return port_->links(); }
    result<drm_groq_link_align> align_link(std::uint32_t link, std::uint32_t samples,
                                           bool is_adjusted) override {
        traced_call call(trace_.get(), "driver: align link");
        call.number("link", link);
        call.number("samples", samples);
        return port_->align_link(link, samples, is_adjusted);
    }

    result<port_buffer> create_buffer(std::uint64_t size) override {
        traced_call call(trace_.get(), "driver: create buffer");
        call.number("bytes", size);
        return note(port_->create_buffer(size));
    }
    result<port_buffer> pin_buffer(std::span<std::byte> bytes,
                                   bool is_read_only) override {
        traced_call call(trace_.get(), "driver: pin buffer");
        call.number("bytes", bytes.size());
        return note(port_->pin_buffer(bytes, is_read_only));
    }
    result<int> export_buffer(const port_buffer &buffer) override {
        const traced_call call(trace_.get(), "driver: export buffer");
        return port_->export_buffer(buffer);
    }
    result<port_buffer> import_buffer(int file) override {
        const traced_call call(trace_.get(), "driver: import buffer");
        return note(port_->import_buffer(file));
    }
    void destroy_buffer(const port_buffer &buffer) noexcept override {
        const traced_call call(trace_.get(), "driver: destroy buffer");
        {
            const std::lock_guard lock(lock_);
            buffers_.remove(buffer);
        }
        port_->destroy_buffer(buffer);
    }

    result<std::uint32_t> create_context(std::uint32_t flags) override {
        const traced_call call(trace_.get(), "driver: create context");
        return port_->create_context(flags);
    }
    void destroy_context(std::uint32_t id) noexcept override {
        const traced_call call(trace_.get(), "driver: destroy context");
        port_->destroy_context(id);
    }
    result<std::uint64_t> reserve_sram(std::uint32_t context,
                                       std::optional<std::uint64_t> address,
                                       std::uint64_t size) override {
        traced_call call(trace_.get(), "driver: reserve SRAM");
        call.number("bytes", size);
        return port_->reserve_sram(context, address, size);
    }
    result<void> release_sram(std::uint32_t context, std::uint64_t address) override {
        const traced_call call(trace_.get(), "driver: release SRAM");
        return port_->release_sram(context, address);
    }

    result<port_queue> create_queue(std::uint32_t context, std::uint32_t priority,
                                    std::uint32_t path) override;
    void destroy_queue(const port_queue &queue) noexcept override;
    result<std::size_t> submit(const port_queue &queue,
                               std::span<const port_submission> submissions) override;
    result<void> refusal(const port_queue &queue, std::uint64_t point) override {
        return port_->refusal(queue, point);
    }
    result<void> cancel(const port_queue &queue, std::uint64_t point) override {
        traced_call call(trace_.get(), "driver: cancel");
        call.number("ticket", point);
        return port_->cancel(queue, point);
    }
    result<std::uint64_t> signalled(const port_queue &queue) override;
    result<bool> wait(const port_queue &queue, std::uint64_t point,
                      std::int64_t deadline) override;
    result<void> notify(const port_queue &queue, std::uint64_t point,
                        int event_file) override {
        traced_call call(trace_.get(), "driver: notify");
        call.number("ticket", point);
        return port_->notify(queue, point, event_file);
    }
    port_costs costs(const port_queue &queue) const noexcept override {
        return port_->costs(queue);
    }
    result<void> watch(int event_file) override { return port_->watch(event_file); }
    std::uint32_t take_events() noexcept override { return port_->take_events(); }

private:
    result<port_buffer> note(result<port_buffer> made);
    const drm_groq_result *results_locked(const port_submission &submission) const;
    std::uint64_t note_ended(const port_queue &queue, std::uint64_t point);
    void draw_locked(traced_queue &queue, const traced_submission &ended,
                     std::int64_t told);
    std::int64_t draw_command_locked(const traced_queue &queue,
                                     const traced_submission &ended, std::size_t index,
                                     std::int64_t begin, std::int64_t told) const;

    std::shared_ptr<trace> trace_;
    std::unique_ptr<kernel_port> port_;
    std::uint32_t process_; // that the card is in the trace

    std::mutex lock_; // all below
    mapped_buffers buffers_;
    std::map<std::uint32_t, traced_queue> queues_; // by id
    std::uint64_t last_row_ = 0;
    device_clock clock_;
};

result<port_buffer> trace_port::note(result<port_buffer> made) {
    const std::lock_guard lock(lock_);
    if (made)
        buffers_.add(*made);
    return made;
}

result<port_queue> trace_port::create_queue(std::uint32_t context,
                                            std::uint32_t priority,
                                            std::uint32_t path) {
    const traced_call call(trace_.get(), "driver: create queue");
    auto made = port_->create_queue(context, priority, path);
    if (!made)
        return made;
    const std::lock_guard lock(lock_);
    const trace_row row{process_, ++last_row_};
    trace_->name_row(row, "queue " + std::to_string(row.thread));
    queues_.insert_or_assign(made->id, traced_queue{row});
    return made;
}

void trace_port::destroy_queue(const port_queue &queue) noexcept {
    const traced_call call(trace_.get(), "driver: destroy queue");
    {
        const std::lock_guard lock(lock_);
        queues_.erase(queue.id);
    }
    port_->destroy_queue(queue);
}

const drm_groq_result *
trace_port::results_locked(const port_submission &submission) const {
    const auto bytes = buffers_.bytes(submission.results);
    const auto size = submission.commands.size() * sizeof(drm_groq_result);
    if (bytes.size() < size || submission.result_offset > bytes.size() - size)
        return nullptr;
    return reinterpret_cast<const drm_groq_result *>(bytes.data() +
                                                     submission.result_offset);
}

// Known before their end can be told to anybody.
result<std::size_t> trace_port::submit(const port_queue &queue,
                                       std::span<const port_submission> submissions) {
    traced_call call(trace_.get(), "driver: submit");
    call.number("ticket", submissions.empty() ? 0 : submissions.back().point);
    call.number("submissions", submissions.size());
    const auto now = trace::now();
    {
        const std::lock_guard lock(lock_);
        for (const auto &each : submissions)
            queues_.at(queue.id).open.push_back(
                {each.point,
                 trace_->new_flow(),
                 trace::here(),
                 now,
                 {each.commands.begin(), each.commands.end()},
                 results_locked(each)});
    }
    const auto taken = port_->submit(queue, submissions);
    const std::lock_guard lock(lock_);
    auto &open = queues_.at(queue.id).open;
    for (const auto &refused : submissions.subspan(taken ? *taken : 0))
        std::erase_if(open, [&](auto &each) { return each.point == refused.point; });
    return taken;
}

result<std::uint64_t> trace_port::signalled(const port_queue &queue) {
    traced_call call(trace_.get(), "driver: look what has ended");
    auto point = port_->signalled(queue);
    const bool is_lost = !point && point.error() == errc::device_lost;
    if (point || is_lost) // a lost card has ended everything
        call.number("ticket", note_ended(queue, point ? *point : ~std::uint64_t{0}));
    return point;
}

result<bool> trace_port::wait(const port_queue &queue, std::uint64_t point,
                              std::int64_t deadline) {
    traced_call call(trace_.get(), "driver: wait");
    call.number("ticket", point);
    auto done = port_->wait(queue, point, deadline);
    if (done ? *done : done.error() == errc::device_lost)
        note_ended(queue, point);
    return done;
}

// Up to `point`; returns the last that was told until now.
std::uint64_t trace_port::note_ended(const port_queue &queue, std::uint64_t point) {
    const auto told = trace::now();
    const std::lock_guard lock(lock_);
    auto &state = queues_.at(queue.id);
    for (; !state.open.empty() && state.open.front().point <= point;
         state.open.pop_front()) {
        draw_locked(state, state.open.front(), told);
        state.told = state.open.front().point;
    }
    return state.told;
}

// Every stage of a job has a place between its submission and now.
void trace_port::draw_locked(traced_queue &queue, const traced_submission &ended,
                             std::int64_t told) {
    for (std::size_t i = 0; ended.results && i < ended.commands.size(); ++i)
        if (const auto device = ended.results[i].device_time_ns)
            clock_.observe(ended.submitted, std::int64_t(device), told);
    const auto begin = std::max(ended.submitted, queue.busy_until);
    auto at = begin;
    for (std::size_t i = 0; i < ended.commands.size(); ++i)
        at = draw_command_locked(queue, ended, i, at, told);
    queue.busy_until = at;
    const auto arguments = trace_arguments().number("ticket", ended.point);
    trace_->overlapping_span("job", queue.row, ended.flow, ended.submitted, at,
                             arguments);
    trace_->flow('s', ended.flow, ended.submitter, ended.submitted);
    trace_->flow('t', ended.flow, queue.row, begin);
    trace_->flow('f', ended.flow, trace::here(), told);
}

// Returns when it ended, which is where the next one begins.
std::int64_t trace_port::draw_command_locked(const traced_queue &queue,
                                             const traced_submission &ended,
                                             std::size_t index, std::int64_t begin,
                                             std::int64_t told) const {
    const auto &command = ended.commands[index];
    const auto *result = ended.results ? &ended.results[index] : nullptr;
    const auto device = result ? std::int64_t(result->device_time_ns) : 0;
    const auto end =
        device ? std::clamp(clock_.to_host(device), begin, std::max(begin, told))
               : begin;
    trace_arguments arguments;
    arguments.number("ticket", ended.point).number("command", index);
    if (result)
        arguments.text("status", status_name(result->status));
    if (result && command.type == DRM_GROQ_COMMAND_RUN)
        arguments.number("expected", result->expected).number("actual", result->value);
    else if (result)
        arguments.number("bytes", result->value);
    if (device)
        arguments.number("device_time_ns", std::uint64_t(device))
            .number("uncertainty_ns", std::uint64_t(clock_.uncertainty()));
    trace_->span(name_of(command.type), queue.row, begin, end, arguments);
    return end;
}

} // namespace

std::unique_ptr<kernel_port> make_trace_port(std::shared_ptr<trace> to,
                                             const std::string &card,
                                             std::unique_ptr<kernel_port> traced) {
    return std::make_unique<trace_port>(std::move(to), card, std::move(traced));
}

} // namespace groq
