// SPDX-License-Identifier: MIT
//
// What a run came to, for people and for programs.
#pragma once

#include <string>

#include "run/session.hpp"

namespace groq::run {

std::string text(const options &options, const outcome &outcome);

// One object; its members are in groq-run(1).
std::string json(const options &options, const outcome &outcome);

} // namespace groq::run
