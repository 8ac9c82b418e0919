// SPDX-License-Identifier: MIT
//
// The file that shows host, driver and chip on one time line (docs/tracing.md), in
// Chrome's trace event format.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "error.hpp"

namespace groq {

// Arguments of an event, as JSON.
class trace_arguments {
public:
    trace_arguments &number(std::string_view name, std::uint64_t value);
    trace_arguments &text(std::string_view name, std::string_view value);

    // "{...}"
    std::string json() const { return "{" + members_ + "}"; }

private:
    void name(std::string_view name);

    std::string members_;
};

// Where an event is shown: a thread of a process, or what is made to look like that.
struct trace_row {
    std::uint32_t process;
    std::uint64_t thread;
};

// Any thread may use it. Times are CLOCK_MONOTONIC, ns. What the simulator's library
// calls is virtual.
class trace {
public:
    // Starts `file` anew, unless somebody in this process is writing it: then both
    // share it. errc::in_use: another process is; errc::invalid: no regular file.
    static result<std::shared_ptr<trace>> open(const std::string &file);
    // `chosen` null: that of the environment. Null for none.
    static result<std::shared_ptr<trace>> choose(const char *chosen);

    explicit trace(int fd, std::string file);
    trace(const trace &) = delete;
    virtual ~trace();

    static std::int64_t now();
    // The row of the calling thread.
    static trace_row here();
    virtual std::uint64_t ns_since_start() const;

    // A process of the time line beside that of the program.
    virtual std::uint32_t add_process(const std::string &name);
    void name_row(const trace_row &row, const std::string &name);

    void span(std::string_view name, const trace_row &row, std::int64_t begin,
              std::int64_t end, const trace_arguments &arguments = {});
    // Overlaps others of its process: `id` tells them apart.
    void overlapping_span(std::string_view name, const trace_row &row, std::uint64_t id,
                          std::int64_t begin, std::int64_t end,
                          const trace_arguments &arguments = {});
    // Arrows between spans, by `id` of new_flow(): 's', 't', then 'f'.
    std::uint64_t new_flow();
    void flow(char phase, std::uint64_t id, const trace_row &row, std::int64_t at);
    // One event, as JSON.
    virtual void add(std::string_view event) noexcept;

    // All until now into the file. The errno after which nothing was written any more;
    // 0: none.
    int flush() noexcept;
    const std::string &file() const { return file_; }

private:
    static void close(trace *last);
    std::string event(const char *phase, std::string_view name, const trace_row &row,
                      std::int64_t at) const;
    void flush_locked(std::string_view ending) noexcept;
    void cut_locked() noexcept;

    int fd_;
    std::string file_;
    std::int64_t start_ = now();
    mutable std::mutex lock_; // all below
    std::string buffer_;
    std::uint64_t written_ = 0; // bytes in the file, but for the ending
    std::uint32_t processes_ = 0;
    std::uint64_t flows_ = 0;
    int failure_ = 0;
};

// A call of the host, from here to the end of the block; of no cost without a trace.
class traced_call {
public:
    traced_call(trace *to, const char *name)
        : to_(to), name_(name), begin_(to ? trace::now() : 0) {}
    traced_call(const traced_call &) = delete;
    ~traced_call() {
        if (to_)
            write();
    }

    void number(const char *name, std::uint64_t value) {
        if (to_)
            arguments_.number(name, value);
    }

private:
    void write() noexcept;

    trace *to_;
    const char *name_;
    std::int64_t begin_;
    trace_arguments arguments_;
};

} // namespace groq
