// SPDX-License-Identifier: MIT
#include "trace.hpp"

#include <algorithm>
#include <cerrno>
#include <cinttypes>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace groq {
namespace {

// What comes after the last event, to be overwritten by the next. All are of one
// length: to say that something is missing takes no room on a full disk.
constexpr std::string_view ending = "\n],\"whole\":true }\n";
constexpr std::string_view open_ending = "\n],\"whole\":false}\n";
static_assert(ending.size() == open_ending.size());

constexpr std::size_t buffer_bytes = 64 << 10;

// Above those that Linux gives to processes.
constexpr std::uint32_t first_process = 1 << 22;

void append_quoted(std::string &to, std::string_view text) {
    to += '"';
    for (const char c : text) {
        char code[8];
        std::snprintf(code, sizeof code, "\\u%04x", unsigned(c));
        if (c == '"' || c == '\\')
            (to += '\\') += c;
        else if (static_cast<unsigned char>(c) < 0x20)
            to += code;
        else
            to += c;
    }
    to += '"';
}

// Microseconds, as the format wants them.
std::string microseconds(std::int64_t ns) {
    char text[40];
    const auto whole = std::uint64_t(std::max<std::int64_t>(ns, 0));
    std::snprintf(text, sizeof text, "%" PRIu64 ".%03u", whole / 1000,
                  unsigned(whole % 1000));
    return text;
}

// 0 or errno.
int write_all(int fd, std::string_view text, std::uint64_t offset) {
    while (!text.empty()) {
        const auto written = ::pwrite(fd, text.data(), text.size(), off_t(offset));
        if (written < 0 && errno != EINTR)
            return errno;
        text.remove_prefix(std::size_t(std::max<ssize_t>(written, 0)));
        offset += std::uint64_t(std::max<ssize_t>(written, 0));
    }
    return 0;
}

result<int> begin_file(const std::string &file) {
    // Without waiting for a reader, should it be a pipe.
    const int fd =
        ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);
    if (fd < 0)
        return fail(errno == EACCES   ? errc::permission
                    : errno == ENOENT ? errc::not_found
                                      : errc::invalid,
                    errno, "cannot write the trace %s", file.c_str());
    struct stat status {};
    const bool is_file = ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    const bool is_ours = is_file && ::flock(fd, LOCK_EX | LOCK_NB) == 0;
    if (is_ours && ::ftruncate(fd, 0) == 0)
        return fd;
    ::close(fd);
    return is_file ? fail(errc::in_use,
                          "cannot write the trace %s: another process is doing so; "
                          "give each a file of its own",
                          file.c_str())
                   : fail(errc::invalid, "cannot write the trace %s: it is no file",
                          file.c_str());
}

// Traces that are being written, by file. Never destroyed: some may be when the
// process exits.
struct open_traces {
    std::mutex lock;
    std::condition_variable gone;
    std::map<std::string, std::weak_ptr<trace>> all; // lock; until the file is closed
};

open_traces &traces() {
    static auto &only = *new open_traces;
    return only;
}

} // namespace

trace_arguments &trace_arguments::number(std::string_view name, std::uint64_t value) {
    this->name(name);
    members_ += std::to_string(value);
    return *this;
}

trace_arguments &trace_arguments::text(std::string_view name, std::string_view value) {
    this->name(name);
    append_quoted(members_, value);
    return *this;
}

void trace_arguments::name(std::string_view name) {
    if (!members_.empty())
        members_ += ',';
    append_quoted(members_, name);
    members_ += ':';
}

result<std::shared_ptr<trace>> trace::open(const std::string &file) {
    auto &[lock, gone, all] = traces();
    std::unique_lock guard(lock);
    for (auto found = all.find(file); found != all.end(); found = all.find(file)) {
        if (auto there = found->second.lock())
            return there;
        gone.wait(guard);
    }
    const auto fd = begin_file(file);
    if (!fd)
        return fd.error();
    std::shared_ptr<trace> made(new trace(*fd, file), close);
    all.emplace(file, made);
    return made;
}

void trace::close(trace *last) {
    auto &[lock, gone, all] = traces();
    const auto file = last->file_;
    delete last;
    const std::lock_guard guard(lock);
    all.erase(file);
    gone.notify_all();
}

// A program with rights that its caller lacks writes no file that the caller names.
result<std::shared_ptr<trace>> trace::choose(const char *chosen) {
    const char *file = chosen ? chosen : ::secure_getenv("GROQ_TRACE");
    if (!file || !*file)
        return std::shared_ptr<trace>();
    return open(file);
}

trace::trace(int fd, std::string file) : fd_(fd), file_(std::move(file)) {
    buffer_ = "{\"displayTimeUnit\":\"ns\",\"otherData\":" +
              trace_arguments()
                  .text("clock", "CLOCK_MONOTONIC")
                  .number("start_ns", std::uint64_t(start_))
                  .json() +
              ",\"traceEvents\":[\n" + event("M", "process_name", here(), start_) +
              ",\"args\":" + trace_arguments().text("name", "host").json() + "}";
    flush_locked(open_ending);
}

trace::~trace() {
    flush_locked(ending);
    ::close(fd_);
}

std::int64_t trace::now() {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

trace_row trace::here() {
    static thread_local const auto thread = std::uint64_t(::gettid());
    return {std::uint32_t(::getpid()), thread};
}

std::uint64_t trace::ns_since_start() const {
    return std::uint64_t(now() - start_);
}

std::uint32_t trace::add_process(const std::string &name) {
    trace_row row{first_process, 1};
    {
        const std::lock_guard lock(lock_);
        row.process += processes_++;
    }
    add(event("M", "process_name", row, start_) +
        ",\"args\":" + trace_arguments().text("name", name).json() + "}");
    return row.process;
}

void trace::name_row(const trace_row &row, const std::string &name) {
    add(event("M", "thread_name", row, start_) +
        ",\"args\":" + trace_arguments().text("name", name).json() + "}");
}

void trace::span(std::string_view name, const trace_row &row, std::int64_t begin,
                 std::int64_t end, const trace_arguments &arguments) {
    add(event("X", name, row, begin) + ",\"dur\":" + microseconds(end - begin) +
        ",\"args\":" + arguments.json() + "}");
}

void trace::overlapping_span(std::string_view name, const trace_row &row,
                             std::uint64_t id, std::int64_t begin, std::int64_t end,
                             const trace_arguments &arguments) {
    const auto identity = ",\"cat\":\"job\",\"id\":" + std::to_string(id);
    add(event("b", name, row, begin) + identity + ",\"args\":" + arguments.json() +
        "}");
    add(event("e", name, row, end) + identity + "}");
}

std::uint64_t trace::new_flow() {
    const std::lock_guard lock(lock_);
    return ++flows_;
}

// An arrow ends at the span around it, not at the next one.
void trace::flow(char phase, std::uint64_t id, const trace_row &row, std::int64_t at) {
    const char text[] = {phase, '\0'};
    add(event(text, "job", row, at) + ",\"cat\":\"flow\",\"id\":" + std::to_string(id) +
        (phase == 'f' ? ",\"bp\":\"e\"}" : "}"));
}

std::string trace::event(const char *phase, std::string_view name, const trace_row &row,
                         std::int64_t at) const {
    std::string text = std::string("{\"ph\":\"") + phase + "\",\"name\":";
    append_quoted(text, name);
    return text + ",\"pid\":" + std::to_string(row.process) +
           ",\"tid\":" + std::to_string(row.thread) +
           ",\"ts\":" + microseconds(at - start_);
}

void trace::add(std::string_view event) noexcept {
    const std::lock_guard lock(lock_);
    if (failure_)
        return;
    try {
        (buffer_ += ",\n") += event;
    } catch (const std::bad_alloc &) {
        failure_ = ENOMEM;
    }
    if (buffer_.size() >= buffer_bytes)
        flush_locked(open_ending);
}

// A whole file after each, whatever becomes of the process.
void trace::flush_locked(std::string_view last) noexcept {
    if (failure_)
        return;
    const auto end = written_ + buffer_.size();
    failure_ = write_all(fd_, buffer_, written_);
    if (!failure_)
        failure_ = write_all(fd_, last, end);
    if (failure_)
        return cut_locked();
    written_ = end;
    buffer_.clear();
}

// Back to what was whole last.
void trace::cut_locked() noexcept {
    if (written_ > 0 && write_all(fd_, open_ending, written_) == 0)
        (void)!::ftruncate(fd_, off_t(written_ + open_ending.size()));
}

int trace::flush() noexcept {
    const std::lock_guard lock(lock_);
    if (!buffer_.empty())
        flush_locked(open_ending);
    return failure_;
}

void traced_call::write() noexcept {
    try {
        to_->span(name_, trace::here(), begin_, trace::now(), arguments_);
    } catch (const std::bad_alloc &) {
        return; // one span less
    }
}

} // namespace groq
