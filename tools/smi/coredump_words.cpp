// SPDX-License-Identifier: MIT
#include "coredump_words.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <span>

#include <groq/groq.h>

#include "asm/instruction_text.hpp"
#include "asm/queue.hpp"

namespace groq::smi {
namespace {

using namespace std::string_literals;

// The name, or the number if it has none.
template <std::size_t size>
std::string one_of(const std::array<const char *, size> &names, std::uint32_t number) {
    return number < size ? names[number] : std::to_string(number);
}

constexpr std::array reason_names{"0",        "fault", "timeout", "queue_error",
                                  "protocol", "fatal", "no_stop", "lost"};
constexpr std::array reason_texts{"no reason",
                                  "a command failed",
                                  "a command took too long",
                                  "a queue was in error",
                                  "the chip sent completions that nobody waited for",
                                  "the chip reported that it cannot go on",
                                  "a queue did not stop when it was disabled",
                                  "the card did not recover"};
constexpr std::array command_names{"NOP", "COPY_IN", "COPY_OUT", "RUN"};
constexpr std::array status_names{"PENDING", "OK",      "FAULT",    "ACCESS", "DMA",
                                  "INVALID", "TIMEOUT", "CANCELED", "RESET",  "LOST"};
constexpr std::array queue_state_names{"stopped", "running", "dead"};

} // namespace

std::string reason_name(std::uint32_t reason) {
    return one_of(reason_names, reason);
}

std::string reason_text(std::uint32_t reason) {
    return reason < reason_texts.size() ? reason_texts[reason]
                                        : "reason " + std::to_string(reason);
}

std::string command_name(std::uint32_t type) {
    return one_of(command_names, type);
}

std::string status_name(std::uint32_t status) {
    return one_of(status_names, status);
}

std::string queue_state_name(std::uint32_t state) {
    return one_of(queue_state_names, state);
}

// docs/hardware.md section 8.1.
std::string queue_errors(std::uint32_t status) {
    constexpr std::uint32_t enabled = 1, active = 2;
    constexpr std::array errors{"", "CONFIG", "DOORBELL", "FETCH", "POST"};
    const std::uint32_t error = status >> 8 & 0xff;
    auto text = (status & enabled) != 0 ? "enabled"s : "disabled"s;
    if ((status & active) != 0)
        text += ", active";
    if (error != 0)
        text += ", error " + one_of(errors, error);
    return text;
}

std::string time_text(std::uint64_t nanoseconds) {
    using namespace std::chrono;
    const auto seconds = nanoseconds / 1'000'000'000;
    const sys_seconds time(std::chrono::seconds(static_cast<std::int64_t>(seconds)));
    const auto day = floor<days>(time);
    const year_month_day date(day);
    const hh_mm_ss clock(time - day);
    char text[64];
    std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03uZ",
                  static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()),
                  static_cast<int>(clock.hours().count()),
                  static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()),
                  static_cast<unsigned>(nanoseconds / 1'000'000 % 1000));
    return text;
}

std::string version_text(std::uint32_t firmware) {
    return std::to_string(firmware >> 24) + "." +
           std::to_string(firmware >> 16 & 0xff) + "." +
           std::to_string(firmware & 0xffff);
}

std::string fault_text(const groq_coredump_fault &fault) {
    groq_fault_info info{.cause = fault.cause,
                         .unit = fault.unit,
                         .cycle = fault.cycle,
                         .address = fault.address,
                         .text = fault.text,
                         .detail = fault.detail,
                         .instruction = {}};
    std::memcpy(info.instruction, fault.instruction, sizeof info.instruction);
    std::string text(groq_fault_describe(&info, nullptr, 0), '\0');
    groq_fault_describe(&info, text.data(), text.size() + 1);
    return text;
}

std::string unit_text(const groq_coredump_fault &fault) {
    return fault.unit < GROQ_ICUS_ALL ? assembly::queue_name(fault.unit) : "";
}

std::string instruction_text(const groq_coredump_fault &fault) {
    if (fault.text == ~std::uint32_t{0})
        return {};
    const auto code = assembly::from_bytes(std::as_bytes(std::span(fault.instruction)));
    return assembly::defect(code).empty() ? assembly::to_text(code) : "";
}

} // namespace groq::smi
