// SPDX-License-Identifier: MIT
//
// A core dump as text for people.
#pragma once

#include <string>

#include "coredump.hpp"

namespace groq::smi {

std::string coredump_text(const coredump &dump);

} // namespace groq::smi
