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
    queues_.fill(queue());
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
    write_slice(issue.icu, issue.cycle);
    q.is_open = true;
    q.first = issue;
    q.last = issue.cycle;
    q.count = 1;
}

void tracer::release(uint32_t icu, uint64_t cycle) {
    write_slice(icu, cycle);
}

void tracer::end(uint64_t cycles, const groq_fault *fault) {
    for (uint32_t icu = 0; icu < queues_.size(); ++icu)
        write_slice(icu, cycles);
    write_program(cycles);
    if (fault)
        write_fault(*fault, cycles);
    file_.complete();
    complain_once();
}

// A Sync lasts until its queue goes on, a Nop for its cycles, all else for one
// cycle, from the first issue to the last.
void tracer::write_slice(uint32_t icu, uint64_t until) {
    queue &q = queues_[icu];
    if (!q.is_open)
        return;
    q.is_open = false;
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
    file_.add(event("X", row_of(icu), mnemonic(code))
                  .number("ts", q.first.cycle)
                  .number("dur", std::max(end, q.first.cycle + 1) - q.first.cycle)
                  .object("args", args));
}

void tracer::write_program(uint64_t cycles) {
    json_object args;
    args.number("cycles", cycles)
        .number("queue", uint64_t{run_.queue})
        .hexadecimal("launch", run_.launch)
        .hexadecimal("cookie", run_.cookie);
    file_.add(event("X", program_row, "program")
                  .number("ts", uint64_t{0})
                  .number("dur", cycles)
                  .object("args", args));
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
    file_.add(
        event("i", has_unit ? row_of(fault.unit) : program_row, cause_name(fault.cause))
            .text("s", has_unit ? "t" : "p")
            .number("ts", cycle)
            .object("args", args));
}

void tracer::write_names() {
    json_object name, order;
    name.text("name", card_ + " program " + std::to_string(run_.number));
    order.number("sort_index", run_.number);
    file_.add(event("M", program_row, "process_name").object("args", name));
    file_.add(event("M", program_row, "process_sort_index").object("args", order));
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
    file_.add(event("M", thread, "thread_name").object("args", args));
    file_.add(event("M", thread, "thread_sort_index").object("args", order));
}

json_object tracer::event(const char *phase, uint64_t thread,
                          std::string_view name) const {
    json_object all;
    all.text("ph", phase)
        .number("pid", first_process + run_.number)
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
