// SPDX-License-Identifier: MIT
//
// The numbers of a core dump in words, for both of its renderings.
#pragma once

#include <string>

#include "coredump.hpp"

namespace groq::smi {

std::string reason_name(std::uint32_t reason);     // "timeout"
std::string reason_text(std::uint32_t reason);     // "a command took too long"
std::string command_name(std::uint32_t type);      // "RUN"
std::string status_name(std::uint32_t status);     // "FAULT"
std::string queue_state_name(std::uint32_t state); // "running"
std::string queue_errors(std::uint32_t status);    // "active, error DOORBELL"
std::string time_text(std::uint64_t nanoseconds);  // "2026-01-31T12:00:00.000Z"
std::string version_text(std::uint32_t firmware);  // "1.2.3"
std::string fault_text(const groq_coredump_fault &fault);
// As groq-as spells them; empty if there is none, or it is no instruction.
std::string unit_text(const groq_coredump_fault &fault);
std::string instruction_text(const groq_coredump_fault &fault);

// A field of fixed size, printable whatever is in it.
template <std::size_t size>
std::string printable(const char (&field)[size]) {
    std::string text;
    for (const char c : field) {
        if (c == '\0')
            break;
        text += c >= ' ' && c <= '~' ? c : '?';
    }
    return text;
}

} // namespace groq::smi
