// SPDX-License-Identifier: MIT
#include "port.hpp"

#include <vector>

namespace groq::sim {

void port::describe(groq_device_info &info) const {
    driver_->describe(info);
}

result<std::uint64_t> port::parameter(drm_groq_param which) const {
    return driver_->parameter(which);
}

result<void> port::read(groq_telemetry &telemetry) const {
    driver_->read(telemetry);
    return {};
}

result<port_buffer> port::create_buffer(std::uint64_t size) {
    auto made = driver_->memory().allocate(size);
    if (!made)
        return fail(errc::memory, "no memory for a buffer of %llu bytes",
                    (unsigned long long)size);
    const auto bytes = made->bytes();
    return port_buffer{keep(std::move(made)), bytes};
}

std::uint32_t port::keep(std::shared_ptr<host_pages> pages) {
    const std::lock_guard lock(lock_);
    buffers_.emplace(++last_handle_, std::move(pages));
    return last_handle_;
}

result<port_buffer> port::pin_buffer(std::span<std::byte> bytes, bool is_read_only) {
    auto pinned = driver_->memory().pin(bytes, is_read_only ? host_access::read_only
                                                            : host_access::full);
    if (!pinned)
        return fail(errc::access,
                    "not all of the %zu bytes at %p are memory that may be %s",
                    bytes.size(), static_cast<const void *>(bytes.data()),
                    is_read_only ? "read" : "written");
    return port_buffer{keep(std::move(pinned)), bytes, true};
}

result<int> port::export_buffer(const port_buffer &) {
    return fail(errc::unsupported, "a simulated card has no dma-bufs");
}

result<port_buffer> port::import_buffer(int) {
    return fail(errc::unsupported, "a simulated card has no dma-bufs");
}

void port::destroy_buffer(const port_buffer &buffer) noexcept {
    const std::lock_guard lock(lock_);
    buffers_.erase(buffer.handle);
}

std::shared_ptr<host_pages> port::pages(std::uint32_t handle) const {
    const std::lock_guard lock(lock_);
    const auto found = buffers_.find(handle);
    return found == buffers_.end() ? nullptr : found->second;
}

result<std::uint32_t> port::create_context(std::uint32_t flags) {
    return driver_->create_context(flags);
}

void port::destroy_context(std::uint32_t id) noexcept {
    driver_->destroy_context(id);
}

result<std::uint64_t> port::reserve_sram(std::uint32_t context,
                                         std::optional<std::uint64_t> address,
                                         std::uint64_t size) {
    return driver_->reserve_sram(context, address, size);
}

result<void> port::release_sram(std::uint32_t context, std::uint64_t address) {
    return driver_->release_sram(context, address);
}

result<port_queue> port::create_queue(std::uint32_t context, std::uint32_t priority,
                                      std::uint32_t) {
    const auto id = driver_->create_queue(context, priority);
    if (!id)
        return id.error();
    return port_queue{*id, *id};
}

void port::destroy_queue(const port_queue &queue) noexcept {
    driver_->destroy_queue(queue.id);
}

result<work> port::make_work(const drm_groq_command &command) const {
    work made;
    if (command.expected && command.type != DRM_GROQ_COMMAND_RUN)
        return fail(errc::invalid, "cycles are expected of programs alone");
    switch (command.type) {
    case DRM_GROQ_COMMAND_NOP:
        made.command.opcode = GROQ_OP_NOP;
        return made;
    case DRM_GROQ_COMMAND_COPY_IN:
    case DRM_GROQ_COMMAND_COPY_OUT:
        return make_copy(command);
    case DRM_GROQ_COMMAND_RUN:
        made.command.opcode = GROQ_OP_RUN;
        made.command.run.launch = std::uint32_t(command.sram);
        made.command.run.count = command.rows;
        made.command.run.max_cycles = command.size;
        made.expected = command.expected;
        return made;
    default:
        return fail(errc::invalid, "unknown command type %u", command.type);
    }
}

// A scatter entry for each row; a single one lies in the command.
result<work> port::make_copy(const drm_groq_command &command) const {
    work made;
    made.buffer = pages(command.bo);
    if (!made.buffer)
        return fail(errc::not_found, "no buffer %u", command.bo);
    if (command.type == DRM_GROQ_COMMAND_COPY_OUT &&
        made.buffer->access() == host_access::read_only)
        return fail(errc::access, "the job copies out to memory that is pinned to be "
                                  "read only");
    const auto entry = [&](std::uint64_t row) {
        return groq_scatter{made.buffer->bus_address() + command.bo_offset +
                                row * command.bo_stride,
                            std::uint32_t(command.sram + row * command.sram_stride),
                            std::uint32_t(command.size)};
    };
    made.command.opcode =
        command.type == DRM_GROQ_COMMAND_COPY_IN ? GROQ_OP_COPY_IN : GROQ_OP_COPY_OUT;
    made.command.copy.count = command.rows;
    if (command.rows == 1) {
        made.command.flags = GROQ_COMMAND_INLINE;
        made.command.copy.entry = entry(0);
        return made;
    }
    if (command.rows > GROQ_SCATTER_MAX)
        return fail(errc::invalid, "a copy of %u rows", command.rows);
    made.list = driver_->memory().allocate(command.rows * sizeof(groq_scatter));
    if (!made.list)
        return error(errc::memory, {});
    made.command.copy.list = made.list->bus_address();
    auto *entries = reinterpret_cast<groq_scatter *>(made.list->bytes().data());
    for (std::uint32_t row = 0; row < command.rows; ++row)
        entries[row] = entry(row);
    return made;
}

result<std::size_t> port::submit(const port_queue &queue,
                                 std::span<const port_submission> submissions) {
    for (std::size_t i = 0; i < submissions.size(); ++i)
        if (const auto done = submit_one(queue, submissions[i]); !done) {
            if (i == 0)
                return done.error();
            return i;
        }
    return submissions.size();
}

result<void> port::cancel(const port_queue &, std::uint64_t) {
    return fail(errc::unsupported, "a simulated card cannot cancel a job");
}

result<void> port::watch(int) {
    return {};
}

result<void> port::submit_one(const port_queue &queue,
                              const port_submission &submission) {
    const auto results = pages(submission.results);
    auto *result = results ? reinterpret_cast<drm_groq_result *>(
                                 results->bytes().data() + submission.result_offset)
                           : nullptr;
    std::vector<work> works;
    for (const auto &command : submission.commands) {
        auto made = make_work(command);
        if (!made)
            return made.error();
        // A failure is told at once and takes the rest with it; success at the end.
        made->command.flags |= GROQ_COMMAND_SILENT | GROQ_COMMAND_LINK;
        made->results = results;
        made->result = result ? result++ : nullptr;
        works.push_back(std::move(*made));
    }
    works.back().command.flags &=
        std::uint8_t(~(GROQ_COMMAND_SILENT | GROQ_COMMAND_LINK));
    works.back().point = submission.point;
    return driver_->submit(queue.id, submission.commands, std::move(works));
}

result<std::uint64_t> port::signalled(const port_queue &queue) {
    return driver_->queue(queue.id)->signalled();
}

result<bool> port::wait(const port_queue &queue, std::uint64_t point,
                        std::int64_t deadline) {
    return driver_->queue(queue.id)->wait(point, deadline);
}

result<void> port::notify(const port_queue &queue, std::uint64_t point,
                          int event_file) {
    driver_->queue(queue.id)->notify(point, event_file);
    return {};
}

} // namespace groq::sim
