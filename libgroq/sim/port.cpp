// SPDX-License-Identifier: MIT
#include "port.hpp"

#include <utility>
#include <vector>

namespace groq::sim {
namespace {

// A list of its own tells the chip of the rows.
bool is_scattered(const drm_groq_command &command) {
    return command.rows > 1 && (command.type == DRM_GROQ_COMMAND_COPY_IN ||
                                command.type == DRM_GROQ_COMMAND_COPY_OUT);
}

template <class T>
std::span<T> array_of(const host_pages &pages, std::uint64_t offset = 0) {
    return {reinterpret_cast<T *>(pages.bytes().data() + offset),
            (pages.bytes().size() - offset) / sizeof(T)};
}

} // namespace

port::~port() {
    driver_->links().unwatch(event_file_);
}

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

result<void> port::watch(int event_file) {
    const std::lock_guard lock(lock_);
    event_file_ = event_file;
    // First: of what changes from here on the file tells.
    driver_->links().watch(event_file);
    last_change_ = driver_->links().generation();
    return {};
}

std::uint32_t port::take_events() noexcept {
    const std::lock_guard lock(lock_);
    const auto last = driver_->links().generation();
    return std::exchange(last_change_, last) == last ? 0 : GROQ_EVENT_LINK;
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
                                      std::uint32_t path) {
    if (path != GROQ_PATH_AUTO && path != GROQ_PATH_IOCTL)
        return fail(errc::unsupported,
                    "a simulated card has no io_uring: leave the path "
                    "to it (GROQ_PATH, or the options), or choose ioctl");
    const auto id = driver_->create_queue(context, priority);
    if (!id)
        return id.error();
    return port_queue{*id, *id};
}

void port::destroy_queue(const port_queue &queue) noexcept {
    driver_->destroy_queue(queue.id);
}

result<work> port::make_work(const drm_groq_command &command,
                             scatter_room &lists) const {
    work made;
    if (command.expected && command.type != DRM_GROQ_COMMAND_RUN)
        return fail(errc::invalid, "cycles are expected of programs alone");
    switch (command.type) {
    case DRM_GROQ_COMMAND_NOP:
        made.command.opcode = GROQ_OP_NOP;
        return made;
    case DRM_GROQ_COMMAND_COPY_IN:
    case DRM_GROQ_COMMAND_COPY_OUT:
        return make_copy(command, lists);
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

// A scatter entry for each row, from the front of `lists`; a single one lies in the
// command.
result<work> port::make_copy(const drm_groq_command &command,
                             scatter_room &lists) const {
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
    made.command.copy.list = lists.bus_address;
    for (std::uint32_t row = 0; row < command.rows; ++row)
        lists.entries[row] = entry(row);
    lists.entries = lists.entries.subspan(command.rows);
    lists.bus_address += command.rows * sizeof(groq_scatter);
    return made;
}

// What the last submission left there is used again.
result<void> port::make_room(submission &made, const port_submission &asked,
                             work_queue &queue) const {
    std::uint64_t entries = 0;
    for (const auto &command : asked.commands) {
        if (!is_scattered(command))
            continue;
        if (command.rows > GROQ_SCATTER_MAX)
            return fail(errc::invalid, "a copy of %u rows", command.rows);
        entries += command.rows;
    }
    const auto bytes = entries * sizeof(groq_scatter);
    if (bytes > 0 && (!made.lists || made.lists->bytes().size() < bytes)) {
        made.lists = driver_->memory().allocate(bytes);
        queue.count_allocation();
    }
    if (bytes > 0 && !made.lists)
        return error(errc::memory, {});
    if (made.works.capacity() < asked.commands.size()) {
        made.works.reserve(asked.commands.size());
        queue.count_allocation();
    }
    return {};
}

result<void> port::fill(submission &made, const port_submission &asked,
                        work_queue &queue) const {
    made.point = asked.point;
    if (const auto done = make_room(made, asked, queue); !done)
        return done;
    scatter_room lists;
    if (made.lists)
        lists = {array_of<groq_scatter>(*made.lists), made.lists->bus_address()};
    made.results = pages(asked.results);
    auto results = made.results
                       ? array_of<drm_groq_result>(*made.results, asked.result_offset)
                       : std::span<drm_groq_result>();
    for (const auto &command : asked.commands) {
        auto each = make_work(command, lists);
        if (!each)
            return each.error();
        // A failure is told at once and takes the rest with it; success at the end.
        each->command.flags |= GROQ_COMMAND_SILENT | GROQ_COMMAND_LINK;
        each->result = made.results ? &results[made.works.size()] : nullptr;
        made.works.push_back(std::move(*each));
    }
    made.works.back().command.flags &=
        std::uint8_t(~(GROQ_COMMAND_SILENT | GROQ_COMMAND_LINK));
    return {};
}

result<std::size_t> port::submit(const port_queue &queue,
                                 std::span<const port_submission> all) {
    const auto target = driver_->queue(queue.id);
    submissions made;
    for (const auto &asked : all) {
        target->append_blank(made);
        if (const auto filled = fill(made.back(), asked, *target); !filled)
            made.back().refuse(filled.error());
    }
    driver_->submit(queue.id, all, std::move(made));
    return all.size();
}

result<void> port::refusal(const port_queue &queue, std::uint64_t point) {
    return driver_->queue(queue.id)->refusal(point);
}

result<void> port::cancel(const port_queue &queue, std::uint64_t point) {
    driver_->queue(queue.id)->cancel(point);
    return {};
}

port_costs port::costs(const port_queue &queue) const noexcept {
    return {0, driver_->queue(queue.id)->allocations()};
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
