// SPDX-License-Identifier: MIT
#include "tracer.hpp"

#include <algorithm>
#include <cstring>

#include "queue_name.hpp"

namespace groq::tracing {
namespace {

// Rows. A viewer takes a thread that has its process's number for the main one,
// and number 0 for the idle one; these are neither.
constexpr uint64_t program_row = 1;
constexpr uint64_t first_process = 1000;

constexpr uint64_t row_of(uint32_t icu) {
    return program_row + 1 + icu;
}

instruction bytes_of(const uint8_t *bytes) {
    instruction code;
    std::copy_n(bytes, code.size(), code.begin());
    return code;
}

std::string hexadecimal_bytes(const uint8_t (&bytes)[GROQ_INSTRUCTION_BYTES]) {
    constexpr char digit[] = "0123456789abcdef";
    std::string text;
    for (uint8_t byte : bytes)
        text += {' ', digit[byte >> 4], digit[byte & 0xf]};
    return text.substr(1);
}

std::string cause_name(uint32_t cause) {
#define GROQ_CAUSE(name)                                                               \
    case GROQ_FAULT_##name:                                                            \
        return #name;
    switch (cause) {
        GROQ_CAUSE(ABORTED)
        GROQ_CAUSE(ILLEGAL)
        GROQ_CAUSE(STARVED)
        GROQ_CAUSE(TEXT_OVERFLOW)
        GROQ_CAUSE(ADDRESS)
        GROQ_CAUSE(ACCESS)
        GROQ_CAUSE(BANK)
        GROQ_CAUSE(STREAM_EMPTY)
        GROQ_CAUSE(STREAM_CONFLICT)
        GROQ_CAUSE(OPERAND_EMPTY)
        GROQ_CAUSE(MXM_EMPTY)
        GROQ_CAUSE(MXM_LOST)
        GROQ_CAUSE(MXM_CONFLICT)
        GROQ_CAUSE(DEADLOCK)
        GROQ_CAUSE(CYCLE_LIMIT)
        GROQ_CAUSE(ECC)
        GROQ_CAUSE(POWER)
        GROQ_CAUSE(MAP)
    default:
        return "fault " + std::to_string(cause);
    }
#undef GROQ_CAUSE
}

} // namespace

bool tracer::open() {
    json_object about;
    about.text("card", card_)
        .text("time", "cycles of the program: what is shown as 1 us is 1 cycle")
        .number("clock_hz", uint64_t{GROQ_CLOCK_HZ});
    std::string why = file_.open(file_name_, about);
    if (!why.empty())
        complain_(opaque_,
                  ("cannot write the trace " + file_name_ + ": " + why).c_str());
    return why.empty();
}

void tracer::begin(const groq_program_run &run) {
    run_ = run;
    for (queue &q : queues_)
        q = queue{.is_named = q.is_named && is_on_line()};
    if (is_on_line())
        began_ns_ = line_->now_ns(opaque_);
    else
        write_names();
}

void tracer::issue(const groq_issue &issue) {
    queue &q = queues_[issue.icu];
    if (q.is_open && issue.repetition == q.first.repetition + q.count &&
        issue.repetition != 0) {
        q.last = issue.cycle;
        ++q.count;
        return;
    }
    close_slice(issue.icu, issue.cycle);
    q.is_open = true;
    q.first = issue;
    q.last = issue.cycle;
    q.count = 1;
}

void tracer::release(uint32_t icu, uint64_t cycle) {
    close_slice(icu, cycle);
}

void tracer::end(uint64_t cycles, const groq_fault *fault) {
    for (uint32_t icu = 0; icu < queues_.size(); ++icu)
        close_slice(icu, cycles);
    if (is_on_line()) {
        ended_ns_ = line_->now_ns(opaque_);
        cycles_ = std::max<uint64_t>(cycles, 1);
        for (const slice &each : slices_)
            write_slice(each);
        slices_.clear();
    }
    write_program(cycles);
    if (fault)
        write_fault(*fault, cycles);
    if (is_on_line())
        return;
    file_.complete();
    complain_once();
}

void tracer::write(const json_object &event) {
    if (!is_on_line())
        return file_.add(event);
    line_text_.clear();
    event.append_to(line_text_);
    line_->add(opaque_, line_text_.data(), line_text_.size());
}

// Cycles lie evenly between the times at which the program began and ended.
uint64_t tracer::ns_at(uint64_t cycle) const {
    const auto span = static_cast<double>(ended_ns_ - began_ns_);
    const auto part =
        static_cast<double>(std::min(cycle, cycles_)) / static_cast<double>(cycles_);
    return began_ns_ + static_cast<uint64_t>(span * part);
}

void tracer::write_times(json_object &event, uint64_t from, uint64_t to) const {
    if (is_on_line())
        event.microseconds("ts", ns_at(from))
            .microseconds("dur", ns_at(to) - ns_at(from));
    else
        event.number("ts", from).number("dur", to - from);
}

void tracer::close_slice(uint32_t icu, uint64_t until) {
    queue &q = queues_[icu];
    if (!q.is_open)
        return;
    const slice closed{icu, q, until};
    q.is_open = false;
    if (is_on_line())
        slices_.push_back(closed);
    else
        write_slice(closed);
}

// A Sync lasts until its queue goes on, a Nop for its cycles, all else for one
// cycle, from the first issue to the last.
void tracer::write_slice(const slice &closed) {
    const auto &[icu, q, until] = closed;
    write_name(icu);
    instruction code = bytes_of(q.first.instruction);
    uint64_t end = q.last + 1;
    if (code[0] == GROQ_OPCODE_SYNC)
        end = until;
    else if (code[0] == GROQ_OPCODE_NOP)
        end = std::min(until, q.last + field_value(code, "cycles"));
    json_object args = fields(code);
    if (q.first.repetition != 0)
        args.number("repetition", uint64_t{q.first.repetition});
    if (q.count > 1)
        args.number("count", q.count)
            .number("interval", (q.last - q.first.cycle) / (q.count - 1));
    args.hexadecimal("text", q.first.text);
    if (is_on_line())
        args.number("cycle", q.first.cycle);
    auto all = event("X", row_of(icu), mnemonic(code));
    write_times(all, q.first.cycle, std::max(end, q.first.cycle + 1));
    write(all.object("args", args));
}

void tracer::write_program(uint64_t cycles) {
    json_object args;
    args.number("cycles", cycles)
        .number("queue", uint64_t{run_.queue})
        .hexadecimal("launch", run_.launch)
        .hexadecimal("cookie", run_.cookie);
    if (is_on_line() && run_.number == 1)
        write_row(program_row, "program");
    auto all = event("X", program_row, "program");
    write_times(all, 0, cycles);
    write(all.object("args", args));
}

void tracer::write_fault(const groq_fault &fault, uint64_t cycle) {
    bool has_unit = fault.unit < GROQ_ICUS_ALL;
    if (has_unit)
        write_name(fault.unit);
    json_object args;
    args.number("detail", uint64_t{fault.detail});
    if (fault.address != ~uint64_t{0})
        args.hexadecimal("address", fault.address);
    if (fault.text != ~uint32_t{0})
        args.hexadecimal("text", fault.text)
            .text("instruction", hexadecimal_bytes(fault.instruction));
    auto all = event("i", has_unit ? row_of(fault.unit) : program_row,
                     cause_name(fault.cause));
    all.text("s", has_unit ? "t" : "p");
    if (is_on_line())
        all.microseconds("ts", ns_at(cycle));
    else
        all.number("ts", cycle);
    write(all.object("args", args));
}

void tracer::write_names() {
    json_object name, order;
    name.text("name", card_ + " program " + std::to_string(run_.number));
    order.number("sort_index", run_.number);
    write(event("M", program_row, "process_name").object("args", name));
    write(event("M", program_row, "process_sort_index").object("args", order));
    write_row(program_row, "program");
}

void tracer::write_name(uint32_t icu) {
    if (!queues_[icu].is_named)
        write_row(row_of(icu), queue_name(icu));
    queues_[icu].is_named = true;
}

void tracer::write_row(uint64_t thread, const std::string &name) {
    json_object args, order;
    args.text("name", name);
    order.number("sort_index", thread);
    write(event("M", thread, "thread_name").object("args", args));
    write(event("M", thread, "thread_sort_index").object("args", order));
}

json_object tracer::event(const char *phase, uint64_t thread,
                          std::string_view name) const {
    json_object all;
    all.text("ph", phase)
        .number("pid", is_on_line() ? line_->process : first_process + run_.number)
        .number("tid", thread)
        .text("name", name);
    return all;
}

void tracer::complain_once() {
    if (file_.error() == 0 || has_complained_)
        return;
    has_complained_ = true;
    std::string line = "the trace " + file_name_ +
                       " is not whole, it ends before program " +
                       std::to_string(run_.number) + ": ";
    complain_(opaque_, (line + std::strerror(file_.error())).c_str());
}

} // namespace groq::tracing
