// SPDX-License-Identifier: MIT
//
// Writes down all that is asked of another port, with its answers and the bytes that
// went in and came out.
#pragma once

#include <memory>
#include <string>

#include "kernel_port.hpp"

namespace groq {

// Starts `file` anew (recording_writer). When it can be written no further, the
// calls go on unrecorded, and describe() gives that as its reason.
result<std::unique_ptr<kernel_port>>
open_record_port(const std::string &file, std::unique_ptr<kernel_port> recorded);

} // namespace groq
