// SPDX-License-Identifier: MIT
//
// A core dump of the driver (drm/groq_coredump.h), taken out of a file that nobody
// vouches for.
#pragma once

#include <span>
#include <string>
#include <variant>
#include <vector>

#include <drm/groq_coredump.h>

namespace groq::smi {

struct coredump {
    struct job {
        groq_coredump_job place;
        std::vector<groq_coredump_command> commands;
    };

    groq_coredump header;
    std::vector<groq_coredump_register> registers;
    std::vector<groq_coredump_queue> queues;
    std::vector<groq_coredump_fault> faults;
    std::vector<job> jobs;
};

// Why a file is no dump, or not a whole one.
struct broken_dump {
    std::string text;
};

// Whatever the bytes are, nothing outside of them is read.
std::variant<coredump, broken_dump> read_coredump(std::span<const char> file);

} // namespace groq::smi
