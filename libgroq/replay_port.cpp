// SPDX-License-Identifier: MIT
#include "replay_port.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "copied_bytes.hpp"
#include "recording.hpp"
#include "structure.hpp"

namespace groq {
namespace {

// What those calls get whose answers depend on when they are made, and that may so
// be made more often than they were: the latest answer.
bool repeats(call_kind kind) {
    return kind == call_kind::describe || kind == call_kind::parameter ||
           kind == call_kind::read || kind == call_kind::costs;
}

// Sizes, each with its bytes, one after another.
class pieces {
public:
    explicit pieces(std::span<const std::byte> bytes) : rest_(bytes) {}

    // Empty at the end, too.
    std::span<const std::byte> next() {
        std::uint64_t size = 0;
        if (rest_.size() < sizeof size)
            return {};
        std::memcpy(&size, rest_.data(), sizeof size);
        rest_ = rest_.subspan(sizeof size);
        const auto piece = rest_.first(std::min<std::uint64_t>(size, rest_.size()));
        rest_ = rest_.subspan(piece.size());
        return piece;
    }

private:
    std::span<const std::byte> rest_;
};

// Host memory that a replayed buffer has: a file in memory, so that it can be
// exported, or the caller's.
class replayed_memory {
public:
    static result<replayed_memory> create(std::uint64_t size) {
        const int fd = ::memfd_create("groq-replay", MFD_CLOEXEC);
        if (fd < 0)
            return fail(errc::memory, errno, "no memory for a replayed buffer");
        if (::ftruncate(fd, off_t(size)) != 0) {
            ::close(fd);
            return fail(errc::memory, errno, "no memory for a replayed buffer");
        }
        return map(fd, size);
    }
    // Takes `fd`, also when it fails.
    static result<replayed_memory> map(int fd, std::uint64_t size) {
        replayed_memory made;
        made.fd_ = fd;
        if (size == 0)
            return made;
        void *data = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (data == MAP_FAILED)
            return fail(errc::memory, errno, "cannot map a replayed buffer");
        made.mapped_ = made.bytes_ = {static_cast<std::byte *>(data), size};
        return made;
    }
    static replayed_memory of(std::span<std::byte> pinned) {
        replayed_memory made;
        made.bytes_ = pinned;
        return made;
    }

    replayed_memory(replayed_memory &&other) noexcept
        : fd_(std::exchange(other.fd_, -1)), bytes_(std::exchange(other.bytes_, {})),
          mapped_(std::exchange(other.mapped_, {})) {}
    ~replayed_memory() {
        if (!mapped_.empty())
            ::munmap(mapped_.data(), mapped_.size());
        if (fd_ >= 0)
            ::close(fd_);
    }

    std::span<std::byte> bytes() const { return bytes_; }
    int file() const { return fd_; }

private:
    replayed_memory() = default;

    int fd_ = -1;
    std::span<std::byte> bytes_, mapped_;
};

struct replayed_submission {
    std::uint64_t point;
    std::vector<drm_groq_command> commands;
    std::uint32_t results;
    std::uint64_t result_offset;
};

struct replayed_queue {
    std::deque<replayed_submission> open = {}; // by point; nobody was told their end
    std::uint64_t submitted = 0;               // points
    std::uint64_t told = 0;
    std::vector<std::pair<std::uint64_t, int>> notices = {}; // eventfd by point
};

class replay_port final : public kernel_port {
public:
    replay_port(std::string file, recording_reader reader);

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
    // Calls that were recorded alike; for submit: to one queue. Taken in order.
    struct lane {
        std::vector<std::size_t> calls;
        std::size_t next = 0;
    };
    using lane_key = std::vector<std::uint64_t>;
    using queue_point = std::pair<std::uint64_t, std::uint64_t>;

    static lane_key key_of(call_kind kind, std::span<const std::uint64_t> arguments);

    // The recorded answer to the next such call; null: there is no more.
    const recorded_call *take_locked(const port_call &call) const;
    // The same; errc::diverged.
    result<call_answer> answer_locked(const port_call &call) const;
    result<call_answer> answer(const port_call &call) const {
        const std::lock_guard lock(lock_);
        return answer_locked(call);
    }
    // Of a call that answers with one number.
    result<std::uint64_t> number(const port_call &call) const;
    result<void> nothing(const port_call &call) const;
    error diverged_locked(const port_call &call) const;
    error differs(const recorded_call &recorded, const port_call &call) const;

    result<port_buffer> add_buffer(const call_answer &answer,
                                   result<replayed_memory> memory);
    std::span<std::byte> extent_locked(const drm_groq_command &copy) const;
    result<void>
    check_inputs_locked(const recorded_call &recorded, const call_answer &answer,
                        std::span<const port_submission> submissions) const;
    void put_results_locked(const replayed_submission &ended,
                            std::span<const std::byte> results);
    result<void> put_locked(const replayed_submission &ended,
                            const recorded_call &recorded);
    result<void> tell_locked(std::uint64_t number, std::uint64_t point);
    void notify_locked(std::uint64_t number);
    void announce_events_locked() const;

    std::string file_;
    recording_reader reader_;
    std::map<queue_point, const recorded_call *> ends_;
    std::map<std::uint64_t, std::uint64_t> last_ends_; // points, by queue

    mutable std::mutex lock_; // all below
    mutable std::map<lane_key, lane> lanes_;
    mutable std::vector<bool> is_taken_;               // by call
    std::map<std::uint64_t, replayed_memory> buffers_; // by number
    std::map<std::uint64_t, replayed_queue> queues_;   // same
    int watcher_ = -1;
};

replay_port::replay_port(std::string file, recording_reader reader)
    : file_(std::move(file)), reader_(std::move(reader)),
      is_taken_(reader_.calls().size()) {
    const auto &calls = reader_.calls();
    for (std::size_t i = 0; i < calls.size(); ++i) {
        const auto &arguments = calls[i].arguments;
        if (calls[i].kind != call_kind::ended) {
            lanes_[key_of(calls[i].kind, arguments)].calls.push_back(i);
        } else if (arguments.size() == 2) {
            ends_[{arguments[0], arguments[1]}] = &calls[i];
            auto &last = last_ends_[arguments[0]];
            last = std::max(last, arguments[1]);
        }
    }
}

replay_port::lane_key replay_port::key_of(call_kind kind,
                                          std::span<const std::uint64_t> arguments) {
    lane_key key{std::uint64_t(kind)};
    if (kind == call_kind::submit)
        arguments = arguments.first(std::min<std::size_t>(arguments.size(), 1));
    key.insert(key.end(), arguments.begin(), arguments.end());
    return key;
}

const recorded_call *replay_port::take_locked(const port_call &call) const {
    const auto found = lanes_.find(key_of(call.kind, call.values()));
    if (found == lanes_.end())
        return nullptr;
    auto &[calls, next] = found->second;
    if (next == calls.size() && repeats(call.kind))
        --next;
    if (next == calls.size())
        return nullptr;
    const auto index = calls[next++];
    is_taken_[index] = true;
    return &reader_.calls()[index];
}

result<call_answer> replay_port::answer_locked(const port_call &call) const {
    const auto *recorded = take_locked(call);
    if (!recorded)
        return diverged_locked(call);
    auto answer = reader_.answer(*recorded);
    if (answer && answer->failure)
        return *answer->failure;
    return answer;
}

result<std::uint64_t> replay_port::number(const port_call &call) const {
    const auto got = answer(call);
    if (!got)
        return got.error();
    if (got->values.empty())
        return fail(errc::invalid, "%s has no answer to %s", file_.c_str(),
                    text_of(call, call.values()).c_str());
    return got->values[0];
}

result<void> replay_port::nothing(const port_call &call) const {
    const auto got = answer(call);
    if (!got)
        return got.error();
    return {};
}

// What it asks for, and what there is of that kind instead.
error replay_port::diverged_locked(const port_call &call) const {
    auto text =
        file_ + ": the recording has no further " + text_of(call, call.values());
    const auto &calls = reader_.calls();
    for (std::size_t i = 0; i < calls.size(); ++i)
        if (!is_taken_[i] && calls[i].kind == call.kind)
            return {errc::diverged, text + "; record " + std::to_string(i) + " is " +
                                        text_of(call, calls[i].arguments)};
    text += std::string("; no ") + name_of(call.kind) + " is left in it";
    if (!reader_.is_whole())
        text += ": it breaks off, since its process was killed or could not write on";
    return {errc::diverged, text};
}

// A submission that is not that of the recording: in what.
error replay_port::differs(const recorded_call &recorded, const port_call &call) const {
    const auto asked = call.values();
    const auto [place, other] =
        std::mismatch(asked.begin(), asked.end(), recorded.arguments.begin(),
                      recorded.arguments.end());
    const auto which = std::size_t(place - asked.begin());
    const auto index = &recorded - reader_.calls().data();
    const auto text = file_ + ": record " + std::to_string(index) + " is " +
                      text_of(call, recorded.arguments) + ", asked for is " +
                      text_of(call, asked);
    if (place == asked.end() || other == recorded.arguments.end())
        return {errc::diverged, text};
    return {errc::diverged, text + "; argument " + std::to_string(which) + ", " +
                                call.arguments[which].name + ", was " +
                                std::to_string(*other) + " and is " +
                                std::to_string(*place)};
}

void replay_port::describe(groq_device_info &info) const {
    const auto got = answer(calls::describe());
    if (!got)
        return;
    const auto size = info.size;
    std::memcpy(&info, got->bytes.data(), std::min(got->bytes.size(), sizeof info));
    info.size = size;
    copy_text(info.uri, "replay:" + file_);
    info.node[0] = '\0';
}

result<std::uint64_t> replay_port::parameter(drm_groq_param which) const {
    return number(calls::parameter(which));
}

result<void> replay_port::read(groq_telemetry &telemetry) const {
    const auto got = answer(calls::read());
    if (!got)
        return got.error();
    const auto size = telemetry.size;
    std::memcpy(&telemetry, got->bytes.data(),
                std::min(got->bytes.size(), sizeof telemetry));
    telemetry.size = size;
    return {};
}

result<port_buffer> replay_port::add_buffer(const call_answer &answer,
                                            result<replayed_memory> memory) {
    if (!memory)
        return memory.error();
    const auto number = answer.values.at(0);
    const auto bytes = memory->bytes();
    const std::lock_guard lock(lock_);
    buffers_.erase(number);
    buffers_.emplace(number, std::move(*memory));
    return port_buffer{
        .handle = std::uint32_t(number), .bytes = bytes, .size = answer.values.at(2)};
}

result<port_buffer> replay_port::create_buffer(std::uint64_t size) {
    const auto got = answer(calls::create_buffer(size));
    if (!got)
        return got.error();
    return add_buffer(*got, replayed_memory::create(got->values.at(1)));
}

result<port_buffer> replay_port::pin_buffer(std::span<std::byte> bytes,
                                            bool is_read_only) {
    const auto got = answer(calls::pin_buffer(bytes.size(), is_read_only));
    if (!got)
        return got.error();
    auto made = add_buffer(*got, replayed_memory::of(bytes));
    if (made)
        made->is_pinned = true;
    return made;
}

result<int> replay_port::export_buffer(const port_buffer &buffer) {
    if (const auto done = nothing(calls::export_buffer(buffer.handle)); !done)
        return done.error();
    const std::lock_guard lock(lock_);
    const int fd = ::fcntl(buffers_.at(buffer.handle).file(), F_DUPFD_CLOEXEC, 0);
    if (fd < 0)
        return fail(errc::system, errno, "cannot export a replayed buffer");
    return fd;
}

// The memory of `file` where there is that much of it, else some of our own.
result<port_buffer> replay_port::import_buffer(int file) {
    const auto got = answer(calls::import_buffer());
    if (!got)
        return got.error();
    const auto size = got->values.at(1);
    const bool is_large = ::lseek(file, 0, SEEK_END) >= off_t(size);
    const int fd = is_large ? ::fcntl(file, F_DUPFD_CLOEXEC, 0) : -1;
    auto memory =
        fd < 0 ? replayed_memory::create(size) : replayed_memory::map(fd, size);
    return add_buffer(*got, std::move(memory));
}

void replay_port::destroy_buffer(const port_buffer &buffer) noexcept {
    const std::lock_guard lock(lock_);
    buffers_.erase(buffer.handle);
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
    const auto got = answer(calls::create_queue(context, priority, path));
    if (!got)
        return got.error();
    const auto number = std::uint32_t(got->values.at(0));
    const std::lock_guard lock(lock_);
    queues_.emplace(number, replayed_queue{});
    return port_queue{number, number, std::uint32_t(got->values.at(1))};
}

void replay_port::destroy_queue(const port_queue &queue) noexcept {
    const std::lock_guard lock(lock_);
    queues_.erase(queue.id);
}

std::span<std::byte> replay_port::extent_locked(const drm_groq_command &copy) const {
    const auto buffer = buffers_.find(copy.bo);
    if (buffer == buffers_.end() || !lies_within(copy, buffer->second.bytes().size()))
        return {};
    return extent_of(copy, buffer->second.bytes());
}

// The answers belong to the bytes that were copied in.
result<void>
replay_port::check_inputs_locked(const recorded_call &recorded,
                                 const call_answer &answer,
                                 std::span<const port_submission> submissions) const {
    pieces inputs(answer.bytes);
    std::vector<std::byte> asked;
    for (const auto &submission : submissions)
        for (const auto &command : submission.commands) {
            if (command.type != DRM_GROQ_COMMAND_COPY_IN)
                continue;
            const auto expected = inputs.next();
            const auto extent = extent_locked(command);
            if (expected.empty() || extent.empty())
                continue;
            asked.clear();
            append(asked, command, extent);
            const auto [byte, other] = std::mismatch(asked.begin(), asked.end(),
                                                     expected.begin(), expected.end());
            if (byte != asked.end())
                return fail(errc::diverged,
                            "%s: record %td is a submit whose command %td copied in "
                            "other bytes: the first that differs is number %td",
                            file_.c_str(), &recorded - reader_.calls().data(),
                            &command - submission.commands.data(),
                            byte - asked.begin());
        }
    return {};
}

result<std::size_t> replay_port::submit(const port_queue &queue,
                                        std::span<const port_submission> submissions) {
    const auto same = [](std::uint32_t handle) { return std::uint64_t{handle}; };
    const auto call = calls::submit(queue.id, submissions, same, same);
    const std::lock_guard lock(lock_);
    const auto *recorded = take_locked(call);
    if (!recorded)
        return diverged_locked(call);
    if (recorded->arguments != call.values())
        return differs(*recorded, call);
    const auto got = reader_.answer(*recorded);
    if (!got)
        return got.error();
    if (const auto right = check_inputs_locked(*recorded, *got, submissions); !right)
        return right.error();
    if (got->failure)
        return *got->failure;
    auto &state = queues_.at(queue.id);
    const auto taken = std::min<std::size_t>(got->values.at(0), submissions.size());
    for (const auto &each : submissions.first(taken)) {
        state.open.push_back({each.point,
                              {each.commands.begin(), each.commands.end()},
                              each.results,
                              each.result_offset});
        state.submitted = each.point;
    }
    notify_locked(queue.id);
    return taken;
}

result<void> replay_port::refusal(const port_queue &queue, std::uint64_t point) {
    return nothing(calls::refusal(queue.id, point));
}

result<void> replay_port::cancel(const port_queue &queue, std::uint64_t point) {
    return nothing(calls::cancel(queue.id, point));
}

// How often this is asked depends on when jobs end: once there is no answer left,
// all have ended that ever did.
result<std::uint64_t> replay_port::signalled(const port_queue &queue) {
    const std::lock_guard lock(lock_);
    auto &state = queues_.at(queue.id);
    auto point = last_ends_[queue.id];
    if (const auto *recorded = take_locked(calls::signalled(queue.id))) {
        const auto got = reader_.answer(*recorded);
        if (!got)
            return got.error();
        if (got->failure) {
            if (const auto put = tell_locked(queue.id, state.submitted); !put)
                return put.error();
            return *got->failure;
        }
        point = got->values.at(0);
    }
    if (const auto put = tell_locked(queue.id, std::min(point, state.submitted)); !put)
        return put.error();
    return state.told;
}

result<bool> replay_port::wait(const port_queue &queue, std::uint64_t point,
                               std::int64_t) {
    const std::lock_guard lock(lock_);
    const auto call = calls::wait(queue.id, point);
    auto &state = queues_.at(queue.id);
    if (const auto *recorded = take_locked(call)) {
        const auto got = reader_.answer(*recorded);
        if (!got)
            return got.error();
        const bool has_ended = got->failure || got->values.at(0);
        if (has_ended)
            if (const auto put =
                    tell_locked(queue.id, got->failure ? state.submitted : point);
                !put)
                return put.error();
        if (got->failure)
            return *got->failure;
        return has_ended;
    }
    if (last_ends_[queue.id] < point)
        return diverged_locked(call);
    if (const auto put = tell_locked(queue.id, point); !put)
        return put.error();
    return true;
}

void replay_port::put_results_locked(const replayed_submission &ended,
                                     std::span<const std::byte> results) {
    const auto buffer = buffers_.find(ended.results);
    if (buffer == buffers_.end())
        return;
    const auto bytes = buffer->second.bytes();
    if (ended.result_offset <= bytes.size() &&
        results.size() <= bytes.size() - ended.result_offset)
        std::memcpy(bytes.data() + ended.result_offset, results.data(), results.size());
}

// What the card wrote.
result<void> replay_port::put_locked(const replayed_submission &ended,
                                     const recorded_call &recorded) {
    const auto got = reader_.answer(recorded);
    if (!got)
        return got.error();
    pieces written(got->bytes);
    put_results_locked(ended, written.next());
    for (const auto &command : ended.commands) {
        if (command.type != DRM_GROQ_COMMAND_COPY_OUT)
            continue;
        const auto bytes = written.next();
        const auto extent = extent_locked(command);
        if (!extent.empty() && bytes.size() == command.rows * command.size)
            scatter(bytes, command, extent);
    }
    return {};
}

result<void> replay_port::tell_locked(std::uint64_t number, std::uint64_t point) {
    auto &queue = queues_.at(std::uint32_t(number));
    for (; !queue.open.empty() && queue.open.front().point <= point;
         queue.open.pop_front()) {
        const auto end = ends_.find({number, queue.open.front().point});
        if (end == ends_.end())
            continue;
        if (const auto put = put_locked(queue.open.front(), *end->second); !put)
            return put;
    }
    queue.told = std::max(queue.told, point);
    notify_locked(number);
    return {};
}

// The order of events is not that of the recording: whoever polls is told as soon as
// asking will help, and again as long as it has not yet.
void replay_port::notify_locked(std::uint64_t number) {
    auto &queue = queues_.at(number);
    std::erase_if(queue.notices,
                  [&](const auto &notice) { return notice.first <= queue.told; });
    const auto end = std::min(queue.submitted, last_ends_[number]);
    const std::uint64_t one = 1;
    for (const auto &[point, file] : queue.notices)
        if (point <= end)
            (void)!::write(file, &one, sizeof one);
}

result<void> replay_port::notify(const port_queue &queue, std::uint64_t point,
                                 int event_file) {
    if (const auto done = nothing(calls::notify(queue.id, point)); !done)
        return done;
    const std::lock_guard lock(lock_);
    auto &state = queues_.at(queue.id);
    const std::uint64_t one = 1;
    if (point <= state.told)
        (void)!::write(event_file, &one, sizeof one);
    else
        state.notices.emplace_back(point, event_file);
    notify_locked(queue.id);
    return {};
}

port_costs replay_port::costs(const port_queue &queue) const noexcept {
    const auto got = answer(calls::costs(queue.id));
    if (!got || got->values.size() < 2)
        return {};
    return {got->values[0], got->values[1]};
}

result<void> replay_port::watch(int event_file) {
    if (const auto done = nothing(calls::watch()); !done)
        return done;
    const std::lock_guard lock(lock_);
    watcher_ = event_file;
    announce_events_locked();
    return {};
}

// As long as one of the answers that are left tells something.
void replay_port::announce_events_locked() const {
    const auto found = lanes_.find(key_of(call_kind::take_events, {}));
    if (watcher_ < 0 || found == lanes_.end())
        return;
    const auto &[calls, next] = found->second;
    const bool has_more = std::any_of(
        calls.begin() + std::ptrdiff_t(next), calls.end(), [&](std::size_t call) {
            const auto got = reader_.answer(reader_.calls()[call]);
            return got && !got->values.empty() && got->values[0] != 0;
        });
    const std::uint64_t one = 1;
    if (has_more)
        (void)!::write(watcher_, &one, sizeof one);
}

std::uint32_t replay_port::take_events() noexcept {
    const std::lock_guard lock(lock_);
    const auto *recorded = take_locked(calls::take_events());
    const auto got = recorded ? reader_.answer(*recorded) : result<call_answer>{};
    announce_events_locked();
    return got && !got->values.empty() ? std::uint32_t(got->values[0]) : 0;
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
