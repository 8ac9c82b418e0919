// SPDX-License-Identifier: MIT
//
// Traces what is asked of another port, and what became of the submissions.
#pragma once

#include <memory>
#include <string>

#include "kernel_port.hpp"
#include "trace.hpp"

namespace groq {

// `card` is what the trace calls it.
std::unique_ptr<kernel_port> make_trace_port(std::shared_ptr<trace> to,
                                             const std::string &card,
                                             std::unique_ptr<kernel_port> traced);

} // namespace groq
