// SPDX-License-Identifier: MIT
//
// Faults and failed commands in words (docs/hardware.md section 11, docs/isa.md).
#pragma once

#include <cstdint>
#include <string>

#include <groq/groq.h>

namespace groq {

// "MEM east 12", "VXM ALU 3", "MXM west plane 1 results", ...
std::string unit_name(std::uint32_t unit);

// One paragraph.
std::string describe(const groq_fault_info &fault);

} // namespace groq
