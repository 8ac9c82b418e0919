// SPDX-License-Identifier: MIT
// Any bytes as a recording, as they are and with the right checksums, which hardly any
// would have: what is refused is refused with a reason, what is taken can be replayed,
// and its calls get the answers that it has, in its own order.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "recording_format.hpp"
#include "recording_reader.hpp"
#include "replay_port.hpp"

namespace groq {
namespace {

using bytes = std::vector<std::byte>;

constexpr std::uint64_t largest_pinned = 1 << 16;
constexpr std::uint64_t largest_written = 1 << 20;
constexpr std::size_t command_arguments = 10;

void require(bool holds) {
    if (!holds)
        std::abort();
}

class memory_file {
public:
    explicit memory_file(const bytes &contents)
        : file_(::memfd_create("recording", MFD_CLOEXEC)) {
        require(::write(file_, contents.data(), contents.size()) ==
                ssize_t(contents.size()));
    }
    memory_file(const memory_file &) = delete;
    ~memory_file() { ::close(file_); }

    std::string path() const { return "/proc/self/fd/" + std::to_string(file_); }

private:
    int file_;
};

// Nothing if there is no whole one.
template <class Header>
std::optional<Header> get(const bytes &file, std::size_t at) {
    Header header;
    if (file.size() - at < sizeof header)
        return std::nullopt;
    std::memcpy(&header, file.data() + at, sizeof header);
    return header;
}

template <class Header>
void put(bytes &file, std::size_t at, Header header) {
    header.checksum = recording::checksum_of(header);
    std::memcpy(file.data() + at, &header, sizeof header);
}

void mend_checksums(bytes &file) {
    if (!get<recording::file_header>(file, 0))
        return;
    put(file, 0, recording::file_header{});
    std::size_t at = sizeof(recording::file_header);
    while (auto record = get<recording::record_header>(file, at)) {
        const auto payload = std::span(file).subspan(at + sizeof *record);
        const auto size = std::min<std::uint64_t>(record->size, payload.size());
        record->payload_checksum = crc32(payload.first(size));
        put(file, at, *record);
        at += sizeof *record + size;
    }
}

// Makes the calls that were recorded.
class player {
public:
    explicit player(std::unique_ptr<kernel_port> port)
        : port_(std::move(port)), events_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
    player(const player &) = delete;
    ~player() { ::close(events_); }

    void play(const recorded_call &call) {
        next_ = call.arguments;
        switch (call.kind) {
        case call_kind::create_buffer:
        case call_kind::pin_buffer:
        case call_kind::export_buffer:
        case call_kind::import_buffer:
        case call_kind::destroy_buffer:
            return play_buffer(call.kind);
        case call_kind::describe:
        case call_kind::parameter:
        case call_kind::read:
        case call_kind::links:
        case call_kind::align_link:
        case call_kind::create_context:
        case call_kind::destroy_context:
        case call_kind::reserve_sram:
        case call_kind::release_sram:
        case call_kind::watch:
        case call_kind::take_events:
            return play_card(call.kind);
        case call_kind::create_queue:
            return create_queue();
        default:
            return play_queue(call.kind);
        }
    }

private:
    // Arguments beyond the last are 0.
    std::uint64_t next() {
        if (next_.empty())
            return 0;
        const auto value = next_.front();
        next_ = next_.subspan(1);
        return value;
    }
    std::uint32_t next_handle() { return std::uint32_t(next()); }

    // Bytes that a buffer says it has are there.
    void keep(const result<port_buffer> &made, std::uint64_t least) {
        if (!made)
            return;
        require(made->bytes.size() >= least);
        if (!made->bytes.empty() && made->bytes.size() <= largest_written)
            std::memset(made->bytes.data(), 1, made->bytes.size());
        buffers_.emplace(made->handle, *made);
    }

    void play_buffer(call_kind kind) {
        if (kind == call_kind::import_buffer)
            return keep(port_->import_buffer(events_), 0);
        const auto first = next();
        const auto found = buffers_.find(std::uint32_t(first));
        if (kind == call_kind::create_buffer) {
            keep(port_->create_buffer(first), first);
        } else if (kind == call_kind::pin_buffer && first <= largest_pinned) {
            keep(port_->pin_buffer(std::span(pinned_).first(first), next()), first);
        } else if (kind == call_kind::export_buffer && found != buffers_.end()) {
            if (const auto file = port_->export_buffer(found->second))
                ::close(*file);
        } else if (kind == call_kind::destroy_buffer && found != buffers_.end()) {
            port_->destroy_buffer(found->second);
            buffers_.erase(found);
        }
    }

    void play_card(call_kind kind) {
        groq_device_info info{};
        groq_telemetry telemetry{};
        const auto first = next(), second = next();
        const auto context = std::uint32_t(first);
        if (kind == call_kind::describe)
            port_->describe(info);
        require(std::memchr(info.reason, 0, sizeof info.reason));
        if (kind == call_kind::parameter && first <= DRM_GROQ_PARAM_FEATURES)
            (void)port_->parameter(static_cast<drm_groq_param>(first));
        else if (kind == call_kind::read)
            (void)port_->read(telemetry);
        else if (kind == call_kind::links)
            (void)port_->links();
        else if (kind == call_kind::align_link)
            (void)port_->align_link(context, std::uint32_t(second), next());
        else if (kind == call_kind::create_context)
            (void)port_->create_context(context);
        else if (kind == call_kind::destroy_context)
            port_->destroy_context(context);
        else if (kind == call_kind::reserve_sram && second)
            (void)port_->reserve_sram(context, next(), next());
        else if (kind == call_kind::release_sram)
            (void)port_->release_sram(context, second);
        else if (kind == call_kind::watch)
            (void)port_->watch(events_);
        else if (kind == call_kind::take_events)
            (void)port_->take_events();
    }

    void create_queue() {
        const auto context = next_handle(), priority = next_handle();
        if (const auto made = port_->create_queue(context, priority, next_handle()))
            require(queues_.emplace(made->id, *made).second);
    }

    void play_queue(call_kind kind) {
        const auto found = queues_.find(next_handle());
        if (found == queues_.end())
            return;
        const auto queue = found->second;
        if (kind == call_kind::submit)
            return submit(queue);
        const auto point = next();
        if (kind == call_kind::destroy_queue) {
            port_->destroy_queue(queue);
            queues_.erase(found);
        } else if (kind == call_kind::cancel) {
            (void)port_->cancel(queue, point);
        } else if (kind == call_kind::refusal) {
            (void)port_->refusal(queue, point);
        } else if (kind == call_kind::signalled) {
            (void)port_->signalled(queue);
        } else if (kind == call_kind::wait) {
            (void)port_->wait(queue, point, 0);
        } else if (kind == call_kind::notify) {
            (void)port_->notify(queue, point, events_);
        } else if (kind == call_kind::costs) {
            (void)port_->costs(queue);
        }
    }

    // Only the first one of a batch.
    void submit(const port_queue &queue) {
        next();
        port_submission submission{};
        submission.point = next();
        submission.results = next_handle();
        submission.result_offset = next();
        submission.is_waited_for = next();
        std::vector<port_point> waits(std::min<std::uint64_t>(next(), next_.size()));
        for (auto &each : waits)
            each = {{next_handle(), 0}, next()};
        const auto count =
            std::min<std::uint64_t>(next(), next_.size() / command_arguments);
        std::vector<drm_groq_command> commands;
        while (commands.size() < count)
            commands.push_back(next_command());
        submission.commands = commands;
        submission.waits = waits;
        const auto taken = port_->submit(queue, {&submission, 1});
        require(!taken || *taken <= 1);
    }

    drm_groq_command next_command() {
        drm_groq_command command{};
        command.type = next_handle();
        command.flags = next_handle();
        command.bo = next_handle();
        command.rows = next_handle();
        command.bo_offset = next();
        command.sram = next();
        command.size = next();
        command.bo_stride = next();
        command.sram_stride = next();
        command.expected = next();
        return command;
    }

    std::unique_ptr<kernel_port> port_;
    int events_;
    std::span<const std::uint64_t> next_;
    std::multimap<std::uint32_t, port_buffer> buffers_;
    std::map<std::uint32_t, port_queue> queues_;
    bytes pinned_ = bytes(largest_pinned);
};

void replay(const bytes &contents) {
    const memory_file file(contents);
    const auto reader = recording_reader::open(file.path());
    auto port = open_replay_port(file.path());
    require(bool(reader) == bool(port));
    if (!reader) {
        require(!reader.error().message().empty());
        return;
    }
    player played(std::move(*port));
    for (const auto &call : reader->calls())
        if (call.kind != call_kind::ended)
            played.play(call);
}

} // namespace
} // namespace groq

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const auto *first = reinterpret_cast<const std::byte *>(data);
    groq::bytes file(first, first + size);
    groq::replay(file);
    groq::mend_checksums(file);
    groq::replay(file);
    return 0;
}
