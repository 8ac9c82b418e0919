// SPDX-License-Identifier: MIT
#include "trace_file.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <stdio_ext.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace groq::tracing {

// What comes after the last event, to be overwritten by the next. Both are of one
// length: to say that something is missing takes no room on a full disk.
static const std::string ending = "\n],\"whole\":true }\n";
static const std::string cut_ending = "\n],\"whole\":false}\n";

std::string trace_file::open(const std::string &name, const json_object &about) {
    // Without waiting for a reader, should it be a pipe.
    int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK;
    int descriptor = ::open(name.c_str(), flags, 0666);
    if (descriptor < 0)
        return std::strerror(errno);
    if (std::string why = lock_and_empty(descriptor); !why.empty()) {
        ::close(descriptor);
        return why;
    }
    file_.reset(::fdopen(descriptor, "w"));
    if (!file_)
        return std::strerror(errno);
    std::string start = "{\"displayTimeUnit\":\"ns\",\"otherData\":";
    about.append_to(start);
    write(start + ",\"traceEvents\":[");
    complete();
    return error_ ? std::strerror(error_) : "";
}

std::string trace_file::lock_and_empty(int descriptor) {
    struct stat status {};
    if (::fstat(descriptor, &status) != 0)
        return std::strerror(errno);
    if (!S_ISREG(status.st_mode))
        return "it is not a regular file";
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0)
        return "it is being written for another card: give each a file of its own";
    return ::ftruncate(descriptor, 0) == 0 ? "" : std::strerror(errno);
}

void trace_file::add(const json_object &event) {
    if (is_complete_ && !error_ &&
        std::fseek(file_.get(), -static_cast<long>(ending.size()), SEEK_CUR) != 0)
        note_error();
    is_complete_ = false;
    line_ = has_events_ ? ",\n" : "\n";
    event.append_to(line_);
    write(line_);
    has_events_ = true;
}

void trace_file::complete() {
    const long end = std::ftell(file_.get());
    write(ending);
    if (!error_ && std::fflush(file_.get()) != 0)
        note_error();
    if (error_)
        cut();
    else
        whole_ = end;
    is_complete_ = true;
}

// Goes back to the last time that it was complete.
void trace_file::cut() {
    ::__fpurge(file_.get());
    const auto size = static_cast<ssize_t>(cut_ending.size());
    const int descriptor = ::fileno(file_.get());
    if (whole_ == 0 ||
        ::pwrite(descriptor, cut_ending.data(), cut_ending.size(), whole_) != size ||
        ::ftruncate(descriptor, whole_ + size) != 0)
        return; // there is an error to be told already
}

void trace_file::write(const std::string &text) {
    if (!error_ && std::fwrite(text.data(), 1, text.size(), file_.get()) < text.size())
        note_error();
}

void trace_file::note_error() {
    error_ = errno ? errno : EIO;
}

} // namespace groq::tracing
