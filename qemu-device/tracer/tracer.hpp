// SPDX-License-Identifier: MIT
// Turns what an observer of a chip sees into events of a trace: a process for
// each program, a thread for each queue, a slice for each instruction with its
// repetitions.
#ifndef GROQ_TRACER_TRACER_HPP
#define GROQ_TRACER_TRACER_HPP

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "groq_chip.h"
#include "groq_tracer.h"
#include "hw/groq_queue.h"
#include "hw/groq_sram.h"
#include "instruction_text.hpp"
#include "trace_file.hpp"

namespace groq::tracing {

using complaint = void (*)(void *opaque, const char *line);

// What it does is said in groq_tracer.h; one thread at a time.
class tracer {
public:
    tracer(std::string file, std::string card, complaint complain, void *opaque)
        : file_name_(std::move(file)), card_(std::move(card)), complain_(complain),
          opaque_(opaque) {}
    tracer(const groq_trace_line &line, void *opaque) : opaque_(opaque), line_(line) {}

    // False, with a complaint: the tracer must not be used.
    bool open();

    void begin(const groq_program_run &run);
    void issue(const groq_issue &issue);
    void release(uint32_t icu, uint64_t cycle);
    void end(uint64_t cycles, const groq_fault *fault);

private:
    // What a queue is at: the slice that has yet to be written.
    struct queue {
        bool is_open = false;
        bool is_named = false; // in this program
        groq_issue first{};
        uint64_t last = 0;  // cycle of the latest issue
        uint64_t count = 0; // of issues
    };

    // What it was at when it ended that, in cycle `until`.
    struct slice {
        uint32_t icu;
        queue what;
        uint64_t until;
    };

    bool is_on_line() const { return line_.has_value(); }
    void write(const json_object &event);
    void write_times(json_object &event, uint64_t from, uint64_t to) const;
    uint64_t ns_at(uint64_t cycle) const;
    void close_slice(uint32_t icu, uint64_t until);
    void write_names();
    void write_name(uint32_t icu);
    void write_row(uint64_t thread, const std::string &name);
    void write_slice(const slice &closed);
    void write_program(uint64_t cycles);
    void write_fault(const groq_fault &fault, uint64_t cycle);
    json_object event(const char *phase, uint64_t thread, std::string_view name) const;
    void complain_once();

    std::string file_name_;
    std::string card_;
    complaint complain_ = nullptr;
    void *opaque_;
    trace_file file_;
    bool has_complained_ = false;

    std::optional<groq_trace_line> line_;
    std::vector<slice> slices_; // of the program under way; on a line
    uint64_t began_ns_ = 0, ended_ns_ = 0, cycles_ = 0;
    std::string line_text_; // to be written: kept for its room

    groq_program_run run_{};
    std::array<queue, GROQ_ICUS_ALL> queues_;
};

} // namespace groq::tracing

#endif
