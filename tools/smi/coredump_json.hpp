// SPDX-License-Identifier: MIT
//
// A core dump for programs; groq-smi(1) documents the keys.
#pragma once

#include <string>

#include "coredump.hpp"

namespace groq::smi {

std::string coredump_json(const coredump &dump);

} // namespace groq::smi
