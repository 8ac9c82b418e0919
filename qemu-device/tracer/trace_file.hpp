// SPDX-License-Identifier: MIT
// A file in Chrome's trace event format: an object with an array of events.
#ifndef GROQ_TRACER_TRACE_FILE_HPP
#define GROQ_TRACER_TRACE_FILE_HPP

#include <cstdio>
#include <memory>
#include <string>

#include "json.hpp"

namespace groq::tracing {

class trace_file {
public:
    // Starts @name anew. Empty, or why it cannot.
    std::string open(const std::string &name, const json_object &about);

    void add(const json_object &event);
    // Makes it a whole file, to which more can be added nevertheless. After an error
    // it is what the latest call without one left, and says that it is not whole.
    void complete();

    // Why nothing is written any more, as an errno.
    int error() const { return error_; }

private:
    struct close {
        void operator()(std::FILE *file) const { std::fclose(file); }
    };

    std::string lock_and_empty(int descriptor);
    void write(const std::string &text);
    void note_error();
    void cut();

    std::unique_ptr<std::FILE, close> file_;
    std::string line_; // to be written: kept for its room
    int error_ = 0;
    long whole_ = 0; // where the ending was when the file was last complete; 0: never
    bool is_complete_ = false;
    bool has_events_ = false;
};

} // namespace groq::tracing

#endif
