// SPDX-License-Identifier: MIT
//
// A report for programs. groq-smi(1) documents every key; a key is never
// removed and never changes its meaning or unit within a schema_version.
#pragma once

#include <string>

#include "card.hpp"

namespace groq::smi {

// 2026-01-31T12:00:00.000Z
std::string timestamp(std::chrono::sys_time<std::chrono::milliseconds> time);

enum class layout { indented, one_line };

std::string json(const report &report, layout layout);

} // namespace groq::smi
