// SPDX-License-Identifier: MIT
#include "coredump_text.hpp"

#include <algorithm>
#include <cinttypes>
#include <cstdarg>
#include <cstdio>

#include "coredump_words.hpp"

namespace groq::smi {
namespace {

[[gnu::format(printf, 1, 2)]] std::string format(const char *pattern, ...) {
    char text[256];
    std::va_list arguments;
    va_start(arguments, pattern);
    std::vsnprintf(text, sizeof text, pattern, arguments);
    va_end(arguments);
    return text;
}

std::string process(std::int32_t pid, const std::string &name) {
    return pid == 0 ? "the driver itself" : name + " (" + std::to_string(pid) + ")";
}

std::string head(const groq_coredump &header) {
    const auto clock = header.device_time_ns
                           ? std::to_string(header.device_time_ns) + " ns"
                           : "no answer";
    auto text = "Groq core dump: " + reason_text(header.reason) + "\n\n";
    text += "taken     " + time_text(header.time_ns) + ", card's clock " + clock + "\n";
    text +=
        format("card      %s, serial %016" PRIx64 ", interface %u.%u, firmware %s\n",
               printable(header.pci).c_str(), static_cast<std::uint64_t>(header.serial),
               header.hw_version >> 16, header.hw_version & 0xffff,
               version_text(header.firmware).c_str());
    text += "driver    groq " + printable(header.driver) + " on Linux " +
            printable(header.kernel) + "\n";
    text += format("resets    %u of the chip before\n", header.resets);
    if (header.queue != ~std::uint32_t{0})
        text += format("queue     %u\n", header.queue);
    return text;
}

std::string describe(const groq_coredump_fault &fault) {
    auto text =
        format("\nfault     %s, job %" PRIu64 " of queue %u, command %u, of ",
               status_name(fault.status).c_str(),
               static_cast<std::uint64_t>(fault.seqno), fault.queue, fault.command) +
        process(fault.pid, printable(fault.comm)) + "\n";
    text += "          " + fault_text(fault) + "\n";
    if (const auto unit = unit_text(fault); !unit.empty())
        text += "          queue " + unit + "\n";
    if (const auto code = instruction_text(fault); !code.empty())
        text += "          instruction " + code + "\n";
    return text;
}

std::string describe(const groq_coredump_queue &queue) {
    return format("queue %-3u %s, %s, priority %u, ring %u..%u, %" PRIu64 " jobs, of ",
                  queue.index, queue_state_name(queue.state).c_str(),
                  queue_errors(queue.status).c_str(), queue.priority, queue.head,
                  queue.tail, static_cast<std::uint64_t>(queue.seqno)) +
           process(queue.pid, printable(queue.comm)) + "\n";
}

std::string describe(const groq_coredump_command &command) {
    const std::uint64_t sram = command.sram, size = command.size,
                        expected = command.expected, offset = command.bo_offset;
    auto text = command_name(command.type);
    switch (command.type) {
    case 1:
    case 2:
        return text + format(" %" PRIu64 " bytes x %u, SRAM %#" PRIx64
                             ", buffer offset %" PRIu64,
                             size, command.rows, sram, offset);
    case 3:
        text += format(" %u queues from the table at SRAM %#" PRIx64 ", limit %" PRIu64
                       " cycles",
                       command.rows, sram, size);
        return expected ? text + format(", expected %" PRIu64, expected) : text;
    default:
        return text;
    }
}

std::string describe(const coredump::job &job) {
    auto text = format("job %" PRIu64 " of queue %u, %s, %u of %u commands done\n",
                       static_cast<std::uint64_t>(job.place.seqno), job.place.queue,
                       job.place.state == 1 ? "in the ring" : "waiting", job.place.done,
                       job.place.commands);
    for (std::size_t i = 0; i < job.commands.size(); ++i)
        text += format("  %c %-3zu ",
                       job.place.state == 1 && i == job.place.done ? '>' : ' ', i) +
                describe(job.commands[i]) + "\n";
    return text;
}

template <typename list>
std::string all(const char *heading, const list &entries) {
    std::string text = entries.empty() ? "" : std::string("\n") + heading + "\n";
    for (const auto &entry : entries)
        text += describe(entry);
    return text;
}

// Offsets of docs/hardware.md, four in a line.
std::string registers(const std::vector<groq_coredump_register> &registers) {
    constexpr std::size_t columns = 4;
    std::string text = registers.empty() ? "" : "\nREGISTERS\n";
    for (std::size_t i = 0; i < registers.size(); ++i)
        text += format("%05x: %08x%s", registers[i].offset, registers[i].value,
                       i % columns == columns - 1 || i + 1 == registers.size() ? "\n"
                                                                               : "   ");
    return text;
}

} // namespace

std::string coredump_text(const coredump &dump) {
    auto text = head(dump.header);
    for (const groq_coredump_fault &fault : dump.faults)
        text += describe(fault);
    return text + all("QUEUES", dump.queues) + all("UNFINISHED JOBS", dump.jobs) +
           registers(dump.registers);
}

} // namespace groq::smi
