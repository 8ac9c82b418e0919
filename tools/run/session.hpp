// SPDX-License-Identifier: MIT
//
// A program on a card, or one on each card of a network, with inputs and outputs as
// files.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <groq/groq.hpp>

#include "run/options.hpp"
#include "run/tensor_files.hpp"

namespace groq::run {

// All runs of one call.
struct outcome {
    std::vector<device_info> devices; // by number of the chip
    // Of the latest run, by number of the chip. A program alone always takes the same.
    std::vector<std::uint64_t> cycles = {};
    std::uint64_t bytes = 0; // copied by each run
    std::chrono::nanoseconds load_time = {};
    std::vector<std::chrono::nanoseconds> run_times =
        {}; // submission to result, on the host
    std::vector<output> outputs = {};
    std::vector<std::string> replays = {}; // why runs had to be made once more
    std::string missing = {}; // in the recording or time line; empty: nothing
};

// Whether the program is a folder, with a program for each card of a network.
bool is_joint(const options &options);

// Throws problem.
outcome execute(const options &options);

// After that. Throws problem if the recording, the trace or the time line that was
// asked for is not whole.
void check_written(const options &options, const outcome &done);

} // namespace groq::run
