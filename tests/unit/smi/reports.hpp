// SPDX-License-Identifier: MIT
//
// Reports as a machine might give them, each rendered by the golden tests.
#pragma once

#include <string>
#include <vector>

#include "smi/card.hpp"

namespace groq::smi {

struct named_report {
    std::string name; // of its golden files
    smi::report report;
};

std::vector<named_report> sample_reports();

// Everything known, nothing wrong.
card healthy_card();

report report_of(std::vector<card> cards);

} // namespace groq::smi
