// SPDX-License-Identifier: MIT
#include "replay_port.hpp"

#include <algorithm>
#include <cinttypes>
#include <map>
#include <mutex>
#include <utility>

#include <unistd.h>

#include "recorded_answers.hpp"
#include "replayed_buffers.hpp"
#include "replayed_queue.hpp"
#include "structure.hpp"

namespace groq {
namespace {

// As much as both have, but for its size.
template <class Structure>
void fetch_into(Structure &structure, std::span<const std::byte> recorded) {
    const auto size = structure.size;
    const auto bytes = std::as_writable_bytes(std::span(&structure, 1));
    std::copy_n(recorded.begin(), std::min(recorded.size(), bytes.size()),
                bytes.begin());
    structure.size = size;
}

template <std::size_t Size>
void end_text(char (&text)[Size]) {
    text[Size - 1] = '\0';
}

class replay_port final : public kernel_port {
public:
    replay_port(std::string file, recording_reader reader)
        : answers_(std::move(file), std::move(reader)) {}

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
    void destroy_context(std::uint32_t) noexcept override {}
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
    // Of a call that answers with one number; `otherwise` if there is no more answer.
    result<std::uint64_t> number(const port_call &call,
                                 std::optional<std::uint64_t> otherwise = {}) const;
    result<void> nothing(const port_call &call) const;

    result<port_buffer> add_buffer(const call_answer &answer,
                                   result<replayed_memory> memory, std::uint64_t least);
    result<void> check(const recorded_call &recorded, const call_answer &answer,
                       const port_call &call,
                       std::span<const port_submission> asked) const;
    result<void> tell_locked(const port_queue &queue,
                             const result<std::uint64_t> &point);
    void announce_events() const;

    mutable recorded_answers answers_; // which is next is no matter of the card

    replayed_buffers buffers_; // a handle is the number
    const bytes_of_buffer bytes_ = [this](auto handle) {
        return buffers_.bytes(handle);
    };
    // A recording is not trusted to write where its program said that nobody will.
    const bytes_of_buffer writable_bytes_ = [this](auto handle) {
        return buffers_.writable_bytes(handle);
    };

    mutable std::mutex lock_;                        // all below
    std::map<std::uint32_t, replayed_queue> queues_; // by id: the number
    int watcher_ = -1;
};

result<std::uint64_t>
replay_port::number(const port_call &call,
                    std::optional<std::uint64_t> otherwise) const {
    const auto *recorded = answers_.take(call);
    if (!recorded && otherwise)
        return *otherwise;
    if (!recorded)
        return answers_.diverged(call);
    const auto got = answers_.read(*recorded);
    if (!got)
        return got.error();
    if (got->failure)
        return *got->failure;
    return got->values[0];
}

result<void> replay_port::nothing(const port_call &call) const {
    const auto got = answers_.answer(call);
    if (!got)
        return got.error();
    return {};
}

void replay_port::describe(groq_device_info &info) const {
    if (const auto got = answers_.answer(calls::describe()))
        fetch_into(info, got->bytes);
    end_text(info.pci_address);
    end_text(info.board);
    end_text(info.driver);
    end_text(info.firmware);
    end_text(info.reason);
    copy_text(info.uri, "replay:" + answers_.file());
    copy_text(info.node, "");
    if (!answers_.is_whole())
        copy_text(info.reason, "the recording " + answers_.file() +
                                   " breaks off: its process was killed or could not "
                                   "write on");
}

result<std::uint64_t> replay_port::parameter(drm_groq_param which) const {
    return number(calls::parameter(which));
}

result<void> replay_port::read(groq_telemetry &telemetry) const {
    const auto got = answers_.answer(calls::read());
    if (!got)
        return got.error();
    fetch_into(telemetry, got->bytes);
    return {};
}

// A driver of another time may have had longer or shorter structures: of the links
// those that are whole.
result<port_links> replay_port::links() const {
    const auto got = answers_.answer(calls::links());
    if (!got)
        return got.error();
    port_links seen{{}, got->values[0]};
    seen.links.resize(got->bytes.size() / sizeof(drm_groq_link));
    const auto out = std::as_writable_bytes(std::span(seen.links));
    std::copy_n(got->bytes.begin(), out.size(), out.begin());
    return seen;
}

result<drm_groq_link_align>
replay_port::align_link(std::uint32_t link, std::uint32_t samples, bool is_adjusted) {
    const auto got = answers_.answer(calls::align_link(link, samples, is_adjusted));
    if (!got)
        return got.error();
    drm_groq_link_align measured{};
    const auto out = std::as_writable_bytes(std::span(&measured, 1));
    std::copy_n(got->bytes.begin(), std::min(got->bytes.size(), out.size()),
                out.begin());
    return measured;
}

// Its caller uses `least` bytes of it.
result<port_buffer> replay_port::add_buffer(const call_answer &answer,
                                            result<replayed_memory> memory,
                                            std::uint64_t least) {
    if (!memory)
        return memory.error();
    const auto size = memory->bytes().size();
    if (size < least)
        return fail(errc::invalid,
                    "%s has a buffer of %zu bytes that should have %" PRIu64,
                    answers_.file().c_str(), size, least);
    const auto handle = std::uint32_t(answer.values[0]);
    const auto bytes = buffers_.add(handle, std::move(*memory));
    return port_buffer{.handle = handle, .bytes = bytes, .size = answer.values[2]};
}

result<port_buffer> replay_port::create_buffer(std::uint64_t size) {
    const auto got = answers_.answer(calls::create_buffer(size));
    if (!got)
        return got.error();
    return add_buffer(*got, replayed_memory::create(got->values[1]), size);
}

result<port_buffer> replay_port::pin_buffer(std::span<std::byte> bytes,
                                            bool is_read_only) {
    const auto got = answers_.answer(calls::pin_buffer(bytes.size(), is_read_only));
    if (!got)
        return got.error();
    auto made =
        add_buffer(*got, replayed_memory::of(bytes, is_read_only), got->values[2]);
    if (made)
        made->is_pinned = true;
    return made;
}

result<int> replay_port::export_buffer(const port_buffer &buffer) {
    if (const auto done = nothing(calls::export_buffer(buffer.handle)); !done)
        return done.error();
    return buffers_.share(buffer.handle);
}

result<port_buffer> replay_port::import_buffer(int file) {
    const auto got = answers_.answer(calls::import_buffer());
    if (!got)
        return got.error();
    const auto size = got->values[1];
    if (size == 0) // could not be mapped
        return add_buffer(*got, replayed_memory::of({}, false), 0);
    return add_buffer(*got,
                      buffers_.find_or_make(std::uint32_t(got->values[0]), file, size),
                      got->values[2]);
}

void replay_port::destroy_buffer(const port_buffer &buffer) noexcept {
    buffers_.remove(buffer.handle, buffer.bytes.data());
}

result<std::uint32_t> replay_port::create_context(std::uint32_t flags) {
    const auto id = number(calls::create_context(flags));
    if (!id)
        return id.error();
    return std::uint32_t(*id);
}

result<std::uint64_t> replay_port::reserve_sram(std::uint32_t context,
                                                std::optional<std::uint64_t> address,
                                                std::uint64_t size) {
    return number(calls::reserve_sram(context, address, size));
}

result<void> replay_port::release_sram(std::uint32_t context, std::uint64_t address) {
    return nothing(calls::release_sram(context, address));
}

result<port_queue> replay_port::create_queue(std::uint32_t context,
                                             std::uint32_t priority,
                                             std::uint32_t path) {
    const auto got = answers_.answer(calls::create_queue(context, priority, path));
    if (!got)
        return got.error();
    const auto id = std::uint32_t(got->values[0]);
    const std::lock_guard lock(lock_);
    if (!queues_.try_emplace(id, id, answers_, writable_bytes_).second)
        return fail(errc::invalid, "%s has queue %u twice", answers_.file().c_str(),
                    id);
    return port_queue{id, id, std::uint32_t(got->values[1])};
}

// All of its work has ended then.
void replay_port::destroy_queue(const port_queue &queue) noexcept {
    const std::lock_guard lock(lock_);
    auto &state = queues_.at(queue.id);
    (void)state.tell(state.submitted());
    queues_.erase(queue.id);
}

// The answers belong to the bytes that were copied in.
result<void> replay_port::check(const recorded_call &recorded,
                                const call_answer &answer, const port_call &call,
                                std::span<const port_submission> asked) const {
    if (recorded.arguments != call.values())
        return answers_.differs(recorded, call);
    const auto other = find_other_input(asked, answer.bytes, bytes_);
    if (!other)
        return {};
    return fail(errc::diverged,
                "%s: record %zu is a submit whose command %zu copied in other bytes: "
                "the first that differs is number %zu",
                answers_.file().c_str(), answers_.index_of(recorded), other->command,
                other->byte);
}

result<std::size_t> replay_port::submit(const port_queue &queue,
                                        std::span<const port_submission> submissions) {
    const auto same = [](std::uint32_t handle) { return std::uint64_t{handle}; };
    const auto call = calls::submit(queue.id, submissions, same, same);
    const std::lock_guard lock(lock_);
    const auto *recorded = answers_.take(call);
    if (!recorded)
        return answers_.diverged(call);
    const auto got = answers_.read(*recorded);
    if (!got)
        return got.error();
    if (const auto right = check(*recorded, *got, call, submissions); !right)
        return right.error();
    if (got->failure)
        return *got->failure;
    const auto taken =
        submissions.first(std::min<std::size_t>(got->values[0], submissions.size()));
    queues_.at(queue.id).submit(taken);
    return taken.size();
}

result<void> replay_port::refusal(const port_queue &queue, std::uint64_t point) {
    return nothing(calls::refusal(queue.id, point));
}

result<void> replay_port::cancel(const port_queue &queue, std::uint64_t point) {
    return nothing(calls::cancel(queue.id, point));
}

// A lost card has ended everything.
result<void> replay_port::tell_locked(const port_queue &queue,
                                      const result<std::uint64_t> &point) {
    auto &state = queues_.at(queue.id);
    if (point)
        return state.tell(*point);
    if (point.error() == errc::device_lost)
        if (const auto told = state.tell(state.submitted()); !told)
            return told;
    return point.error();
}

// How often this is asked depends on when jobs end: once there is no answer left, all
// have ended that ever did.
result<std::uint64_t> replay_port::signalled(const port_queue &queue) {
    const std::lock_guard lock(lock_);
    const auto point = number(calls::signalled(queue.id), answers_.last_end(queue.id));
    if (const auto told = tell_locked(queue, point); !told)
        return told.error();
    return queues_.at(queue.id).told();
}

result<bool> replay_port::wait(const port_queue &queue, std::uint64_t point,
                               std::int64_t) {
    const std::lock_guard lock(lock_);
    const bool will_end = point <= answers_.last_end(queue.id);
    const auto has_ended =
        number(calls::wait(queue.id, point),
               will_end ? std::optional<std::uint64_t>(1) : std::nullopt);
    const auto last = has_ended ? result<std::uint64_t>(*has_ended ? point : 0)
                                : result<std::uint64_t>(has_ended.error());
    if (const auto told = tell_locked(queue, last); !told)
        return told.error();
    return *has_ended != 0;
}

result<void> replay_port::notify(const port_queue &queue, std::uint64_t point,
                                 int event_file) {
    if (const auto done = nothing(calls::notify(queue.id, point)); !done)
        return done;
    const std::lock_guard lock(lock_);
    queues_.at(queue.id).notify(point, event_file);
    return {};
}

port_costs replay_port::costs(const port_queue &queue) const noexcept {
    const auto got = answers_.answer(calls::costs(queue.id));
    if (!got)
        return {};
    return {got->values[0], got->values[1]};
}

result<void> replay_port::watch(int event_file) {
    if (const auto done = nothing(calls::watch()); !done)
        return done;
    {
        const std::lock_guard lock(lock_);
        watcher_ = event_file;
    }
    announce_events();
    return {};
}

// Whoever polls is told as long as asking will help.
void replay_port::announce_events() const {
    const std::lock_guard lock(lock_);
    const std::uint64_t one = 1;
    if (watcher_ >= 0 && answers_.has_events_left())
        (void)!::write(watcher_, &one, sizeof one);
}

std::uint32_t replay_port::take_events() noexcept {
    const auto told = number(calls::take_events());
    announce_events();
    return told ? std::uint32_t(*told) : 0;
}

} // namespace

result<std::unique_ptr<kernel_port>> open_replay_port(const std::string &file) {
    auto reader = recording_reader::open(file);
    if (!reader)
        return reader.error();
    return std::unique_ptr<kernel_port>(
        std::make_unique<replay_port>(file, std::move(*reader)));
}

} // namespace groq
