// SPDX-License-Identifier: MIT
#include "coredump_json.hpp"

#include <nlohmann/json.hpp>

#include "coredump_words.hpp"
#include "quantity.hpp"

namespace groq::smi {
namespace {

using value = nlohmann::ordered_json;

constexpr int schema_version = 1;

value or_null(const std::string &text) {
    return text.empty() ? value(nullptr) : value(text);
}

// All ones: there is none.
template <typename number>
value unless_none(number it) {
    return it == static_cast<number>(~number{0}) ? value(nullptr) : value(it);
}

value process(std::int32_t pid, const std::string &name) {
    return pid == 0 ? value(nullptr) : value{{"pid", pid}, {"name", or_null(name)}};
}

value describe(const groq_coredump_fault &fault) {
    auto bytes = value::array();
    for (const auto byte : fault.instruction)
        bytes.push_back(byte);
    return {{"status", status_name(fault.status)},
            {"cause", fault.cause},
            {"text", fault_text(fault)},
            {"queue", fault.queue},
            {"job", fault.seqno},
            {"command", fault.command},
            {"process", process(fault.pid, printable(fault.comm))},
            {"cycle", fault.cycle},
            {"address", unless_none(fault.address)},
            {"unit", unless_none(fault.unit)},
            {"unit_name", or_null(unit_text(fault))},
            {"instruction_address", unless_none(fault.text)},
            {"instruction", or_null(instruction_text(fault))},
            {"instruction_bytes", std::move(bytes)},
            {"detail", fault.detail}};
}

value describe(const groq_coredump_queue &queue) {
    return {{"queue", queue.index},
            {"state", queue_state_name(queue.state)},
            {"status", queue.status},
            {"priority", queue.priority},
            {"head", queue.head},
            {"tail", queue.tail},
            {"process", process(queue.pid, printable(queue.comm))},
            {"jobs", queue.seqno}};
}

value describe(const groq_coredump_command &command) {
    return {{"type", command_name(command.type)},
            {"rows", command.rows},
            {"bo_offset", command.bo_offset},
            {"sram", command.sram},
            {"size", command.size},
            {"expected", command.expected}};
}

value describe(const groq_coredump_register &entry) {
    return {{"offset", entry.offset}, {"value", entry.value}};
}

value describe(const coredump::job &job);

template <typename list>
value all(const list &entries) {
    auto array = value::array();
    for (const auto &entry : entries)
        array.push_back(describe(entry));
    return array;
}

value describe(const coredump::job &job) {
    return {{"queue", job.place.queue},
            {"job", job.place.seqno},
            {"in_ring", job.place.state == 1},
            {"commands_done", job.place.done},
            {"commands", all(job.commands)}};
}

} // namespace

std::string coredump_json(const coredump &dump) {
    const groq_coredump &header = dump.header;
    const value root = {
        {"schema_version", schema_version},
        {"reason", reason_name(header.reason)},
        {"time", time_text(header.time_ns)},
        {"card",
         {{"address", printable(header.pci)},
          {"serial", serial_number(static_cast<std::int64_t>(header.serial))},
          {"hw_version", header.hw_version},
          {"firmware_version", version_text(header.firmware)},
          {"time_ns", header.device_time_ns},
          {"resets", header.resets}}},
        {"driver_version", printable(header.driver)},
        {"kernel", printable(header.kernel)},
        {"queue", unless_none(header.queue)},
        {"faults", all(dump.faults)},
        {"queues", all(dump.queues)},
        {"jobs", all(dump.jobs)},
        {"registers", all(dump.registers)}};
    return root.dump(2, ' ', false, value::error_handler_t::replace) + "\n";
}

} // namespace groq::smi
