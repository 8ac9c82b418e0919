// SPDX-License-Identifier: MIT
//
// A program on a card, with its inputs and outputs as files.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <groq/groq.hpp>

#include "run/options.hpp"

namespace groq::run {

struct output {
    tensor_info tensor;
    std::vector<std::byte> data; // row major
    std::string file;            // where it was written; empty: nowhere
};

// All runs of one call.
struct outcome {
    device_info device;
    std::uint64_t cycles; // of each run: it is always the same
    std::uint64_t bytes;  // copied by each run
    std::chrono::nanoseconds load_time;
    std::vector<std::chrono::nanoseconds>
        run_times; // submission to result, on the host
    std::vector<output> outputs;
    std::string missing; // in the recording or time line; empty: nothing
};

// Throws problem.
outcome execute(const options &options);

// After that. Throws problem if the recording, the trace or the time line that was
// asked for is not whole.
void check_written(const options &options, const outcome &done);

} // namespace groq::run
