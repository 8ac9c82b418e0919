// SPDX-License-Identifier: MIT
//
// A port without a card, which gives the answers of a recording.
#pragma once

#include <memory>
#include <string>

#include "kernel_port.hpp"

namespace groq {

// Refusals are those of recording_reader::open().
result<std::unique_ptr<kernel_port>> open_replay_port(const std::string &file);

} // namespace groq
